/** A rule of the Core Rule Set that stops honest requests, or one of its targets. `door/README.md` has the measurements. */
export interface RuleExclusion {
  readonly rule: number;
  /** Variable that the rule no longer inspects. Absent: the rule does not run. */
  readonly target?: string;
}

/** For every request. A function that reads a body answers 415 to a content type that it does not accept. */
export const EXCLUSIONS: readonly RuleExclusion[] = [
  /** Methods. A function answers 405 to those that it does not have, and the door refuses TRACE and CONNECT before the rules. */
  { rule: 911100 },
  /** GET and HEAD with a body, by `Content-Length`. */
  { rule: 920170 },
  /** The same, by `Transfer-Encoding`. */
  { rule: 920171 },
  /** A body without `Content-Type`, by `Content-Length`. */
  { rule: 920340 },
  /** The same, by the body. */
  { rule: 920640 },
  /** Content types other than those of forms, XML and JSON. */
  { rule: 920420 },
  /** Parameters of a content type other than `charset` and `boundary`. */
  { rule: 920470 },
  /** Encodings other than UTF-8 and those of Western Europe. */
  { rule: 920480 },
  /** Two `charset` parameters. Some libraries add theirs to that of their caller. */
  { rule: 920530 },
  /** An `Accept` that is empty, or has an unusual form. No function depends on its form. */
  { rule: 920600 },
  /** Event handlers of HTML. One of some thousand SHA-256 digests ends like one in base64, in `Content-Digest` for example. */
  { rule: 941120, target: 'REQUEST_HEADERS' },
];

/**
 * Rules that do not inspect bodies: reasons of operators and senders have lines of logs in them. A line with a request of HTTP, and
 * names of classes and exceptions of Java.
 */
export const UNINSPECTED_BODIES: readonly number[] = [921110, 944100, 944110, 944130];

/**
 * Variables that no rule of the set inspects for callbacks. Their paths end in a token or a code: random text that may have any
 * file name after a dot. A retry sends the same path, so one match would stop a callback for good. No function reads their query,
 * and a token in it gets the answer of the function. Rules for the whole request line still apply.
 */
export const CALLBACK_UNSEEN = ['REQUEST_FILENAME', 'ARGS', 'ARGS_NAMES', 'ARGS_GET', 'ARGS_GET_NAMES'] as const;

/** Variables that no rule of the set inspects. No function behind the door reads a cookie, and the rules take 7 ms a KB. */
export const UNSEEN = ['REQUEST_COOKIES', 'REQUEST_COOKIES_NAMES'] as const;

/**
 * Headers that no client needs here, from the rule set's list: those of WebDAV, and some that change the way. No function reads a
 * header that names another method, so it answers to the method of the request line.
 */
const RESTRICTED = ['proxy', 'lock-token', 'if', 'x-middleware-subrequest'];

/**
 * Header names that rule 920450 refuses, by profile. `Expect` is absent from both: curl, .NET and Java send it with a body. Payloads
 * of callbacks may be compressed, or a part of a file.
 */
export const RESTRICTED_HEADERS = {
  other: [...RESTRICTED, 'content-encoding', 'content-range'],
  callback: RESTRICTED,
} as const;
