import { Duration, Token } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { dispatchedProcessors, dispatchSecrets } from '../../../lib/config/dispatch.ts';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { fileSource } from '../../../lib/config/source.ts';
import { secret } from '../../../lib/environment.ts';
import { aLocalEnvironment, anAwsEnvironment } from '../../support/environments.ts';

const ACME = {
  url: 'https://api.acme.example/v1/jobs',
  body: { document: '{{input}}', webhook: '{{callbacks.result.url}}' },
};

const registryOf = (dispatch: unknown, processor: object = {}) =>
  readEnvironment(
    'test',
    anAwsEnvironment({
      processors: { 'acme-ocr': { carriers: ['short'], contentTypes: ['application/json'], ...processor, dispatch } },
    }),
  ).registry;

const settingsOf = (dispatch: object, processor: object = {}) =>
  registryOf({ ...ACME, ...dispatch }, processor)['acme-ocr']?.dispatch;

const mistakesOf = (dispatch: object, processor: object = {}) => {
  try {
    settingsOf(dispatch, processor);
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.errors;
    throw error;
  }
  return [];
};
const messageOf = (dispatch: object, processor: object = {}): string => {
  const errors = mistakesOf(dispatch, processor);
  return errors.length === 0 ? '' : new InvalidEnvironment(fileSource('test'), errors).message;
};
const placesOf = (...parameters: Parameters<typeof mistakesOf>) => mistakesOf(...parameters).map(({ at }) => at);

const AT = 'processors.acme-ocr.dispatch';

it('a processor that is not sent to has no settings of it', () => {
  expect(registryOf(undefined)['acme-ocr']).not.toHaveProperty('dispatch');
});

it('the defaults are those of the documentation', () => {
  expect(settingsOf({})).toEqual({
    ...ACME,
    method: 'POST',
    timeout: 30,
    headers: {},
    query: {},
    accept: [200, 201, 202],
    retry: { delays: [5, 30, 120, 600, 1_800, 7_200], leastTime: 300 },
    concurrency: 20,
    breaker: { window: 60, minimum: 20, failureRate: 0.5, pause: 120, tasks: 3 },
    onFailure: 'fail',
  });
});

it('each setting is what the file says, in whole seconds', () => {
  const headers = { Authorization: secret('postern/prod/acme', 'Bearer {}'), 'X-Client': '{{application}}' };
  const auth = {
    kind: 'client_credentials',
    tokenEndpoint: 'https://id.acme.example/token',
    clientId: 'a',
    secretName: 'b',
  };
  const given = { method: 'PUT', accept: [202], remoteId: '/id', ratePerSecond: 5, concurrency: 2, onFailure: 'keep' };
  const waits = { delays: [1, 86_400], leastTime: Duration.minutes(1) };
  const breaker = { window: 1, minimum: 1, failureRate: 1, pause: 3_600 };
  const sign = { kind: 'standard_webhooks', secretName: 'c' };
  expect(settingsOf({ ...given, headers, sign, retry: waits, breaker, timeout: Duration.seconds(60) })).toMatchObject({
    ...given,
    headers: { Authorization: { secret: 'postern/prod/acme', format: 'Bearer {}' }, 'X-Client': '{{application}}' },
    sign,
    timeout: 60,
    retry: { delays: [1, 86_400], leastTime: 60 },
    breaker: { ...breaker, tasks: 3 },
  });
  expect(settingsOf({ auth })?.auth).toEqual(auth);
});

it('the secrets of all processors are named once each', () => {
  const registry = registryOf({
    ...ACME,
    headers: { 'X-Key': secret('a'), 'X-Other': secret('a', 'Key {}') },
    sign: { kind: 'standard_webhooks', secretName: 'b' },
  });
  expect(dispatchSecrets(registry)).toEqual(['a', 'b']);
  expect(dispatchedProcessors(registry).map(({ id }) => id)).toEqual(['acme-ocr']);
  expect(dispatchedProcessors(registryOf(undefined))).toEqual([]);
});

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => 200 + index);

describe('a number at its edge', () => {
  it.each<readonly [string, object, object]>([
    ['timeout', { timeout: Duration.seconds(60) }, { timeout: Duration.seconds(61) }],
    ['timeout', { timeout: Duration.seconds(1) }, { timeout: Duration.millis(999) }],
    ['concurrency', { concurrency: 2 }, { concurrency: 1 }],
    ['concurrency', { concurrency: 1_000 }, { concurrency: 1_001 }],
    ['ratePerSecond', { ratePerSecond: 1 }, { ratePerSecond: 0 }],
    ['ratePerSecond', { ratePerSecond: 1_000 }, { ratePerSecond: 1_001 }],
    ['retry.delays.0', { retry: { delays: [1] } }, { retry: { delays: [0] } }],
    ['retry.delays.0', { retry: { delays: [86_400] } }, { retry: { delays: [86_401] } }],
    ['retry.delays', { retry: { delays: Array(20).fill(1) } }, { retry: { delays: Array(21).fill(1) } }],
    ['retry.leastTime', { retry: { leastTime: Duration.seconds(1) } }, { retry: { leastTime: Duration.seconds(0) } }],
    ['breaker.window', { breaker: { window: 3_600 } }, { breaker: { window: 3_601 } }],
    ['breaker.minimum', { breaker: { minimum: 10_000 } }, { breaker: { minimum: 10_001 } }],
    ['breaker.failureRate', { breaker: { failureRate: 0.01 } }, { breaker: { failureRate: 0 } }],
    ['breaker.failureRate', { breaker: { failureRate: 1 } }, { breaker: { failureRate: 1.01 } }],
    ['breaker.pause', { breaker: { pause: 3_600 } }, { breaker: { pause: 3_601 } }],
    ['accept.0', { accept: [200] }, { accept: [199] }],
    ['accept.0', { accept: [299] }, { accept: [300] }],
    ['accept', { accept: [202] }, { accept: [] }],
    ['accept', { accept: upTo(20) }, { accept: upTo(21) }],
    ['remoteId', { remoteId: '/a~1b/0' }, { remoteId: '/a~2b' }],
    [
      'url',
      { url: `https://api.acme.example/${'x'.repeat(2_023)}` },
      { url: `https://api.acme.example/${'x'.repeat(2_024)}` },
    ],
    ['headers.X-Long', { headers: { 'X-Long': 'x'.repeat(4_096) } }, { headers: { 'X-Long': 'x'.repeat(4_097) } }],
  ])('of %s is accepted, and the next one is refused', (place, right, wrong) => {
    expect(placesOf(right)).toEqual([]);
    expect(placesOf(wrong)).toEqual([`${AT}.${place}`]);
  });
});

describe('a mistake', () => {
  it.each<readonly [string, string, object]>([
    [
      'an unknown placeholder',
      'body.document',
      { body: { document: '{{inputs}}', webhook: '{{callbacks.result.url}}' } },
    ],
    ['a callback in the URL', 'url', { url: 'https://api.acme.example/{{callbacks.result.token}}' }],
    ['a callback in a header', 'headers.X-Callback', { headers: { 'X-Callback': '{{callbacks.result.url}}' } }],
    ['a header that Postern writes', 'headers.Content-Type', { headers: { 'Content-Type': 'text/plain' } }],
    ['a header that is no text', 'headers.X-Key', { headers: { 'X-Key': 7 } }],
    ['a query that is no text', 'query.a', { query: { a: 7 } }],
    ['http', 'url', { url: 'http://api.acme.example/v1/jobs' }],
    ['an address', 'url', { url: 'https://10.0.0.1/jobs' }],
    ['the domain of the environment itself', 'url', { url: 'https://callbacks.example.com/v1/tasks' }],
    ['a method that sends no body', 'method', { method: 'GET' }],
    ['an unknown signature', 'sign.kind', { sign: { kind: 'hmac' } }],
    ['a pointer without a slash', 'remoteId', { remoteId: 'id' }],
    ['a misspelt setting', 'retries', { retries: {} }],
  ])('in the request is named: %s', (_title, place, dispatch) => {
    expect(placesOf(dispatch)).toEqual([`${AT}.${place}`]);
  });

  it.each<readonly [string, string, object]>([
    ['as the text of a header', 'headers.authorization', { headers: { authorization: 'Bearer a-real-credential' } }],
    ['as the name of a secret', 'headers.X-Key', { headers: { 'X-Key': secret('a real credential') } }],
    ['as the format of a secret', 'headers.X-Key', { headers: { 'X-Key': secret('a', 'Bearer a-real-credential') } }],
    ['as a text that no header can have', 'headers.X-Key', { headers: { 'X-Key': 'a-real-crédential' } }],
    ['as the password of a URL', 'url', { url: 'https://user:a-real-password@api.acme.example/jobs' }],
    [
      'as the name of a signing secret',
      'sign.secretName',
      { sign: { kind: 'standard_webhooks', secretName: 'whsec_real' } },
    ],
  ])('in a credential is named without it: %s', (_title, place, dispatch) => {
    const message = messageOf(dispatch);
    expect(message).toContain(`${AT}.${place} `);
    expect(message).not.toContain('real');
  });

  it.each<readonly [string, object, string]>([
    [
      'an unknown placeholder',
      { body: { document: '{{inputs}}' } },
      'body.document is "{{inputs}}"; expected a known placeholder, without blanks in its braces. Choose from {{taskId}}, {{application}}',
    ],
    [
      'a header that the connection writes',
      { headers: { host: 'a' } },
      'headers.host: expected a header that Postern does not write itself. Remove the header.',
    ],
    [
      'a name that no header has',
      { headers: { 'X Client': 'a' } },
      'headers.X Client: expected the name of a header, as X-Client. Correct the name.',
    ],
    [
      'no window',
      { breaker: { window: 0 } },
      'breaker.window is 0; expected a whole number of seconds from 1 to 3600. Write for instance { window: 60 }: one minute. Or remove `window`.',
    ],
    [
      'no pause',
      { breaker: { pause: 0 } },
      'breaker.pause is 0; expected a whole number of seconds from 1 to 3600. Write for instance { pause: 120 }: two minutes. Or remove `pause`.',
    ],
    [
      'a breaker after no attempt',
      { breaker: { minimum: 0 } },
      'breaker.minimum is 0; expected a whole number of attempts from 1 to 10000. Write for instance { minimum: 50 }, or remove `minimum`.',
    ],
    [
      'a rate of failures as a percentage',
      { breaker: { failureRate: 50 } },
      'breaker.failureRate is 50; expected a number from 0.01 to 1. Write for instance { failureRate: 0.5 }: half of the attempts. Or remove `failureRate`.',
    ],
    [
      'no wait',
      { retry: { delays: [0] } },
      'retry.delays.0 is 0; expected a whole number of seconds from 1 to 86400. Write for instance { delays: [5, 30, 120] }: three more attempts. Or remove `delays`.',
    ],
    [
      'too little time for the work',
      { retry: { leastTime: Duration.seconds(0) } },
      'retry.leastTime is Duration.seconds(0); expected a Duration from 1 second to 7 days, in whole seconds. Write for instance { leastTime: Duration.minutes(5) }, or remove `leastTime`.',
    ],
    [
      'a private target',
      { url: 'https://192.168.0.1/jobs' },
      'url is "https://192.168.0.1/jobs"; expected a public host name. Write the name by which the processor is on the internet.',
    ],
    [
      'http',
      { url: 'http://api.acme.example/v1/jobs' },
      'url is "http://api.acme.example/v1/jobs"; expected an https URL. Write https://api.acme.example/v1/jobs.',
    ],
    [
      'the own host as token endpoint',
      {
        auth: {
          kind: 'client_credentials',
          tokenEndpoint: 'https://callbacks.example.com/token',
          clientId: 'a',
          secretName: 'b',
        },
      },
      'auth.tokenEndpoint is "https://callbacks.example.com/token"; expected another host than the domain of this environment. Write the URL of the processor.',
    ],
    [
      'one attempt at a time',
      { concurrency: 1 },
      'concurrency is 1; expected a whole number of attempts from 2 to 1000. Ask the processor how many requests it takes at once.',
    ],
    [
      'a secret in the URL',
      { url: secret('a') },
      "url is a secret(); expected a text, because many systems log URLs, and only `headers` can have secrets. Write the secret in `headers`, as { Authorization: secret('postern/prod/acme', 'Bearer {}') }.",
    ],
    [
      'a secret in the query',
      { query: { key: secret('a') } },
      "query.key is a secret(); expected a text, because many systems log URLs, and only `headers` can have secrets. Write the secret in `headers`, as { Authorization: secret('postern/prod/acme', 'Bearer {}') }.",
    ],
    [
      'a secret in the body',
      { body: { key: secret('a') } },
      'body.key is "secret(\'a\', …)"; expected no secret(), because the work may be logged where a header is not. Write the secret in `headers`.',
    ],
    [
      'a redirect as acceptance',
      { accept: [302] },
      'accept.0 is 302; expected a status from 200 to 299. Write for instance [200, 202]. After an attempt without an answer, 409 and 422 count as accepted without being here.',
    ],
  ])('has a message with place, value, expectation and remedy: %s', (_title, dispatch, line) => {
    expect(messageOf(dispatch)).toContain(`${AT}.${line}`);
  });

  it.each<readonly [string, string, (token: string) => object]>([
    ['a header', 'headers.X-Key', (token) => ({ headers: { 'X-Key': token } })],
    ['a parameter', 'query.key', (token) => ({ query: { key: `${token}-1` } })],
    ['the body', 'body', (token) => ({ body: { a: [{ b: token }] } })],
    ['the URL', 'url', (token) => ({ url: `https://${token}/jobs` })],
    [
      'the id of a client',
      'auth.clientId',
      (token) => ({
        auth: {
          kind: 'client_credentials',
          tokenEndpoint: 'https://id.acme.example/token',
          clientId: token,
          secretName: 'b',
        },
      }),
    ],
  ])('is a value that only the deployment knows, in %s', (_title, place, dispatch) => {
    expect(placesOf(dispatch(Token.asString({ Ref: 'Other' })))).toEqual([`${AT}.${place}`]);
  });

  it.each(['Authorization', 'X-Key', 'x-api-key', 'API-KEY', 'ApiKey', 'Auth-Token', 'X-Client-Secret'])(
    'is a text as the credential %s, and the message does not have it',
    (name) => {
      const message = messageOf({ headers: { [name]: 'the-credential' } });
      expect(message).toContain(`${AT}.headers.${name} is a text (not shown, because it may be a secret)`);
      expect(message).not.toContain('the-credential');
    },
  );

  it('is no text with a placeholder, nor one with another name', () => {
    expect(placesOf({ headers: { 'X-Job-Key': 'job {{taskId}}', 'X-Monkey': 'a', 'X-Token-Kind': 'b' } })).toEqual([]);
  });

  it.each([
    ['no callback', '{{input}}'],
    ['only a failure', '{{callbacks.failure.url}}'],
    ['only progress', '{{callbacks.progress.url}}'],
  ])('is a template by which no task can succeed: %s', (_title, text) => {
    expect(messageOf({ body: { a: text } })).toContain(
      `${AT}.body names no callback for a result; expected {{callbacks.result.url}}, because otherwise no task of the processor can succeed. Write it where the processor takes the URL that it calls with the result.`,
    );
  });

  it('is an upload where a schema checks results', () => {
    const body = { ...ACME.body, upload: '{{callbacks.upload.url}}' };
    expect(placesOf({ body })).toEqual([]);
    expect(placesOf({ query: { callback: '{{callbacks.result.url}}' }, body: {} })).toEqual([]);
    expect(messageOf({ body }, { schema: { type: 'object' } })).toContain(
      `${AT}.body is "{{callbacks.upload.url}}"; expected no upload, because the processor has a schema, which cannot check uploads. Write {{callbacks.result.url}} instead, or remove \`schema\`.`,
    );
  });

  it('is a wait that ends after the longest task', () => {
    const maxExpiresIn = Duration.seconds(400);
    expect(placesOf({ retry: { delays: [60, 10] } }, { maxExpiresIn })).toEqual([]);
    expect(messageOf({ retry: { delays: [60, 11, 5] } }, { maxExpiresIn })).toContain(
      `${AT}.retry.delays.1 ends 71 seconds after the first attempt; expected at most 70 seconds: \`maxExpiresIn\` without \`leastTime\` and \`timeout\`, because a later attempt never happens. Remove the waits from this one on, shorten them, or raise \`maxExpiresIn\`.`,
    );
    // The default waits are longer, and nobody wrote them for this processor.
    expect(placesOf({}, { maxExpiresIn })).toEqual([]);
  });

  it('is more secrets than a policy of the dispatcher can hold', () => {
    const many = (count: number, secretChars: number) => () =>
      readEnvironment(
        'test',
        anAwsEnvironment({
          processors: Object.fromEntries(
            Array.from({ length: count }, (_, index) => [
              `acme-ocr-${10 + index}`,
              {
                carriers: ['path'],
                contentTypes: ['application/json'],
                dispatch: { ...ACME, headers: { 'X-Key': secret(`${10 + index}`.padEnd(secretChars, 'x')) } },
              },
            ]),
          ),
        }),
      );
    expect(many(10, 300)).not.toThrow();
    expect(many(12, 300)).toThrow('processors names 12 secrets in `dispatch`, whose ARNs have');
  });

  it('is more than 50 processors that work is sent to', () => {
    const sends = (count: number) => () =>
      readEnvironment(
        'test',
        anAwsEnvironment({
          processors: Object.fromEntries(
            Array.from({ length: count }, (_, index) => [
              `acme-ocr-${index}`,
              { carriers: ['path'], contentTypes: ['application/json'], dispatch: ACME },
            ]),
          ),
        }),
      );
    expect(sends(50)).not.toThrow();
    expect(sends(51)).toThrow('processors has 51 processors with `dispatch`');
  });

  it('is a reservation below the concurrency of all processors together', () => {
    const reserved = (dispatch: number) => () => {
      const processor = { carriers: ['path'], contentTypes: ['application/json'] };
      readEnvironment(
        'test',
        anAwsEnvironment({
          reservedConcurrency: { dispatch },
          processors: {
            'acme-ocr': { ...processor, dispatch: ACME },
            'other-ocr': { ...processor, dispatch: { ...ACME, concurrency: 5 } },
            'third-ocr': processor,
          },
        }),
      );
    };
    expect(reserved(25)).not.toThrow();
    expect(reserved(24)).toThrow(
      'reservedConcurrency.dispatch is 24; expected at least 25, the sum of `concurrency` of all processors that work is sent to. Raise it, lower `concurrency` of a processor, or remove `reservedConcurrency.dispatch`.',
    );
  });

  it('is a target outside this machine, in an environment of this machine', () => {
    const local = (url: string) => () =>
      readEnvironment(
        'local',
        aLocalEnvironment({
          processors: {
            'acme-ocr': { carriers: ['path'], contentTypes: ['application/json'], dispatch: { ...ACME, url } },
          },
        }),
      );
    expect(local('http://127.0.0.1:5010/jobs')).not.toThrow();
    expect(local('https://api.acme.example/v1/jobs')).toThrow(
      'processors.acme-ocr.dispatch.url is "https://api.acme.example/v1/jobs"; expected a URL of this machine, as http://127.0.0.1:5010/jobs. Start a stand-in of the processor there.',
    );
  });

  it('is a URL whose token is in a header that the request does not have', () => {
    expect(placesOf({}, { carriers: ['header'] })).toEqual([`${AT}.body`]);
    const body = { ...ACME.body, token: '{{callbacks.result.token}}' };
    expect(placesOf({ body }, { carriers: ['header'] })).toEqual([]);
  });

  it.each([['short'], ['path'], ['header', 'short'], ['path', 'header']])(
    'is a token beside a URL that can have it already: carriers %s %s',
    (...carriers) => {
      const body = { ...ACME.body, token: '{{callbacks.result.token}}' };
      const given = carriers.filter((carrier) => carrier !== undefined);
      expect(mistakesOf({ body }, { carriers: given })).toMatchObject([
        {
          value: '{{callbacks.result.token}}',
          at: `${AT}.body`,
          expected: expect.stringMatching(/^no token, because `carriers` has `(short|path)`/),
          remedy: "Remove it, or write carriers: ['header'].",
        },
      ]);
    },
  );

  it('is a least time that no task has', () => {
    const maxExpiresIn = Duration.seconds(330);
    expect(placesOf({}, { maxExpiresIn })).toEqual([]);
    expect(placesOf({ timeout: Duration.seconds(31) }, { maxExpiresIn })).toEqual([`${AT}.retry.leastTime`]);
  });
});
