import { createHmac } from 'node:crypto';
import { describe, expect } from 'vitest';
import { explainToken, type Presented } from '../../../cli/token/explain-token.ts';
import { STEP_NAMES, STEP_OF_CODE } from '../../../cli/token/steps.ts';
import { STEPS } from '../../../tools/docs/callback-checks.ts';
import { test as base } from '../../support/fixtures.ts';
import { type OpenTask, putTask } from '../../support/receiver.ts';
import { REGISTRY } from '../../support/registry.ts';
import { aSigningKey, aToken, NOW, ORIGIN, type SigningKey, signText } from '../../support/tokens.ts';

/** Parts from which a broken token is made. */
interface Material {
  readonly key: SigningKey;
  readonly stranger: SigningKey;
  readonly task: OpenTask;
  /** Claims of the valid token for the result. */
  readonly claims: Readonly<Record<string, unknown>>;
}

type Break = (material: Material) => string | Promise<string>;

const withClaims =
  (changes: Record<string, unknown>): Break =>
  ({ claims, key }) =>
    aToken(key, { ...claims, ...changes });
const withHeader =
  (header: Record<string, unknown>): Break =>
  ({ claims, key }) =>
    aToken(key, claims, header);
const withText =
  (edit: (token: string) => string): Break =>
  ({ task }) =>
    edit(task.tokens.result);
const withPart =
  (part: number, edit: (text: string) => string): Break =>
  ({ task }) =>
    task.tokens.result
      .split('.')
      .map((text, i) => (i === part ? edit(text) : text))
      .join('.');

const TYPES: readonly unknown[] = [undefined, null, 1.5, ' ', '', true, [], {}];
const REQUIRED = [
  'iss',
  'aud',
  'sub',
  'path',
  'res_id',
  'scope',
  'roles',
  'jti',
  'iat',
  'nbf',
  'exp',
  'max_uses',
] as const;

const BROKEN: readonly (readonly [string, Break])[] = [
  ...REQUIRED.flatMap((name) =>
    TYPES.map((value) => [`${name} ${JSON.stringify(value)}`, withClaims({ [name]: value })] as const),
  ),
  ...['owner', 'cnf'].flatMap((name) =>
    [null, 1, ['x']].map((value) => [`${name} ${JSON.stringify(value)}`, withClaims({ [name]: value })] as const),
  ),
  ...TYPES.flatMap((value) =>
    (['alg', 'typ', 'kid'] as const).map(
      (name) => [`header ${name} ${JSON.stringify(value)}`, withHeader({ [name]: value })] as const,
    ),
  ),
  ...['none', 'HS256', 'es256', 'RS256', 'ES384'].map((alg) => [`alg ${alg}`, withHeader({ alg })] as const),
  ...['crit', 'jku', 'x5u', 'x5c', 'jwk', 'b64'].map(
    (name) => [`header ${name}`, withHeader({ [name]: 'x' })] as const,
  ),
  ...['JWT', 'at+jwt', 'dpop+jwt'].map((typ) => [`typ ${typ}`, withHeader({ typ })] as const),
  ['kid of no key', withHeader({ kid: '__proto__' })],
  ['another issuer', withClaims({ iss: `${ORIGIN}/` })],
  ['another audience', withClaims({ aud: `${ORIGIN}/v1/failures` })],
  ['an unknown processor', withClaims({ sub: 'nobody' })],
  ['a processor named __proto__', withClaims({ sub: '__proto__' })],
  ['another role', withClaims({ roles: ['sender'] })],
  ['another scope', withClaims({ scope: 'failure_write' })],
  ['the path of another task', withClaims({ path: '/v1/results/other' })],
  ['another task', withClaims({ res_id: 'other' })],
  ['jti of 65 characters', withClaims({ jti: 'x'.repeat(65) })],
  ['no uses', withClaims({ max_uses: 0 })],
  ['expired', withClaims({ exp: NOW - 5 })],
  ['not valid for 6 seconds', withClaims({ nbf: NOW + 6 })],
  ['issued in 6 seconds', withClaims({ iat: NOW + 6 })],
  ['too long', withClaims({ exp: NOW + 604_801 })],
  ['expired, and too long', withClaims({ iat: NOW - 700_000, exp: NOW - 100 })],
  ['of another key', ({ claims, stranger }) => aToken(stranger, claims)],
  ['of another key under our kid', ({ claims, key, stranger }) => aToken(stranger, claims, { kid: key.signer.kid })],
  ['with other claims', withPart(1, () => Buffer.from('{"iss":"x"}').toString('base64url'))],
  [
    'with another header',
    withPart(0, (text) => Buffer.from(`${Buffer.from(text, 'base64url')} `).toString('base64url')),
  ],
  ['with a signature of zeros', withPart(2, () => Buffer.alloc(64).toString('base64url'))],
  ['with half a signature', withPart(2, (text) => text.slice(0, 43))],
  [
    'with an HMAC',
    ({ claims, key }) => {
      const header = { alg: 'HS256', typ: 'callback+jwt', kid: key.signer.kid };
      const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
      return `${input}.${createHmac('sha256', key.signer.kid).update(input).digest('base64url')}`;
    },
  ],
  ['without a signature', withText((token) => token.slice(0, token.lastIndexOf('.') + 1))],
  ['of two parts', withText((token) => token.slice(0, token.lastIndexOf('.')))],
  ['of four parts', withText((token) => `${token}.AAAA`)],
  ['padded', withText((token) => `${token}=`)],
  ['with a stray bit', withText((token) => token.replace(/.$/, 'B'))],
  ['with a character of base64', withText((token) => token.replace('.', '.+'))],
  ['of 2,049 characters', withText((token) => token.padEnd(2_049, 'A'))],
  [
    'with a repeated member',
    ({ claims, key }) =>
      signText(
        key,
        JSON.stringify({ alg: 'ES256', typ: 'callback+jwt', kid: key.signer.kid }),
        JSON.stringify(claims).replace('{', '{"iss":"x",'),
      ),
  ],
  ['with claims that are an array', ({ key }) => signText(key, JSON.stringify({ alg: 'ES256' }), '[]')],
  ['with claims that are not UTF-8', ({ key }) => signText(key, '{}', Uint8Array.of(0x22, 0xff, 0x22))],
];

const test = base
  .extend('stranger', { scope: 'file' }, () => aSigningKey())
  .extend('task', ({ key, store }) => putTask(store, key, { processor: 'header-ocr' }))
  /** Runs `explainToken` with the keys of the gateway of `receiver`. */
  .extend(
    'explain',
    ({ key }) =>
      (presented: Presented, now = NOW, processors?: readonly string[]) =>
        explainToken(
          presented,
          { origin: ORIGIN, keys: [key.publicKey.jwk], ...(processors !== undefined && { processors }) },
          now,
        ),
  );

const urlOf = (path: string): string => `${ORIGIN}${path}`;

describe('the ten checks', () => {
  test('have the names and the order of the page of the callback checks', () => {
    expect(STEP_NAMES).toEqual(STEPS.map(({ title }) => title.toLowerCase()));
  });

  test('refuse with the codes that the page has for the step', () => {
    const wrong = Object.entries(STEP_OF_CODE).filter(
      ([code, step]) => !STEPS[step - 1]?.checks.some(({ refusals }) => (refusals as readonly string[]).includes(code)),
    );
    expect(wrong).toEqual([]);
  });
});

describe('a token that the gateway accepts', () => {
  test.for(['header', 'URL', 'token alone'] as const)(
    'passes the first six checks: %s',
    async (place, { explain, key, store }) => {
      const task = await putTask(store, key, { processor: 'acme-ocr' });
      const [url, token] = [urlOf(task.path('result')), task.tokens.result];
      const presented = { header: { url, token }, URL: { url: `${url}/${token}?utm=1#x` }, 'token alone': { token } }[
        place
      ];
      const { checks } = await explain(presented);
      expect(checks.map(({ state }) => state)).toEqual([...Array(6).fill('passed'), ...Array(4).fill('not checked')]);
      expect(checks).toHaveLength(10);
      expect(JSON.stringify(checks)).not.toContain(token);
    },
  );

  test('is judged for its own route, whatever its capability is', async ({ explain, task }) => {
    for (const token of Object.values(task.tokens)) {
      expect((await explain({ token })).checks.at(5)).toEqual({ step: 6, name: 'times', state: 'passed' });
    }
  });

  test('has a note about the processor only where the registry is not known', async ({ explain, task }) => {
    const presented = { token: task.tokens.result };
    expect((await explain(presented)).notes).toEqual([expect.stringContaining('registry')]);
    expect((await explain(presented, NOW, ['header-ocr'])).notes).toEqual([]);
  });

  test('has a note about the key that it is bound to', async ({ explain, key, task }) => {
    const token = await aToken(key, { ...task.claims('result'), cnf: { jkt: 'x' } });
    expect((await explain({ token }, NOW, ['header-ocr'])).notes).toEqual([expect.stringContaining('bound to a key')]);
  });
});

describe('a broken token', () => {
  test.for(BROKEN)(
    'is refused with the code of the gateway: %s',
    async ([, breakToken], { explain, key, receiver, stranger, task }) => {
      const token = await breakToken({ key, stranger, task, claims: { ...task.claims('result') } });
      const { json } = await receiver.deliver({
        path: task.path('result'),
        headers: { 'callback-token': token, 'content-type': 'text/plain' },
      });
      const { checks } = await explain({ url: urlOf(task.path('result')), token }, NOW, Object.keys(REGISTRY));
      const failed = checks.filter(({ state }) => state === 'failed');
      expect(failed).toEqual([
        { step: expect.any(Number), name: expect.any(String), state: 'failed', code: (json as { code?: string }).code },
      ]);
      const [{ step = 0 } = {}] = failed;
      expect(checks.filter(({ state }) => state === 'passed')).toHaveLength(step - 1);
      expect(checks.filter(({ state }) => state === 'not checked')).toHaveLength(10 - step);
    },
  );

  test('fails no check of the registry, where the registry is not known', async ({ explain, key, task }) => {
    const token = await aToken(key, { ...task.claims('result'), sub: 'nobody' });
    expect((await explain({ token })).checks.filter(({ state }) => state === 'failed')).toEqual([]);
  });

  test('is refused for the URL that it comes with, not for its own path', async ({ explain, key, store, task }) => {
    const other = await putTask(store, key, { processor: 'header-ocr' });
    const { checks } = await explain({ url: urlOf(other.path('result')), token: task.tokens.result });
    expect(checks.at(4)).toEqual({ step: 5, name: 'claims', state: 'failed', code: 'token_path_mismatch' });
  });
});

describe('a callback without a readable token', () => {
  const verdict = async (explain: (presented: Presented) => ReturnType<typeof explainToken>, presented: Presented) => {
    const { checks, notes } = await explain(presented);
    const failed = checks.find(({ state }) => state === 'failed');
    return {
      failed: failed && [failed.step, failed.code],
      passed: checks.filter(({ state }) => state === 'passed').length,
      notes,
    };
  };

  test('fails the first check for a path that no callback has, and for another origin', async ({ explain, task }) => {
    const token = task.tokens.result;
    expect(await verdict(explain, { url: urlOf(`/v1/result/${task.taskId}/${token}`) })).toMatchObject({
      failed: [1, 'not_found'],
    });
    expect(await verdict(explain, { url: urlOf(`/v1/results/..%2f${task.taskId}/${token}`) })).toMatchObject({
      failed: [1, 'not_found'],
    });
    const { failed, notes } = await verdict(explain, {
      url: `https://other.example.com${task.path('result')}/${token}`,
    });
    expect(failed).toEqual([1, 'not_found']);
    expect(notes.join()).not.toContain(token);
  });

  test('fails the second check for a URL whose token is in a header', async ({ explain, task }) => {
    expect(await verdict(explain, { url: urlOf(task.path('result')) })).toMatchObject({
      failed: [2, 'token_missing'],
      passed: 1,
    });
  });

  test('checks of a short URL only its form', async ({ explain }) => {
    const code = 'A'.repeat(22);
    expect(await verdict(explain, { url: urlOf(`/c/${code}`) })).toMatchObject({ failed: undefined, passed: 1 });
    expect(await verdict(explain, { url: urlOf('/c/short') })).toMatchObject({
      failed: [2, 'token_unknown'],
      passed: 1,
    });
  });

  test('checks of an encrypted token only its form', async ({ explain }) => {
    const header = Buffer.from('{"alg":"ECDH-ES"}').toString('base64url');
    expect(await verdict(explain, { token: `${header}..AAAA.AAAA.AAAA` })).toMatchObject({
      failed: undefined,
      passed: 1,
    });
    expect(await verdict(explain, { token: `${header}.AAAA.AAAA.AAAA.AAAA` })).toMatchObject({
      failed: [2, 'token_malformed'],
    });
  });
});
