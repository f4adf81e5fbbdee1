import { randomUUID } from 'node:crypto';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect } from 'vitest';
import type { RouteName } from '../../../../lambda/contract/routes.ts';
import { SIGNING_KEY_SECONDS, type SigningKeyItem } from '../../../../lambda/contract/signing-keys.ts';
import { describeApi } from '../../../../lambda/functions/metadata/openapi/document.ts';
import { callBySdk, countRequests } from '../../../../lambda/shared/aws/dynamodb-sdk.ts';
import { createInvokeLater } from '../../../../lambda/shared/aws/invoke-later.ts';
import { createReadKmsKeys } from '../../../../lambda/shared/operator/kms-keys.ts';
import { createPolicy } from '../../../../lambda/shared/policy/cedar.ts';
import { readSigningKeys } from '../../../../lambda/shared/signing-keys/read-signing-keys.ts';
import { INVOKE_PREFIX, serveInvoke } from '../../../../local/stand-ins/lambda.ts';
import { readAudit } from '../../../support/bulk-revocations.ts';
import type { Delivered } from '../../../support/delivered.ts';
import { describedBy } from '../../../support/described.ts';
import { LOCAL_CLIENT, type TestStore } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import { aSigningKey as aKmsKey } from '../../../support/kms.ts';
import '../../../support/matchers.ts';
import { anOperatorApi, type OperatorApiFixtureOptions, operatorTokens } from '../../../support/operator-api.ts';
import { patiently } from '../../../support/patience.ts';
import { aSigningKeyItem, putSigningKey } from '../../../support/signing-keys.ts';
import { aSigningKey, NOW, ORIGIN } from '../../../support/tokens.ts';

const ROTATE = 'arn:aws:lambda:eu-west-1:000000000000:function:rotate-signing-key:live';
const REASON = 'the key may have leaked';
const DAY = 86_400;
const timeOf = (seconds: number) => new Date(seconds * 1_000).toISOString();

const described = describedBy(describeApi({ origin: ORIGIN, abbreviations: false }));

const test = base
  .extend('tokens', { scope: 'file' }, ({ openProvider }) => operatorTokens(openProvider))
  /** Puts a key into the table; without options it signs at `NOW`. */
  .extend('stored', ({ ownStore }) => async ({ alg, ...overrides }: Partial<SigningKeyItem> = {}) => {
    const { signUntil = NOW + DAY } = overrides;
    const item = aSigningKeyItem(await aSigningKey(alg), {
      encryptedPrivateKey: Buffer.from('encrypted'),
      publishedAt: NOW - DAY,
      signFrom: NOW - 3_600,
      signUntil,
      verifyUntil: signUntil + SIGNING_KEY_SECONDS.verify,
      ...overrides,
    });
    await putSigningKey(ownStore, item);
    return item;
  })
  /** The function that rotates keys, in the stand-in of Lambda. `events` are those that it was called with. */
  .extend('rotation', ({ kms }, { onCleanup }) => {
    const events: unknown[] = [];
    const enqueue = (name: string, event: unknown) => name === ROTATE && events.push(event) > 0;
    kms.standIns.route(
      INVOKE_PREFIX,
      serveInvoke(async () => null, enqueue),
    );
    const lambda = new LambdaClient({ ...LOCAL_CLIENT, endpoint: kms.endpoint, maxAttempts: 1 });
    onCleanup(() => lambda.destroy());
    const invoke = createInvokeLater(lambda, ROTATE);
    return { events, start: () => invoke({}) };
  })
  .extend(
    'apiOf',
    ({ identityProvider, ownStore: store, proxy, rotation }) =>
      ({ signingKeys, ...more }: Partial<OperatorApiFixtureOptions> = {}) =>
        anOperatorApi({
          store,
          verifier: identityProvider.verifier(),
          dynamodb: countRequests(store.connect(patiently({ endpoint: proxy.endpoint, maxAttempts: 4 }))),
          signingKeys: { startRotation: rotation.start, ...signingKeys },
          ...more,
        }),
  )
  .extend('api', ({ apiOf }) => apiOf());

const LIST = { method: 'GET', path: '/v1/operator/keys', body: '' };
const retire = (kid: string, body: unknown = { reason: REASON }) => ({
  method: 'POST',
  path: `/v1/operator/keys/${kid}/retire`,
  headers: { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.7' },
  body: JSON.stringify(body),
});
const UNKNOWN = 'A'.repeat(43);

/** The keys of the table, the oldest first. */
const itemsOf = ({ client, signingKeysTable }: TestStore) =>
  readSigningKeys(callBySdk(client), signingKeysTable, ['encryptedPrivateKey']);

/** The answer's body, after a comparison with the API description. */
const read = <T>(route: RouteName, answer: Delivered): T => {
  described.answer(route, answer);
  expect(answer.status).toBe(200);
  return answer.json as T;
};

describe('GET /v1/operator/keys', () => {
  test('shows the states and times of all keys, the newest first', async ({ api, stored, tokens }) => {
    const [ended, verifying, signing, next] = [
      await stored({ generation: 1, signFrom: NOW - 10 * DAY, signUntil: NOW - 9 * DAY, publishedAt: NOW - 11 * DAY }),
      await stored({ generation: 2, signFrom: NOW - 2 * DAY, signUntil: NOW - DAY, publishedAt: NOW - 3 * DAY }),
      await stored({ generation: 3, signFrom: NOW - DAY, signUntil: NOW + 60, publishedAt: NOW - 2 * DAY }),
      await stored({ generation: 4, signFrom: NOW + 60, signUntil: NOW + DAY, publishedAt: NOW - DAY, alg: 'RS256' }),
    ];
    const { keys } = read<{ keys: { kid: string }[] }>('operatorListKeys', await api.send(tokens.reading, LIST));
    expect(keys).toEqual([
      {
        kid: next.kid,
        alg: 'RS256',
        state: 'next',
        signFrom: timeOf(NOW + 60),
        signUntil: timeOf(NOW + DAY),
        verifyUntil: timeOf(NOW + DAY + 604_805),
      },
      expect.objectContaining({ kid: signing.kid, alg: 'ES256', state: 'signing', signUntil: timeOf(NOW + 60) }),
      expect.objectContaining({ kid: verifying.kid, state: 'verifying', verifyUntil: timeOf(NOW - DAY + 604_805) }),
    ]);
    expect(keys.map(({ kid }) => kid)).not.toContain(ended.kid);
    expect(JSON.stringify(keys)).not.toMatch(/retiredAt|encrypted|publicJwk|generation/);
    expect(api.lines.at(-1)).toMatchObject({ status: 200, operator: 'rita', storeRequests: 1 });
  });

  test('reads consistently, and no private key', async ({ api, proxy, stored, tokens }) => {
    await stored();
    await api.send(tokens.reading, LIST);
    const [query] = proxy.requests.filter(({ operation }) => operation === 'Query');
    expect(query?.input).toMatchObject({ ConsistentRead: true, Select: 'SPECIFIC_ATTRIBUTES' });
    expect(query?.input.ProjectionExpression).not.toMatch(/encryptedPrivateKey|\bid\b/);
  });

  test('with signatures of KMS shows the keys by their use, and those of the table', async ({
    apiOf,
    kms,
    stored,
    tokens,
  }) => {
    const ids = ['current', 'next', 'previous'].map((id) => kms.standIns.kms.ensureKey(aKmsKey(id)).arn);
    const readKmsKeys = createReadKmsKeys(kms.getPublicKey, ids, ['current', 'next', 'previous']);
    const api = apiOf({ signingKeys: { isRotating: false, readKmsKeys } });
    const rotating = await stored();
    const { keys } = read<{ keys: { kid: string }[] }>('operatorListKeys', await api.send(tokens.reading, LIST));
    const ofKms = (state: string) => ({ kid: expect.stringMatching(/^[\w-]{43}$/), alg: 'ES256', state });
    expect(keys).toEqual([
      ofKms('signing'),
      ofKms('next'),
      ofKms('verifying'),
      expect.objectContaining({ kid: rotating.kid, state: 'verifying', signUntil: timeOf(rotating.signUntil) }),
    ]);
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(4);
  });

  test('is refused to persons without a role and with the wrong scope', async ({ api, tokens }) => {
    expect(await api.send(tokens.nobody, LIST)).toBeRefusedWith('operator_role_missing');
    expect(await api.send(tokens.payloadOnly, LIST)).toBeRefusedWith('operator_role_missing');
    expect(await api.send(tokens.writeScope, LIST)).toBeRefusedWith('access_token_insufficient');
    expect(await api.send(tokens.reading, { ...LIST, query: { limit: ['1'] } })).toBeRefusedWith('request_invalid');
  });

  test('is unavailable without the table, and without KMS', async ({ api, apiOf, proxy, tokens }) => {
    const away = apiOf({ signingKeys: { readKmsKeys: () => Promise.reject(new Error('away')) } });
    expect(await away.send(tokens.reading, LIST)).toBeRefusedWith('unavailable');
    proxy.inject(() => ({ kind: 'error', status: 500 }));
    expect(await api.send(tokens.reading, LIST)).toBeRefusedWith('unavailable');
  });
});

describe('POST /v1/operator/keys/{kid}/retire', () => {
  test('retires the key and writes the audit item in one transaction', async ({
    api,
    ownStore,
    proxy,
    rotation,
    stored,
    tokens,
  }) => {
    const { kid } = await stored({ generation: 7, signUntil: NOW + DAY });
    const next = await stored({ generation: 8, publishedAt: NOW - 65, signFrom: NOW + DAY, signUntil: NOW + 2 * DAY });
    expect(described.takes('operatorRetireKey', { reason: REASON })).toBe(true);
    const answer = await api.send(tokens.acting, retire(kid));
    const key = read('operatorRetireKey', answer);
    expect(key).toMatchObject({ kid, state: 'retired', retiredAt: timeOf(NOW), signUntil: timeOf(NOW + DAY) });
    expect(proxy.count('TransactWriteItems')).toBe(1);
    expect(proxy.count('UpdateItem')).toBe(0);

    const [item, untouched] = await itemsOf(ownStore);
    expect(item).toMatchObject({ kid, retiredAt: NOW, encryptedPrivateKey: expect.any(Uint8Array) });
    expect(untouched).not.toHaveProperty('retiredAt');
    expect(await readAudit(ownStore)).toEqual([
      expect.objectContaining({
        action: 'retire',
        target: kid,
        reason: REASON,
        operator: expect.objectContaining({ sub: 'ada' }),
        from: '198.51.100.7',
        at: timeOf(NOW),
        outcome: 'done',
      }),
    ]);
    expect(rotation.events).toEqual([{}]);
    expect(api.lines.at(-1)).toMatchObject({ status: 200, kid, OperatorActions: 1, Action: 'retire', operator: 'ada' });

    // The next key signs at once; no time of it has passed.
    const { keys } = read<{ keys: object[] }>('operatorListKeys', await api.send(tokens.reading, LIST));
    expect(keys).toMatchObject([
      { kid: next.kid, state: 'signing' },
      { kid, state: 'retired', retiredAt: timeOf(NOW) },
    ]);
  });

  test('again is answered with the time of the first, and is audited', async ({
    api,
    ownStore,
    rotation,
    stored,
    tokens,
  }) => {
    const { kid } = await stored();
    const first = await api.send(tokens.acting, retire(kid));
    api.at((NOW + 90) * 1_000);
    const second = await api.send(tokens.acting, retire(kid, { reason: 'again' }));
    expect(second.json).toEqual(first.json);
    expect(read('operatorRetireKey', second)).toHaveProperty('retiredAt', timeOf(NOW));
    expect((await itemsOf(ownStore))[0]).toHaveProperty('retiredAt', NOW);
    const entries = (await readAudit(ownStore)).toSorted((one, other) => one.at.localeCompare(other.at));
    expect(entries).toMatchObject([
      { reason: REASON, outcome: 'done' },
      { reason: 'again', outcome: 'done', isRepeated: true, at: timeOf(NOW + 90) },
    ]);
    expect(api.lines.at(-1)).not.toHaveProperty('OperatorActions');
    // The first invocation may have been lost.
    expect(rotation.events).toHaveLength(2);
  });

  test('by 16 operators at once happens once, and each has an audit item', async ({
    api,
    ownStore,
    stored,
    tokens,
  }) => {
    const { kid } = await stored();
    const answers = await Promise.all(Array.from({ length: 16 }, () => api.send(tokens.acting, retire(kid))));
    expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200));
    expect(new Set(answers.map(({ json }) => JSON.stringify(json))).size).toBe(1);
    const entries = await readAudit(ownStore);
    expect(entries).toHaveLength(16);
    expect(entries.filter(({ isRepeated }) => isRepeated !== true)).toHaveLength(1);
    expect(api.lines.filter((line) => 'OperatorActions' in line)).toHaveLength(1);
  });

  test('of an unknown key gets 404, and is audited', async ({ api, ownStore, rotation, stored, tokens }) => {
    await stored();
    const answer = await api.send(tokens.acting, retire(UNKNOWN));
    described.answer('operatorRetireKey', answer);
    expect(answer).toBeRefusedWith('key_unknown');
    expect(await readAudit(ownStore)).toMatchObject([
      { action: 'retire', target: UNKNOWN, outcome: 'key_unknown', reason: REASON },
    ]);
    expect(rotation.events).toEqual([]);
  });

  test('of a key that KMS signs or verifies with gets 409, and is audited', async ({
    apiOf,
    kms,
    ownStore,
    rotation,
    stored,
    tokens,
  }) => {
    const readKmsKeys = createReadKmsKeys(kms.getPublicKey, [kms.key.arn], ['current']);
    const api = apiOf({ signingKeys: { isRotating: false, readKmsKeys } });
    const [{ kid = '' } = {}] = await readKmsKeys();
    // An earlier setting has imported the key.
    await stored({ kid, imported: true, signUntil: NOW - DAY });
    const answer = await api.send(tokens.acting, retire(kid));
    described.answer('operatorRetireKey', answer);
    expect(answer).toBeRefusedWith('key_not_rotating');
    expect((await itemsOf(ownStore))[0]).not.toHaveProperty('retiredAt');
    expect(await readAudit(ownStore)).toMatchObject([{ target: kid, outcome: 'key_not_rotating' }]);
    expect(rotation.events).toEqual([]);
  });

  test('counts for a key of KMS that was retired while it had a copy in the table', async ({
    apiOf,
    kms,
    stored,
    tokens,
  }) => {
    const readKmsKeys = createReadKmsKeys(kms.getPublicKey, [kms.key.arn], ['current']);
    const api = apiOf({ signingKeys: { isRotating: false, readKmsKeys } });
    const [{ kid = '' } = {}] = await readKmsKeys();
    await stored({ kid, imported: true, retiredAt: NOW - 60 });
    const { keys } = read<{ keys: object[] }>('operatorListKeys', await api.send(tokens.reading, LIST));
    expect(keys).toMatchObject([{ kid, state: 'retired', retiredAt: timeOf(NOW - 60) }]);
    const again = read('operatorRetireKey', await api.send(tokens.acting, retire(kid)));
    expect(again).toMatchObject({ kid, state: 'retired', retiredAt: timeOf(NOW - 60) });
  });

  test('works with signatures of KMS for a key of the table', async ({ apiOf, kms, ownStore, stored, tokens }) => {
    const readKmsKeys = createReadKmsKeys(kms.getPublicKey, [kms.key.arn], ['current']);
    const api = apiOf({ signingKeys: { isRotating: false, readKmsKeys } });
    const { kid } = await stored();
    expect(read('operatorRetireKey', await api.send(tokens.acting, retire(kid)))).toMatchObject({ state: 'retired' });
    expect((await itemsOf(ownStore))[0]).toHaveProperty('retiredAt', NOW);
  });

  test('needs the role to act and the scope to write', async ({ api, ownStore, stored, tokens }) => {
    const { kid } = await stored();
    expect(await api.send(tokens.reading, retire(kid))).toBeRefusedWith('operator_role_missing');
    expect(await api.send(tokens.nobody, retire(kid))).toBeRefusedWith('operator_role_missing');
    expect(await api.send(tokens.readScope, retire(kid))).toBeRefusedWith('access_token_insufficient');
    expect(await readAudit(ownStore)).toMatchObject([
      { operator: { sub: 'rita' }, outcome: 'operator_role_missing', reason: '' },
    ]);
    expect((await itemsOf(ownStore))[0]).not.toHaveProperty('retiredAt');
  });

  test('can be switched off by a setting or a policy', async ({ apiOf, ownStore, stored, tokens }) => {
    const { kid } = await stored();
    const policy = createPolicy({
      all: 'permit(principal is Operator, action, resource);',
      ticket:
        'forbid(principal is Operator, action == Action::"retire", resource) when { resource.kind == "key" } unless { context.reason like "INC-*" };',
    });
    const strict = apiOf({ policy: () => policy });
    // The setting comes before the key.
    expect(await apiOf({ disabledActions: ['retire'] }).send(tokens.acting, retire(UNKNOWN))).toBeRefusedWith(
      'action_disabled',
    );
    expect(await strict.send(tokens.acting, retire(kid))).toBeRefusedWith('action_disabled');
    expect((await itemsOf(ownStore))[0]).not.toHaveProperty('retiredAt');
    expect((await readAudit(ownStore)).map(({ outcome }) => outcome)).toEqual(['action_disabled', 'action_disabled']);
    expect((await strict.send(tokens.acting, retire(kid, { reason: 'INC-7' }))).status).toBe(200);
  });

  test.for([
    [{}, '/reason'],
    [{ reason: '' }, '/reason'],
    [{ reason: 'x'.repeat(257) }, '/reason'],
    [{ reason: 'r', revision: 1 }, '/revision'],
  ] as const)('names what is wrong in the body %j', async ([body, pointer], { api, ownStore, tokens }) => {
    const answer = await api.send(tokens.acting, retire(UNKNOWN, body));
    described.answer('operatorRetireKey', answer);
    expect(answer).toBeRefusedWith('request_invalid');
    expect(answer.json).toMatchObject({ errors: [{ pointer }] });
    expect(await readAudit(ownStore)).toEqual([]);
  });

  test('is done once if the answer of DynamoDB is lost', async ({ api, ownStore, proxy, stored, tokens }) => {
    const { kid } = await stored();
    proxy.injectNext('TransactWriteItems', { kind: 'lostAnswer' });
    expect(read('operatorRetireKey', await api.send(tokens.acting, retire(kid)))).toMatchObject({ state: 'retired' });
    expect(proxy.count('TransactWriteItems')).toBe(2);
    expect(await readAudit(ownStore)).toHaveLength(1);
    expect(api.lines.at(-1)).toHaveProperty('OperatorActions', 1);
  });

  test('goes through after conflicts with other transactions', async ({ api, ownStore, proxy, stored, tokens }) => {
    const { kid } = await stored();
    proxy.injectNext('TransactWriteItems', { kind: 'conflict' }, { kind: 'conflict' });
    expect((await api.send(tokens.acting, retire(kid))).status).toBe(200);
    expect((await itemsOf(ownStore))[0]).toHaveProperty('retiredAt', NOW);
  });

  test.for(['Query', 'TransactWriteItems'])(
    'changes nothing if %s fails, and can be repeated',
    async (operation, { api, ownStore, proxy, rotation, stored, tokens }) => {
      const { kid } = await stored();
      proxy.inject((request) => (request.operation === operation ? { kind: 'error', status: 500 } : undefined));
      expect(await api.send(tokens.acting, retire(kid))).toBeRefusedWith('unavailable');
      expect((await itemsOf(ownStore))[0]).not.toHaveProperty('retiredAt');
      expect(await readAudit(ownStore)).toEqual([]);
      expect(rotation.events).toEqual([]);
      proxy.clear();
      proxy.inject(() => undefined);
      expect((await api.send(tokens.acting, retire(kid))).status).toBe(200);
    },
  );

  test('is answered although Lambda does not take the call', async ({ apiOf, ownStore, stored, tokens }) => {
    const failures: unknown[] = [];
    const failure = new Error(randomUUID());
    const api = apiOf({
      signingKeys: { startRotation: () => Promise.reject(failure), onNotStarted: (error) => failures.push(error) },
    });
    const { kid } = await stored();
    expect((await api.send(tokens.acting, retire(kid))).status).toBe(200);
    expect((await itemsOf(ownStore))[0]).toHaveProperty('retiredAt', NOW);
    expect(failures).toEqual([failure]);
  });
});
