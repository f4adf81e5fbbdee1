/** Ids of the cases of the conformance kit for processors, in the order of its reports. */
export const CONFORMANCE_CASES = [
  'url-exact',
  'method',
  'content-type',
  'length',
  'retry-503',
  'retry-429',
  'retry-lost-answer',
  'retry-after',
  'same-bytes',
  'fresh-proof',
  'stop-401',
  'stop-403',
  'stop-409',
  'stop-410',
  'repeat-is-success',
  'correct-415',
  'correct-422',
  'no-redirect',
  'dpop-nonce',
  'upload',
  'no-token-in-output',
] as const;
export type ConformanceCaseId = (typeof CONFORMANCE_CASES)[number];

export const isConformanceCaseId = (text: string): text is ConformanceCaseId =>
  (CONFORMANCE_CASES as readonly string[]).includes(text);

export const VERDICTS = ['passed', 'failed', 'skipped'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Formats of a report. */
export const REPORT_FORMATS = ['text', 'json', 'junit', 'markdown'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Times that the kit waits for a processor. Seconds. */
export const CONFORMANCE_SECONDS = {
  /** From the start of a case to its first delivery: the time for the processor's work. */
  delivery: { min: 1, default: 60, max: 86_400 },
  /** From an answer, plus its `Retry-After`, to the next attempt. */
  retry: { min: 1, default: 60, max: 86_400 },
  /** Without a request, before a processor that must not send anything is judged. */
  quiet: { min: 1, default: 10, max: 3_600 },
  /** `Retry-After` of the answers that test whether a processor obeys it. */
  retryAfter: { min: 1, default: 5, max: 300 },
} as const satisfies Readonly<Record<string, { readonly min: number; readonly default: number; readonly max: number }>>;
export type ConformanceWait = keyof typeof CONFORMANCE_SECONDS;

/** An attempt may come earlier than `Retry-After` says by this much, because timers and clocks are not exact. */
export const RETRY_AFTER_TOLERANCE_MILLISECONDS = 100;

/** Cases that `run` drives at the same time. */
export const CONFORMANCE_PARALLEL = { min: 1, default: 4, max: CONFORMANCE_CASES.length } as const;

/** Content types that the kit accepts unless it is told others: those of the processors of `npm start`. */
export const CONFORMANCE_CONTENT_TYPES = [
  'application/json',
  'text/plain',
  'application/pdf',
  'application/octet-stream',
] as const;

/** Largest object that the kit takes by upload, in bytes. It keeps the object in memory. */
export const MAX_CONFORMANCE_UPLOAD_BYTES = 268_435_456;

/** `--proof` of the kit, and the proof of the contract that each is. */
export const CONFORMANCE_PROOFS = {
  none: 'none',
  dpop: 'dpop',
  'http-signature': 'http_signature',
  'standard-webhooks': 'standard_webhooks',
} as const;
export type ConformanceProofName = keyof typeof CONFORMANCE_PROOFS;
