import { randomUUID } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RFC_9068 } from '../../../../../../lambda/contract/access-token-profile.ts';
import { createDynamoDBAccessTokenUses } from '../../../../../../lambda/shared/access-token/one-time.ts';
import { accessTokenKey } from '../../../../../../lambda/shared/tables/hashed-keys.ts';
import { openStore, type TestStore } from '../../../../../support/engine.ts';
import {
  anIdentityProviderKey,
  openIdentityProvider,
  signAccessToken,
  type TestIdentityProvider,
} from '../../../../../support/identity-provider.ts';
import '../../../../../support/matchers.ts';
import { expectUntouched } from '../../../../../support/proofs.ts';
import { aReceiver, type OpenTask, putTask, type ReceiverFixture, readTask } from '../../../../../support/receiver.ts';
import { aProcessor, REGISTRY } from '../../../../../support/registry.ts';
import { aSigningKey, NOW } from '../../../../../support/tokens.ts';

const key = await aSigningKey();
const CLIENT = 'client-of-idp-ocr';
const registry = {
  ...REGISTRY,
  'idp-ocr': aProcessor({ id: 'idp-ocr', proof: { kind: 'private_key_jwt', clientId: CLIENT } }),
};

let idp: TestIdentityProvider;
let store: TestStore;
let receiver: ReceiverFixture;
beforeAll(async () => {
  [store, idp] = await Promise.all([openStore(), openIdentityProvider()]);
});
afterAll(() => Promise.all([store.close(), idp.close()]));

const connect = (uses: 'many' | 'one-time' = 'many') =>
  aReceiver({
    store,
    keys: [key],
    registry,
    variables: {
      IDP_ISSUER: idp.issuer,
      IDP_JWKS_URI: `${idp.issuer}/jwks`,
      ACCESS_TOKEN_MAX_LIFETIME_SECONDS: 3600,
      ACCESS_TOKEN_PROFILE: RFC_9068,
      ACCESS_TOKEN_USES: uses,
    },
  });
beforeEach(() => {
  idp.publish(idp.key);
  receiver = connect();
});

const aTask = (claims: Record<string, unknown> = {}) => putTask(store, key, { processor: 'idp-ocr' }, claims);
const OWN = { sub: CLIENT, client_id: CLIENT, scope: undefined, roles: undefined };

const deliver = (task: OpenTask, headers: Readonly<Record<string, string | readonly string[]>>, body = '{}') =>
  receiver.deliver({
    path: task.path('result'),
    headers: { 'content-type': 'application/json', 'callback-token': task.tokens.result, ...headers },
    body,
  });
const withToken = async (task: OpenTask, claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  deliver(task, { authorization: `Bearer ${await idp.accessToken({ ...OWN, ...claims }, header)}` });

describe('a callback with an access token of its processor', () => {
  test('is recorded, whatever the scope and roles', async () => {
    const task = await aTask();
    expect((await withToken(task)).status).toBe(200);
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
    expect((await withToken(await aTask(), { scope: 'task_read', roles: ['processor'] })).status).toBe(200);
  });

  test('may use one access token for many callbacks, as long as the environment says so', async () => {
    const authorization = `Bearer ${await idp.accessToken({ ...OWN, jti: 'for-many' })}`;
    for (const task of [await aTask(), await aTask()])
      expect((await deliver(task, { authorization })).status).toBe(200);

    receiver = connect('one-time');
    expect((await deliver(await aTask(), { authorization })).status).toBe(200);
    const task = await aTask();
    expect(await deliver(task, { authorization })).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('C6 one-time: it is remembered where the sender API looks, for as long as it is accepted', async () => {
    receiver = connect('one-time');
    const jti = randomUUID();
    const authorization = `Bearer ${await idp.accessToken({ ...OWN, jti })}`;
    expect((await deliver(await aTask(), { authorization })).status).toBe(200);
    const lookupKey = accessTokenKey(idp.issuer, jti);
    const { Item } = await store.client.send(
      new GetItemCommand({ TableName: store.lookupsTable, Key: { lookupKey: { S: lookupKey } } }),
    );
    // Its exp, and the tolerance of 5 s in which it is still accepted.
    expect(unmarshall(Item ?? {})).toEqual({ lookupKey, use: expect.any(String), expiresAt: NOW + 3_600 + 5 });
    receiver.at(NOW + 3_604);
    const task = await aTask({ exp: NOW + 7_200 });
    expect(await deliver(task, { authorization })).toBeRefusedWith('proof_invalid');
    expect(receiver.lines.at(-1)).toMatchObject({ reason: 'access token: used before' });
  });

  test('C6 one-time: one that the sender API has accepted is used up here, and the other way round', async () => {
    receiver = connect('one-time');
    const uses = createDynamoDBAccessTokenUses(store.client, store.lookupsTable);
    const senderApi = idp.verifier({ oneTime: uses });
    const one = await idp.accessToken({ ...OWN, jti: randomUUID() });
    expect(await senderApi.identify(one, CLIENT)).toEqual({ clientId: CLIENT });
    const task = await aTask();
    expect(await deliver(task, { authorization: `Bearer ${one}` })).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);

    const other = await idp.accessToken({ ...OWN, jti: randomUUID() });
    expect((await deliver(task, { authorization: `Bearer ${other}` })).status).toBe(200);
    expect(await senderApi.identify(other, CLIENT)).toMatchObject({ code: 'access_token_invalid' });
  });

  test('O3 goes on over a rotation of the provider’s keys, without a restart', async () => {
    expect((await withToken(await aTask())).status).toBe(200);
    const next = await anIdentityProviderKey();
    idp.publish(idp.key, next);
    // Before the cool-down is over, a new key is not asked for: another instance knows it already.
    const token = await signAccessToken(next, idp.claims(OWN));
    receiver = connect();
    expect((await deliver(await aTask(), { authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await withToken(await aTask())).status).toBe(200);
  });

  test('goes on with the keys it has while the provider is down; one that has none says 503', async () => {
    expect((await withToken(await aTask())).status).toBe(200);
    idp.server.serve((_, outgoing) => outgoing.writeHead(500).end());
    expect((await withToken(await aTask())).status).toBe(200);
    receiver = connect();
    const task = await aTask();
    expect(await withToken(task)).toBeRefusedWith('unavailable');
    await expectUntouched(store, task);
    idp.publish(idp.key);
    expect((await withToken(task)).status).toBe(200);
  });

  test('T6 many of unknown keys fetch the key set once', async () => {
    await withToken(await aTask());
    const before = idp.server.asked.length;
    const stranger = await anIdentityProviderKey();
    const task = await aTask();
    for (let i = 0; i < 20; i += 1) {
      const token = await signAccessToken({ ...stranger, kid: `unknown-${i}` }, idp.claims(OWN));
      expect(await deliver(task, { authorization: `Bearer ${token}` })).toBeRefusedWith('proof_invalid');
    }
    expect(idp.server.asked.length - before).toBeLessThanOrEqual(1);
    await expectUntouched(store, task);
  });
});

describe('a refused callback consumes nothing', () => {
  test.each([
    ['without an access token', (task: OpenTask) => ({ 'callback-token': task.tokens.result })],
    [
      'with the callback token in Authorization',
      (task: OpenTask) => ({
        'callback-token': [],
        authorization: `Bearer ${task.tokens.result}`,
      }),
    ],
    ['with an Authorization of another scheme', () => ({ authorization: 'Basic eDp5' })],
    ['with a scheme alone', () => ({ authorization: 'Bearer' })],
  ])('%s', async (_, headers) => {
    const task = await aTask();
    expect(await deliver(task, headers(task))).toBeRefusedWith('proof_missing');
    await expectUntouched(store, task);
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>?]>([
    ['C2 of another client', { sub: 'other', client_id: 'other' }],
    ['C2 of a sender', { sub: 'local-sender', client_id: 'local-sender', roles: ['sender'], scope: 'task_write' }],
    ['C2 that names its client nowhere', { sub: undefined, client_id: undefined }],
    ['C1 of another issuer', { iss: 'https://idp.example.org' }],
    ['C3 for another audience', { aud: 'https://other.example.com' }],
    ['C4 that has expired', { iat: NOW - 3_600, exp: NOW - 5 }],
    ['C4 without exp', { exp: undefined }],
    ['C4 that lives too long', { exp: NOW + 3_601 }],
    ['C4 that is not valid yet', { nbf: NOW + 6 }],
    ['C4 that was issued in the future', { iat: NOW + 6 }],
    ['T8 that is an ID token', {}, { typ: 'JWT' }],
    ['T8 that is of the type of a callback token', {}, { typ: 'callback+jwt' }],
    ['T6 of an unknown key', {}, { kid: 'unknown' }],
  ])('refuses an access token %s', async (_, claims, header) => {
    const task = await aTask();
    expect(await withToken(task, claims, header)).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('T8 refuses its own callback token as an access token', async () => {
    const task = await aTask();
    expect(await deliver(task, { authorization: `Bearer ${task.tokens.result}` })).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('T8 refuses an access token as a callback token', async () => {
    const task = await aTask();
    const token = await idp.accessToken(OWN);
    const answer = await deliver(task, { authorization: `Bearer ${token}`, 'callback-token': token });
    expect(answer).toBeRefusedWith('token_header_refused');
  });

  test('refuses an access token of another key under the name of the provider’s key', async () => {
    const task = await aTask();
    const forger = { ...(await anIdentityProviderKey()), kid: idp.key.kid };
    const token = await signAccessToken(forger, idp.claims(OWN));
    expect(await deliver(task, { authorization: `Bearer ${token}` })).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('refuses a token that is bound to a key without a proof of the key', async () => {
    const task = await aTask({ cnf: { jkt: 'some-key' } });
    expect(await withToken(task)).toBeRefusedWith('proof_missing');
    await expectUntouched(store, task);
  });

  test('refuses the scheme DPoP', async () => {
    const task = await aTask();
    const authorization = `DPoP ${await idp.accessToken(OWN)}`;
    expect(await deliver(task, { authorization })).toBeRefusedWith('token_missing');
    await expectUntouched(store, task);
  });

  test('counts it by its reason and writes no secret to the log', async () => {
    const task = await aTask();
    const token = await idp.accessToken({ ...OWN, client_id: 'other' });
    await deliver(task, { authorization: `Bearer ${token}` });
    expect(receiver.counts()).toMatchObject({ 'TokenRefused/proof_invalid': 1 });
    expect(receiver.lines[0]).toMatchObject({ reason: 'access token: it stands for another client' });
    for (const secret of [token, task.tokens.result]) expect(JSON.stringify(receiver.lines)).not.toContain(secret);
  });
});

test('a processor without such a proof cannot bring an access token beside its callback token', async () => {
  const task = await putTask(store, key, { processor: 'header-ocr' });
  const authorization = `Bearer ${await idp.accessToken(OWN)}`;
  expect(await deliver(task, { authorization })).toBeRefusedWith('token_ambiguous');
  await expectUntouched(store, task);
});
