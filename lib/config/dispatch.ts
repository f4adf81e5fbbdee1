import { Duration, Token } from 'aws-cdk-lib';
import * as v from 'valibot';
import {
  DISPATCH_METHODS,
  type DispatchSettings,
  type JsonValue,
  ON_FAILURE,
  type SecretHeader,
} from '../../lambda/contract/dispatch.ts';
import {
  BREAKER,
  DISPATCH_ACCEPT,
  DISPATCH_CONCURRENCY,
  DISPATCH_DELAYS,
  DISPATCH_RATE,
  DISPATCH_TIMEOUT_SECONDS,
  LEAST_TIME_SECONDS,
} from '../../lambda/contract/dispatch-limits.ts';
import { EXPIRES_IN_SECONDS } from '../../lambda/contract/limits.ts';
import type { Registry } from '../../lambda/contract/registry.ts';
import { splitText } from '../../lambda/shared/dispatch/placeholders.ts';
import { secretNamesOf } from '../../lambda/shared/dispatch/secrets.ts';
import { byKind, list, object, optional } from './containers.ts';
import { JSON_POINTER } from './json-pointer.ts';
import { count, duration, expecting, type Fault, kind, oneOf, secretName, text } from './kinds.ts';
import { Description } from './show.ts';

const EXAMPLE =
  "Write for instance { url: 'https://api.acme.example/v1/jobs', body: { document: '{{input}}', webhook: '{{callbacks.result.url}}' } }.";
const STORE = 'Store it in Secrets Manager first.';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** True for the result of `secret()`. */
const isSecret = (value: unknown): boolean =>
  isObject(value) && Object.hasOwn(value, 'secret') && Object.hasOwn(value, 'format');

const SECRET_ELSEWHERE = {
  value: new Description('is a secret()'),
  expected: 'a text, because many systems log URLs, and only `headers` can have secrets',
  remedy: "Write the secret in `headers`, as { Authorization: secret('postern/prod/acme', 'Bearer {}') }.",
} as const satisfies Fault;

/** True if a part of a JSON value is a CDK token. The functions read the request from a file, where a token stays as it is. */
const hasToken = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(hasToken);
  if (isObject(value)) return Object.values(value).some(hasToken);
  return Token.isUnresolved(value);
};

const UNKNOWN_AT_SYNTH = {
  value: new Description('has a value that only the deployment knows'),
  expected: 'values that synth knows, because the functions read them from a file',
  remedy: 'Write the value itself.',
} as const satisfies Fault;

/** Names of headers whose fixed value is a credential. */
const CREDENTIAL_NAME = /(?:^|-)(?:key|token|secret)$|^apikey$/i;

/** True if a text is the value of a header that carries a credential. A text with a placeholder is another one for each task. */
const isCredential = (name: string, value: string): boolean =>
  name.toLowerCase() === 'authorization' || (CREDENTIAL_NAME.test(name) && namesNothing(value));

const namesNothing = (value: string): boolean => splitText(value).every((part) => 'text' in part);

/** Texts by names of headers, and secrets. What is in them is checked with the whole request. */
const headers = kind<Readonly<Record<string, string | SecretHeader>>>(
  'Record<string, string | SecretHeader>',
  (value): readonly Fault[] => {
    const remedy =
      "Write for instance { Authorization: secret('postern/prod/acme', 'Bearer {}'), 'X-Client': '{{application}}' }.";
    if (!isObject(value)) return [{ expected: 'an object with texts and `secret(…)` by the names of headers', remedy }];
    return Object.entries(value).flatMap(([name, header]): readonly Fault[] => {
      if (hasToken(header)) return [{ path: [name], ...UNKNOWN_AT_SYNTH }];
      if (typeof header === 'string') {
        return !isCredential(name, header)
          ? []
          : [
              {
                path: [name],
                value: new Description('is a text (not shown, because it may be a secret)'),
                expected: '`secret(name, format)`, because the settings are not secret',
                remedy: "Store the credential in Secrets Manager, and write secret('its/name', 'Bearer {}').",
              },
            ];
      }
      if (!isObject(header) || typeof header.format !== 'string') {
        return [{ path: [name], value: header, expected: 'a text, or `secret(name, format)`', remedy }];
      }
      const isName = secretName(STORE)['~run']({ typed: false, value: header.secret }, {}).issues === undefined;
      return isName
        ? []
        : [
            {
              path: [name],
              value: new Description('has no name of a secret (not shown, because it may be one)'),
              expected: 'the name of a secret in Secrets Manager: 1 to 512 characters of [A-Za-z0-9/_+=.@-]',
              remedy: `Write the name, never the secret. ${STORE}`,
            },
          ];
    });
  },
);

const query = kind<Readonly<Record<string, string>>>('Record<string, string>', (value): readonly Fault[] => {
  const remedy = "Write for instance { callback: '{{callbacks.result.url}}' }.";
  if (!isObject(value)) return [{ expected: 'an object with texts by the names of query parameters', remedy }];
  return Object.entries(value).flatMap(([name, parameter]): readonly Fault[] => {
    if (hasToken(parameter)) return [{ path: [name], ...UNKNOWN_AT_SYNTH }];
    if (typeof parameter === 'string') return [];
    return [
      { path: [name], ...(isSecret(parameter) ? SECRET_ELSEWHERE : { value: parameter, expected: 'a text', remedy }) },
    ];
  });
});

/** What is in it is checked with the whole request. */
const body = kind<JsonValue>('JsonValue', (value): readonly Fault[] => {
  if (hasToken(value)) return [UNKNOWN_AT_SYNTH];
  const remedy = "Write for instance { document: '{{input}}', webhook: '{{callbacks.result.url}}' }.";
  return value === undefined ? [{ expected: 'a JSON value with placeholders', remedy }] : [];
});

const url = kind<string>('string', (value): readonly Fault[] => {
  if (isSecret(value)) return [SECRET_ELSEWHERE];
  if (typeof value === 'string' && !Token.isUnresolved(value) && /^\S{1,2048}$/.test(value)) return [];
  const expected = 'a URL of the processor of 1 to 2048 characters, as https://api.acme.example/v1/jobs';
  return [{ expected, remedy: 'Copy the URL from the documentation of the processor.' }];
});

/** An access token by the client credentials grant (RFC 6749 §4.4). */
export const auth = object("Write for instance { kind: 'client_credentials', tokenEndpoint, clientId, secretName }.", {
  kind: v.literal('client_credentials'),
  /** Token endpoint of the processor's authorization server. */
  tokenEndpoint: text(
    /^\S{1,2048}$/,
    'the URL of a token endpoint',
    'Copy it from the documentation of the processor.',
  ),
  /** Id of your client there. */
  clientId: text(
    /^\S{1,255}$/,
    'the id of a client: 1 to 255 characters without blanks',
    'Register a client at the processor.',
  ),
  /** Name of the secret in Secrets Manager that holds the client's secret. 0.40 USD a month. */
  secretName: secretName(STORE),
  /**
   * Scopes that the access token is to have, with blanks between them.
   * @default the scopes that the processor gives the client
   */
  scope: optional(
    text(/^[!#-[\]-~]+( [!#-[\]-~]+)*$/, 'scopes with one blank between them', 'Write for instance `jobs:write`.'),
  ),
});

const ACCEPT_EXAMPLE =
  'Write for instance [200, 202]. After an attempt without an answer, 409 and 422 count as accepted without being here.';
const status = expecting<number>(
  'number',
  (value) =>
    Number.isInteger(value) && (value as number) >= DISPATCH_ACCEPT.min && (value as number) <= DISPATCH_ACCEPT.max,
  `a status from ${DISPATCH_ACCEPT.min} to ${DISPATCH_ACCEPT.max}`,
  ACCEPT_EXAMPLE,
  `${DISPATCH_ACCEPT.min} to ${DISPATCH_ACCEPT.max}`,
);

const SIGN_EXAMPLE = "Write for instance { kind: 'standard_webhooks', secretName: '…' }.";

/** A signature of Standard Webhooks, over an id, a time and the body. */
export const signByStandardWebhooks = object(SIGN_EXAMPLE, {
  kind: v.literal('standard_webhooks'),
  /** Name of the secret in Secrets Manager with the signing secret that the processor knows: `whsec_…`. 0.40 USD a month. */
  secretName: secretName('Store a whsec_… there that you share with the processor.'),
});
export const signByHttpSignature = object(SIGN_EXAMPLE, { kind: v.literal('http_signature') });

/** Ratios are no counts: 0.5 is half of the attempts. */
const ratio = expecting<number>(
  'number',
  (value) => typeof value === 'number' && value >= BREAKER.failureRate.min && value <= BREAKER.failureRate.max,
  `a number from ${BREAKER.failureRate.min} to ${BREAKER.failureRate.max}`,
  'Write for instance { failureRate: 0.5 }: half of the attempts. Or remove `failureRate`.',
  `${BREAKER.failureRate.min} to ${BREAKER.failureRate.max}`,
);

const BREAKER_EXAMPLE = 'Write for instance { minimum: 50 }, or remove `breaker`.';

/** While too many attempts do not reach a processor, none is made. Only connections that fail, time-outs and 5xx count. */
export const breaker = object(BREAKER_EXAMPLE, {
  /**
   * Seconds over which attempts are counted.
   * @default 60
   */
  window: optional(
    count({
      ...BREAKER.window,
      unit: 'seconds',
      remedy: 'Write for instance { window: 60 }: one minute. Or remove `window`.',
    }),
    BREAKER.window.default,
  ),
  /**
   * Fewest attempts in that time. With fewer, the breaker stays closed.
   * @default 20
   */
  minimum: optional(
    count({ ...BREAKER.minimum, unit: 'attempts', remedy: 'Write for instance { minimum: 50 }, or remove `minimum`.' }),
    BREAKER.minimum.default,
  ),
  /**
   * Part of the attempts that did not reach the processor, from which on the breaker opens.
   * @default 0.5
   */
  failureRate: optional(ratio, BREAKER.failureRate.default),
  /**
   * Seconds for which no attempt is made. Then one attempt goes through.
   * @default 120
   */
  pause: optional(
    count({
      ...BREAKER.pause,
      unit: 'seconds',
      remedy: 'Write for instance { pause: 120 }: two minutes. Or remove `pause`.',
    }),
    BREAKER.pause.default,
  ),
});

const RETRY_EXAMPLE = 'Write for instance { delays: [5, 30, 120], leastTime: Duration.minutes(5) }, or remove `retry`.';

const DELAYS_EXAMPLE = 'Write for instance { delays: [5, 30, 120] }: three more attempts. Or remove `delays`.';

/** Attempts after one that failed: no answer, 401, 403, 407, 408, 425, 429 or 5xx. Any other answer ends the attempts. */
export const retry = object(RETRY_EXAMPLE, {
  /**
   * Seconds between an attempt that failed and the next one. The number of waits is the number of further attempts.
   * @default [5, 30, 120, 600, 1_800, 7_200]
   */
  delays: optional(
    list(count({ min: DISPATCH_DELAYS.min, max: DISPATCH_DELAYS.max, unit: 'seconds', remedy: DELAYS_EXAMPLE }), {
      of: 'waits',
      max: DISPATCH_DELAYS.count,
      remedy: DELAYS_EXAMPLE,
    }),
    DISPATCH_DELAYS.default,
  ),
  /**
   * Least time that the processor must have left for the work. No attempt is made that could leave less.
   * @default Duration.minutes(5)
   */
  leastTime: optional(
    duration({
      min: Duration.seconds(LEAST_TIME_SECONDS.min),
      max: Duration.seconds(EXPIRES_IN_SECONDS.max),
      step: Duration.seconds(1),
      remedy: 'Write for instance { leastTime: Duration.minutes(5) }, or remove `leastTime`.',
    }),
    Duration.seconds(LEAST_TIME_SECONDS.default),
  ),
});

/**
 * The request that gives a processor its work. Senders open tasks with `input`, Postern sends it, and nobody but the dispatcher and the
 * processor ever has the callback URL. `{{input}}` and other placeholders stand for values of the task.
 */
export const dispatch = object(EXAMPLE, {
  /** URL of the processor. A placeholder is one whole segment of its path, or one whole value of its query. */
  url,
  /**
   * Method of the request.
   * @default 'POST'
   */
  method: optional(oneOf(DISPATCH_METHODS, 'Choose the method of the request.'), 'POST'),
  /**
   * Longest time of an attempt, from the look-up of the name to the last byte of the answer.
   * @default Duration.seconds(30)
   */
  timeout: optional(
    duration({
      min: Duration.seconds(DISPATCH_TIMEOUT_SECONDS.min),
      max: Duration.seconds(DISPATCH_TIMEOUT_SECONDS.max),
      step: Duration.seconds(1),
      remedy: 'Write for instance Duration.seconds(30).',
    }),
    Duration.seconds(DISPATCH_TIMEOUT_SECONDS.default),
  ),
  /**
   * Headers of the request: texts with placeholders, and secrets by `secret(name, format)`. Callbacks are refused here. So is a text
   * without placeholder for `Authorization` and for a name that ends in `-key`, `-token` or `-secret`: it would be a secret in a file.
   * @default {}
   */
  headers: optional(headers, {}),
  /**
   * Parameters that are added to the query of the URL. Only for a processor that takes the callback URL in its query: many systems
   * log URLs.
   * @default {}
   */
  query: optional(query, {}),
  /**
   * Body of the request, as JSON. A text that is exactly one placeholder becomes that value; inside a longer text, a value becomes a
   * part of the text.
   */
  body,
  /**
   * Access token that each request carries, by the client credentials grant of OAuth 2.0.
   * @default none
   */
  auth: optional(auth),
  /**
   * Signature of each request: `{ kind: 'standard_webhooks', secretName }`, or `{ kind: 'http_signature' }` with the key that signs
   * callback tokens, whose public half is in `/.well-known/jwks.json`.
   * @default requests are not signed
   */
  sign: optional(
    byKind({ standard_webhooks: signByStandardWebhooks, http_signature: signByHttpSignature }, SIGN_EXAMPLE),
  ),
  /**
   * Statuses by which the processor accepts the work.
   * @default [200, 201, 202]
   */
  accept: optional(
    list(status, {
      of: 'statuses',
      min: 1,
      max: DISPATCH_ACCEPT.count,
      unique: true,
      remedy: ACCEPT_EXAMPLE,
    }),
    DISPATCH_ACCEPT.default,
  ),
  /**
   * JSON pointer to the id of the job in the answer. The task shows it as `remoteId`.
   * @default no id is kept
   */
  remoteId: optional(text(JSON_POINTER, 'a JSON pointer, as `/id`', 'Correct the pointer, or remove `remoteId`.')),
  /**
   * Further attempts after one that failed: without settings, six within three hours.
   * @default {}
   */
  retry: optional(retry, {}),
  /**
   * Most attempts at the same time.
   * @default 20
   */
  concurrency: optional(
    count({
      ...DISPATCH_CONCURRENCY,
      unit: 'attempts',
      remedy: 'Ask the processor how many requests it takes at once.',
    }),
    DISPATCH_CONCURRENCY.default,
  ),
  /**
   * Most attempts a second.
   * @default only `concurrency` limits them
   */
  ratePerSecond: optional(
    count({ ...DISPATCH_RATE, unit: 'attempts a second', remedy: 'Ask the processor for its rate limit.' }),
  ),
  /**
   * Breaker: while too many attempts do not reach the processor, none is made, and tasks wait without using attempts up. Without
   * settings, it opens for 2 minutes if half of at least 20 attempts within a minute failed.
   * @default {}
   */
  breaker: optional(breaker, {}),
  /**
   * What becomes of a task whose work could not be sent: it fails, or stays pending until it expires.
   * @default 'fail'
   */
  onFailure: optional(oneOf(ON_FAILURE, 'Choose what becomes of a task whose work could not be sent.'), 'fail'),
});
export type DispatchInput = v.InferInput<typeof dispatch>;
type DispatchEntries = v.InferOutput<typeof dispatch>;

/** How work is sent, in the form that functions read. @param failingTasks see `BREAKER.tasks` */
export const completeDispatch = (entries: DispatchEntries, failingTasks: number): DispatchSettings => {
  const { auth: given, breaker: rules, ratePerSecond, remoteId, retry: waits, sign, timeout, ...others } = entries;
  return {
    ...others,
    timeout: timeout.toSeconds(),
    ...(given !== undefined && { auth: given }),
    ...(sign !== undefined && { sign }),
    ...(remoteId !== undefined && { remoteId }),
    ...(ratePerSecond !== undefined && { ratePerSecond }),
    retry: { delays: waits.delays, leastTime: waits.leastTime.toSeconds() },
    breaker: { ...rules, tasks: failingTasks },
  };
};

/** The processors that work is sent to. */
export const dispatchedProcessors = (
  registry: Registry,
): readonly { readonly id: string; readonly settings: DispatchSettings }[] =>
  Object.values(registry).flatMap(({ dispatch: settings, id }) => (settings === undefined ? [] : [{ id, settings }]));

/** Names of the secrets that requests to processors need, once each. */
export const dispatchSecrets = (registry: Registry): readonly string[] => [
  ...new Set(dispatchedProcessors(registry).flatMap(({ settings }) => secretNamesOf(settings))),
];
