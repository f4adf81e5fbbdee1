import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { dispatchedProcessors, dispatchSecrets } from '../../../lib/config/dispatch.ts';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { secret } from '../../../lib/environment.ts';
import { anAwsEnvironment } from '../../support/environments.ts';

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
    ['accept.0', { accept: [499] }, { accept: [500] }],
    ['accept', { accept: [202] }, { accept: [] }],
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
    ['a query that is no text', 'query', { query: { a: 7 } }],
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

  it('in a credential is named without it', () => {
    const errors = [
      ...mistakesOf({ headers: { authorization: 'Bearer a-real-credential' } }),
      ...mistakesOf({ headers: { 'X-Key': secret('a real credential') } }),
    ];
    expect(errors.map(({ at }) => at)).toEqual([`${AT}.headers.authorization`, `${AT}.headers.X-Key`]);
    expect(JSON.stringify(errors)).not.toContain('real');
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
