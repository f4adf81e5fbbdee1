import type { DispatchSettings, SecretHeader } from '../../contract/dispatch.ts';
import { HEADER_NAME_PATTERN, HEADER_VALUE_PATTERN, isRefusedHeader } from '../../contract/dispatch-headers.ts';
import { MAX_DISPATCH_HEADER_CHARS, MAX_DISPATCH_URL_BYTES } from '../../contract/dispatch-limits.ts';
import {
  capabilityOfPlaceholder,
  isPlaceholder,
  KNOWN_PLACEHOLDERS,
  OPENING,
  splitText,
  type Template,
  wholePlaceholder,
} from './placeholders.ts';
import { joinUrl, splitUrl, type UrlTemplate } from './url-template.ts';

/** One mistake in the entry of a processor. */
export interface SettingsFault {
  /** Path of the mistake inside the entry: names of members and indices. */
  readonly path: readonly string[];
  readonly value: unknown;
  readonly expected: string;
  readonly remedy: string;
}

export interface TargetRules {
  /** Hosts that may be called: public ones by https, or only this machine. */
  readonly egress: 'public' | 'loopback';
  /** Host name of the gateway itself, which is refused. */
  readonly ownHost?: string;
}

/** Returns every mistake in the parts of an entry that become a request, and in the address of its token endpoint. */
export const checkTemplate = (
  settings: Template & Pick<DispatchSettings, 'auth'>,
  rules: TargetRules,
): readonly SettingsFault[] => [
  ...checkUrl(settings.url, rules),
  ...(settings.auth === undefined ? [] : checkTarget(settings.auth.tokenEndpoint, ['auth', 'tokenEndpoint'], rules)),
  ...checkHeaders(settings),
  ...checkQuery(settings),
  ...checkBody(settings.body, ['body']),
];

const NAMES = KNOWN_PLACEHOLDERS.map((name) => `{{${name}}}`).join(', ');

/** Callbacks are secrets. A URL is in the logs of every proxy, and headers are in many. */
const CALLBACKS_ELSEWHERE = 'Write it in `body`. A processor that has no other place for it gets it in `query`.';

/**
 * Finds the mistakes of the placeholders in a text.
 * @param callbacks true if the text may name callbacks
 */
const checkText = (template: string, path: readonly string[], callbacks: boolean): readonly SettingsFault[] =>
  splitText(template).flatMap((part): readonly SettingsFault[] => {
    if ('text' in part) {
      if (!part.text.includes(OPENING)) return [];
      const expected = 'a placeholder with its end, as {{input}}';
      return [{ path, value: template, expected, remedy: 'Write }} behind the name, or remove the braces.' }];
    }
    const value = `{{${part.placeholder}}}`;
    if (!isPlaceholder(part.placeholder)) {
      return [
        { path, value, expected: 'a known placeholder, without blanks in its braces', remedy: `Choose from ${NAMES}.` },
      ];
    }
    if (callbacks || capabilityOfPlaceholder(part.placeholder) === undefined) return [];
    return [{ path, value, expected: 'no callback, because many systems log this place', remedy: CALLBACKS_ELSEWHERE }];
  });

const checkUrl = (template: string, rules: TargetRules): readonly SettingsFault[] => {
  const path = ['url'];
  const names = checkText(template, path, false);
  if (names.length > 0) return names;
  const url = splitUrl(template);
  if (url === undefined) {
    const expected = 'an absolute URL without fragment, as https://api.acme.example/v1/jobs';
    return [{ path, value: template, expected, remedy: 'Copy the URL from the documentation of the processor.' }];
  }
  const misplaced = [url.origin, ...url.segments, ...url.query.flatMap(({ name, value }) => [name, value])].find(
    (part) => part.includes(OPENING) && wholePlaceholder(part) === undefined,
  );
  const named = url.query.find(({ name }) => name.includes(OPENING));
  if (misplaced !== undefined || named !== undefined) {
    return [
      {
        path,
        value: misplaced ?? named?.name,
        expected: 'placeholders that are one whole segment of the path, or one whole value of the query',
        remedy: 'Write for instance https://api.acme.example/v1/{{application}}/jobs?reference={{taskId}}.',
      },
    ];
  }
  return checkTarget(joinUrl(withStandIns(url)), path, rules).map((fault) =>
    template.includes(OPENING) ? { ...fault, ...withPlaceholders(fault, template) } : fault,
  );
};

/** Shows the template in place of the URL with stand-ins, unless it has a password. */
const withPlaceholders = ({ remedy, value }: SettingsFault, template: string): Partial<SettingsFault> => ({
  value: template.includes('@') ? value : template,
  remedy: remedy.startsWith('Write http') ? 'Write the fixed parts as a browser shows them.' : remedy,
});

/** A text without any meaning in a URL. */
const STAND_IN = 'x';

const withStandIns = ({ origin, query, segments }: UrlTemplate): UrlTemplate => {
  const replace = (part: string): string => (part.includes(OPENING) ? STAND_IN : part);
  return {
    origin,
    segments: segments.map(replace),
    query: query.map(({ name, value }) => ({ name, value: replace(value) })),
  };
};

const PUBLIC_HOST = /^(?=.*\.[a-z][a-z0-9-]*$)[a-z0-9.-]+$/;
const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', '[::1]', 'localhost'];

/** Finds the mistakes of a URL without placeholders that Postern calls. */
const checkTarget = (
  value: string,
  path: readonly string[],
  { egress, ownHost }: TargetRules,
): readonly SettingsFault[] => {
  const fault = (expected: string, remedy: string): readonly SettingsFault[] => [{ path, value, expected, remedy }];
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return fault('an absolute URL, as https://api.acme.example/v1/jobs', 'Write the whole URL.');
  }
  if (url.username !== '' || url.password !== '' || /^https?:\/\/[^/?#]*@/.test(value)) {
    const at = { path, value: `${url.protocol}//…@${url.host}`, expected: 'a URL without user name and password' };
    return [{ ...at, remedy: 'Write an `Authorization` header with `secret()` instead.' }];
  }
  if (value.includes('#')) return fault('a URL without fragment', 'Remove the # and what follows it.');
  if (/\/\//.test(url.pathname)) return fault('a path without empty segments', 'Remove one of the two slashes.');
  if (url.href !== value && url.href !== `${value}/`) {
    return fault('the canonical form of the URL, without . and .. segments', `Write ${url.href}.`);
  }
  if (Buffer.byteLength(value) > MAX_DISPATCH_URL_BYTES) {
    return fault(`a URL of at most ${MAX_DISPATCH_URL_BYTES} bytes`, 'Move values into `body`.');
  }
  if (egress === 'loopback') {
    return LOOPBACK_HOSTS.includes(url.hostname)
      ? []
      : fault('a URL of this machine, as http://127.0.0.1:5010/jobs', 'Start a stand-in of the processor there.');
  }
  if (url.protocol !== 'https:') return fault('an https URL', `Write ${url.href.replace('http:', 'https:')}.`);
  // A name without a top-level domain and an address are private, or have no certificate that says who owns them.
  if (!PUBLIC_HOST.test(url.hostname) || url.hostname.endsWith('.localhost')) {
    return fault('a public host name', 'Write the name by which the processor is on the internet.');
  }
  if (url.hostname === ownHost) {
    return fault('another host than the domain of this environment', 'Write the URL of the processor.');
  }
  return [];
};

const checkHeaders = ({ auth, headers }: Pick<DispatchSettings, 'auth' | 'headers'>): readonly SettingsFault[] => {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  return Object.entries(headers).flatMap(([name, value], index): readonly SettingsFault[] => {
    const path = ['headers', name];
    const fault = (expected: string, remedy: string): readonly SettingsFault[] => [
      { path, value: name, expected, remedy },
    ];
    if (!HEADER_NAME_PATTERN.test(name)) return fault('the name of a header, as X-Client', 'Correct the name.');
    if (isRefusedHeader(name)) return fault('a header that Postern does not write itself', 'Remove the header.');
    if (names.indexOf(name.toLowerCase()) !== index) {
      return fault('each header once; the case of a name does not matter', 'Remove one of the two.');
    }
    if (auth !== undefined && name.toLowerCase() === 'authorization') {
      return fault('no Authorization beside `auth`, which writes it', 'Remove the header or `auth`.');
    }
    return typeof value === 'string' ? checkHeaderValue(value, path) : checkSecretHeader(value, path);
  });
};

const PRINTABLE = 'printable ASCII characters, without blanks at both ends';

const checkHeaderValue = (value: string, path: readonly string[]): readonly SettingsFault[] => {
  const faults = checkText(value, path, false);
  if (faults.length > 0) return faults;
  const expected = `1 to ${MAX_DISPATCH_HEADER_CHARS} ${PRINTABLE}`;
  return value.length <= MAX_DISPATCH_HEADER_CHARS && HEADER_VALUE_PATTERN.test(value)
    ? []
    : [{ path, value, expected, remedy: 'Write such a text, or remove the header.' }];
};

const checkSecretHeader = ({ format }: SecretHeader, path: readonly string[]): readonly SettingsFault[] => {
  const isRight = format.split('{}').length === 2 && HEADER_VALUE_PATTERN.test(format) && !format.includes(OPENING);
  if (isRight && format.length <= MAX_DISPATCH_HEADER_CHARS) return [];
  const expected = `a format of ${PRINTABLE}, with {} once and no placeholder`;
  return [{ path, value: format, expected, remedy: "Write for instance secret('postern/prod/acme', 'Bearer {}')." }];
};

const checkQuery = ({ query, url }: Pick<DispatchSettings, 'query' | 'url'>): readonly SettingsFault[] => {
  const names = new Set(splitUrl(url)?.query.map(({ name }) => decode(name.replace(/=$/, ''))));
  return Object.entries(query).flatMap(([name, value]): readonly SettingsFault[] => {
    const path = ['query', name];
    if (name === '' || name.includes(OPENING) || !name.isWellFormed()) {
      const expected = 'a name of 1 or more characters, without placeholders';
      return [{ path, value: name, expected, remedy: 'Correct the name.' }];
    }
    if (names.has(name)) {
      const expected = 'a name that the query of `url` does not have';
      return [{ path, value: name, expected, remedy: 'Remove it in one of the two places.' }];
    }
    if (!value.isWellFormed()) {
      return [{ path, value, expected: 'a text of Unicode characters', remedy: 'Correct the text.' }];
    }
    return checkText(value, path, true);
  });
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** True for the value of `secret()`, which would be sent as an object with the name of the secret. */
const isSecretHeader = (value: unknown): value is SecretHeader => {
  const { format, secret } = (value ?? {}) as { readonly format?: unknown; readonly secret?: unknown };
  return typeof secret === 'string' && typeof format === 'string' && format.includes('{}');
};

/** @param value JSON. TypeScript says so, and an app in JavaScript may have another value. */
const checkBody = (value: unknown, path: readonly string[]): readonly SettingsFault[] => {
  if (typeof value === 'string') return checkText(value, path, true);
  if (value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return [];
  if (Array.isArray(value)) return value.flatMap((member, index) => checkBody(member, [...path, `${index}`]));
  if (isSecretHeader(value)) {
    const expected = 'no secret(), because the work may be logged where a header is not';
    return [{ path, value: `secret('${value.secret}', …)`, expected, remedy: 'Write the secret in `headers`.' }];
  }
  if (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    return Object.entries(value).flatMap(([name, member]) => [
      ...(name.includes(OPENING)
        ? [{ path, value: name, expected: 'names without placeholders', remedy: 'Write placeholders as values only.' }]
        : []),
      ...checkBody(member, [...path, name]),
    ]);
  }
  const expected = 'a JSON value: text, finite number, boolean, null, list or object';
  return [{ path, value, expected, remedy: 'Write such a value, or remove the member.' }];
};
