import { randomUUID } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import { RFC_9068 } from '../../../../../../lambda/contract/access-token-profile.ts';
import { createDynamoDBAccessTokenUses } from '../../../../../../lambda/shared/access-token/one-time.ts';
import { accessTokenKey } from '../../../../../../lambda/shared/tables/hashed-keys.ts';
import { test as base } from '../../../../../support/fixtures.ts';
import { anIdentityProviderKey, signAccessToken } from '../../../../../support/identity-provider.ts';
import '../../../../../support/matchers.ts';
import { expectUntouched } from '../../../../../support/proofs.ts';
import { aReceiver, type OpenTask, putTask, type ReceiverFixture, readTask } from '../../../../../support/receiver.ts';
import { aProcessor, REGISTRY } from '../../../../../support/registry.ts';
import { NOW } from '../../../../../support/tokens.ts';

const CLIENT = 'client-of-idp-ocr';
const registry = {
  ...REGISTRY,
  'idp-ocr': aProcessor({ id: 'idp-ocr', proof: { kind: 'private_key_jwt', clientId: CLIENT } }),
};

const OWN = { sub: CLIENT, client_id: CLIENT, scope: undefined, roles: undefined };

const deliverTo =
  (receiver: ReceiverFixture) =>
  (task: OpenTask, headers: Readonly<Record<string, string | readonly string[]>>, body = '{}') =>
    receiver.deliver({
      path: task.path('result'),
      headers: { 'content-type': 'application/json', 'callback-token': task.tokens.result, ...headers },
      body,
    });

const test = base
  .extend(
    'connect',
    ({ identityProvider, key, store }) =>
      (uses: 'many' | 'one-time' = 'many') =>
        aReceiver({
          store,
          keys: [key],
          registry,
          variables: {
            IDP_ISSUER: identityProvider.issuer,
            IDP_JWKS_URI: `${identityProvider.issuer}/jwks`,
            ACCESS_TOKEN_MAX_LIFETIME_SECONDS: 3600,
            ACCESS_TOKEN_PROFILE: RFC_9068,
            ACCESS_TOKEN_USES: uses,
          },
        }),
  )
  .extend('receiver', ({ connect }) => connect())
  .extend('deliver', ({ receiver }) => deliverTo(receiver))
  .extend(
    'aTask',
    ({ key, store }) =>
      (claims: Record<string, unknown> = {}) =>
        putTask(store, key, { processor: 'idp-ocr' }, claims),
  )
  .extend(
    'withToken',
    ({ deliver, identityProvider }) =>
      async (task: OpenTask, claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
        deliver(task, { authorization: `Bearer ${await identityProvider.accessToken({ ...OWN, ...claims }, header)}` }),
  );

describe('a callback with an access token of its processor', () => {
  test('is recorded, whatever the scope and roles', async ({ aTask, store, withToken }) => {
    const task = await aTask();
    expect((await withToken(task)).status).toBe(200);
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
    expect((await withToken(await aTask(), { scope: 'task_read', roles: ['processor'] })).status).toBe(200);
  });

  test('may use one access token for many callbacks, as long as the environment says so', async ({
    aTask,
    connect,
    deliver,
    identityProvider,
    store,
  }) => {
    const authorization = `Bearer ${await identityProvider.accessToken({ ...OWN, jti: 'for-many' })}`;
    for (const task of [await aTask(), await aTask()])
      expect((await deliver(task, { authorization })).status).toBe(200);

    const deliverOnce = deliverTo(connect('one-time'));
    expect((await deliverOnce(await aTask(), { authorization })).status).toBe(200);
    const task = await aTask();
    expect(await deliverOnce(task, { authorization })).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('C6 has its one-time token remembered for the sender API too, until it expires', async ({
    aTask,
    connect,
    identityProvider,
    store,
  }) => {
    const receiver = connect('one-time');
    const deliver = deliverTo(receiver);
    const jti = randomUUID();
    const authorization = `Bearer ${await identityProvider.accessToken({ ...OWN, jti })}`;
    expect((await deliver(await aTask(), { authorization })).status).toBe(200);
    const lookupKey = accessTokenKey(identityProvider.issuer, jti);
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

  test('C6 cannot use a one-time token that the sender API has accepted, nor the reverse', async ({
    aTask,
    connect,
    identityProvider,
    store,
  }) => {
    const deliver = deliverTo(connect('one-time'));
    const uses = createDynamoDBAccessTokenUses(store.createCall(), store.lookupsTable);
    const senderApi = identityProvider.verifier({ oneTime: uses });
    const one = await identityProvider.accessToken({ ...OWN, jti: randomUUID() });
    expect(await senderApi.identify(one, CLIENT)).toEqual({ clientId: CLIENT });
    const task = await aTask();
    expect(await deliver(task, { authorization: `Bearer ${one}` })).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);

    const other = await identityProvider.accessToken({ ...OWN, jti: randomUUID() });
    expect((await deliver(task, { authorization: `Bearer ${other}` })).status).toBe(200);
    expect(await senderApi.identify(other, CLIENT)).toMatchObject({ code: 'access_token_invalid' });
  });

  test('O3 is accepted after a rotation of the provider’s keys, without a restart', async ({
    aTask,
    connect,
    identityProvider,
    withToken,
  }) => {
    expect((await withToken(await aTask())).status).toBe(200);
    const next = await anIdentityProviderKey();
    identityProvider.publish(identityProvider.key, next);
    // Before the cool-down is over, a new key is not asked for: another instance knows it already.
    const token = await signAccessToken(next, identityProvider.claims(OWN));
    const deliver = deliverTo(connect());
    expect((await deliver(await aTask(), { authorization: `Bearer ${token}` })).status).toBe(200);
    const known = `Bearer ${await identityProvider.accessToken(OWN)}`;
    expect((await deliver(await aTask(), { authorization: known })).status).toBe(200);
  });

  test('is checked with cached keys while the provider is down; without keys it gets 503', async ({
    aTask,
    connect,
    identityProvider,
    store,
    withToken,
  }) => {
    expect((await withToken(await aTask())).status).toBe(200);
    identityProvider.server.serve((_, outgoing) => outgoing.writeHead(500).end());
    expect((await withToken(await aTask())).status).toBe(200);
    const deliver = deliverTo(connect());
    const authorization = `Bearer ${await identityProvider.accessToken(OWN)}`;
    const task = await aTask();
    expect(await deliver(task, { authorization })).toBeRefusedWith('unavailable');
    await expectUntouched(store, task);
    identityProvider.publish(identityProvider.key);
    expect((await deliver(task, { authorization })).status).toBe(200);
  });

  test('T6 causes one fetch of the key set for many unknown keys', async ({
    aTask,
    deliver,
    identityProvider,
    store,
    withToken,
  }) => {
    await withToken(await aTask());
    const before = identityProvider.server.asked.length;
    const stranger = await anIdentityProviderKey();
    const task = await aTask();
    for (let i = 0; i < 20; i += 1) {
      const token = await signAccessToken({ ...stranger, kid: `unknown-${i}` }, identityProvider.claims(OWN));
      expect(await deliver(task, { authorization: `Bearer ${token}` })).toBeRefusedWith('proof_invalid');
    }
    expect(identityProvider.server.asked.length - before).toBeLessThanOrEqual(1);
    await expectUntouched(store, task);
  });
});

describe('a refused callback consumes nothing', () => {
  test.for([
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
  ] as const)('refuses a callback %s', async ([_, headers], { aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, headers(task))).toBeRefusedWith('proof_missing');
    await expectUntouched(store, task);
  });

  test.for<[string, Record<string, unknown>, Record<string, unknown>?]>([
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
  ])('refuses an access token %s', async ([_, claims, header], { aTask, store, withToken }) => {
    const task = await aTask();
    expect(await withToken(task, claims, header)).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('T8 refuses its own callback token as an access token', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, { authorization: `Bearer ${task.tokens.result}` })).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('T8 refuses an access token as a callback token', async ({ aTask, deliver, identityProvider }) => {
    const task = await aTask();
    const token = await identityProvider.accessToken(OWN);
    const answer = await deliver(task, { authorization: `Bearer ${token}`, 'callback-token': token });
    expect(answer).toBeRefusedWith('token_header_refused');
  });

  test('refuses an access token of another key under the name of the provider’s key', async ({
    aTask,
    deliver,
    identityProvider,
    store,
  }) => {
    const task = await aTask();
    const forger = { ...(await anIdentityProviderKey()), kid: identityProvider.key.kid };
    const token = await signAccessToken(forger, identityProvider.claims(OWN));
    expect(await deliver(task, { authorization: `Bearer ${token}` })).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('refuses a token that is bound to a key without a proof of the key', async ({ aTask, store, withToken }) => {
    const task = await aTask({ cnf: { jkt: 'some-key' } });
    expect(await withToken(task)).toBeRefusedWith('proof_missing');
    await expectUntouched(store, task);
  });

  test('refuses the scheme DPoP', async ({ aTask, deliver, identityProvider, store }) => {
    const task = await aTask();
    const authorization = `DPoP ${await identityProvider.accessToken(OWN)}`;
    expect(await deliver(task, { authorization })).toBeRefusedWith('token_missing');
    await expectUntouched(store, task);
  });

  test('counts it by its reason and writes no secret to the log', async ({
    aTask,
    deliver,
    identityProvider,
    receiver,
  }) => {
    const task = await aTask();
    const token = await identityProvider.accessToken({ ...OWN, client_id: 'other' });
    await deliver(task, { authorization: `Bearer ${token}` });
    expect(receiver.counts()).toMatchObject({ 'TokenRefused/proof_invalid': 1 });
    expect(receiver.lines[0]).toMatchObject({ reason: 'access token: it stands for another client' });
    for (const secret of [token, task.tokens.result]) expect(JSON.stringify(receiver.lines)).not.toContain(secret);
  });
});

test('refuses an access token beside the callback token if the processor has no such proof', async ({
  deliver,
  identityProvider,
  key,
  store,
}) => {
  const task = await putTask(store, key, { processor: 'header-ocr' });
  const authorization = `Bearer ${await identityProvider.accessToken(OWN)}`;
  expect(await deliver(task, { authorization })).toBeRefusedWith('token_ambiguous');
  await expectUntouched(store, task);
});
