import { randomUUID } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import { ENTRA_ID, RFC_9068 } from '../../../../lambda/contract/access-token-profile.ts';
import { createDynamoDBAccessTokenUses } from '../../../../lambda/shared/access-token/one-time.ts';
import { accessTokenKey } from '../../../../lambda/shared/tables/hashed-keys.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { AWS_CALLS, type CallLimits } from '../../../../lambda/contract/call-limits.ts';
import { PATIENT_CALLS } from '../../../support/patience.ts';
import { NOW } from '../../../support/tokens.ts';

const READ = { scope: 'task_read', role: 'sender' };
const ACCEPTED = { clientId: 'local-sender' };
const INVALID = expect.objectContaining({ code: 'access_token_invalid' });

const test = base
  .extend(
    'oneTime',
    ({ sender }) =>
      (limits: CallLimits = { ...PATIENT_CALLS, attempts: 2 }) =>
        createDynamoDBAccessTokenUses(
          sender.store.createCall(sender.dynamodb.endpoint, limits),
          sender.store.lookupsTable,
        ),
  )
  .extend(
    'verifyOnce',
    ({ oneTime, sender }) =>
      async (token: string, required = READ, uses = oneTime()) =>
        sender.idp.verifier({ oneTime: uses }).verify([`Bearer ${token}`], required),
  )
  .extend(
    'aToken',
    ({ sender }) =>
      (overrides: Record<string, unknown> = {}) =>
        sender.idp.accessToken({ jti: randomUUID(), ...overrides }),
  );

describe('an environment that accepts an access token once', () => {
  test('refuses the second use, by any instance', async ({ aToken, verifyOnce }) => {
    const token = await aToken();
    expect(await verifyOnce(token)).toEqual(ACCEPTED);
    expect(await verifyOnce(token)).toEqual(INVALID);
    expect(await verifyOnce(await aToken())).toEqual(ACCEPTED);
  });

  test('C6 accepts exactly one of many simultaneous uses', async ({ aToken, verifyOnce }) => {
    const token = await aToken();
    const verdicts = await Promise.all(Array.from({ length: 16 }, () => verifyOnce(token)));
    expect(verdicts.filter((verdict) => !('code' in verdict))).toEqual([ACCEPTED]);
  });

  test('C6 remembers issuer and jti, hashed, until the token has expired', async ({ aToken, sender, verifyOnce }) => {
    const jti = randomUUID();
    const token = await aToken({ jti });
    await verifyOnce(token);
    // Another signature over the same claims is the same token.
    expect(await verifyOnce(await aToken({ jti }))).toEqual(INVALID);
    const lookupKey = accessTokenKey(sender.idp.issuer, jti);
    const { Item } = await sender.store.client.send(
      new GetItemCommand({ TableName: sender.store.lookupsTable, Key: { lookupKey: { S: lookupKey } } }),
    );
    expect(unmarshall(Item ?? {})).toEqual({ lookupKey, use: expect.any(String), expiresAt: NOW + 3_605 });
    expect(lookupKey).toMatch(/^access#[0-9a-f]{64}$/);
  });

  test.for([undefined, '', 7])('refuses a token whose jti is %j', async (jti, { aToken, sender, verifyOnce }) => {
    expect(await verifyOnce(await aToken({ jti }))).toEqual(INVALID);
    expect(sender.dynamodb.count()).toBe(0);
  });

  test('uses the claim that the profile names', async ({ aToken, oneTime, sender }) => {
    const profile = {
      ...RFC_9068,
      tokenId: ENTRA_ID.tokenId,
    };
    const verify = async (overrides: Record<string, unknown>) => {
      const token = await aToken({ jti: 'the same', ...overrides });
      return sender.idp.verifier({ oneTime: oneTime(), profile }).verify([`Bearer ${token}`], READ);
    };
    expect(await verify({ uti: 'one' })).toEqual(ACCEPTED);
    expect(await verify({ uti: 'two' })).toEqual(ACCEPTED);
    expect(await verify({ uti: 'one' })).toEqual(INVALID);
  });

  test('does not use up a token without the required scope', async ({ aToken, sender, verifyOnce }) => {
    const token = await aToken({ scope: 'task_read' });
    expect(await verifyOnce(token, { ...READ, scope: 'task_write' })).toMatchObject({
      code: 'access_token_insufficient',
    });
    expect(await verifyOnce(token, { ...READ, role: 'operator' })).toMatchObject({ code: 'access_token_insufficient' });
    expect(sender.dynamodb.count()).toBe(0);
    expect(await verifyOnce(token)).toEqual(ACCEPTED);
  });

  test('sends no request to the store for an invalid token', async ({ aToken, sender, verifyOnce }) => {
    await verifyOnce(await aToken({ exp: NOW - 60 }));
    await verifyOnce('abc');
    expect(sender.dynamodb.count()).toBe(0);
  });

  test.for(['throttled', 'reset', 'silence'] as const)(
    'C7 answers 503 if the store does not answer (%s)',
    async (kind, { aToken, oneTime, sender, verifyOnce }) => {
      sender.dynamodb.inject(() => ({ kind }));
      const token = await aToken();
      const limited = oneTime(kind === 'silence' ? { ...AWS_CALLS, attempts: 2 } : undefined);
      expect(await verifyOnce(token, READ, limited)).toMatchObject({ code: 'unavailable' });
      sender.clear();
      expect(await verifyOnce(token)).toEqual(ACCEPTED);
    },
  );

  test('accepts the first use even if the answer of the store is lost', async ({ aToken, sender, verifyOnce }) => {
    sender.dynamodb.injectNext('PutItem', { kind: 'lostAnswer' });
    const token = await aToken();
    expect(await verifyOnce(token)).toEqual(ACCEPTED);
    expect(sender.dynamodb.count('PutItem')).toBe(2);
    expect(await verifyOnce(token)).toEqual(INVALID);
  });

  test('uses up the token of a request that is refused for another reason', async ({ aToken, oneTime, sender }) => {
    const verifier = sender.idp.verifier({ oneTime: oneTime() });
    const headers = { authorization: `Bearer ${await aToken()}` };
    const tasks = sender.tasks({ verifier });
    expect(await tasks.send({ method: 'GET', path: '/v1/tasks/no-such-task', headers })).toBeRefusedWith(
      'task_unknown',
    );
    const again = await tasks.send({ method: 'GET', path: '/v1/tasks/no-such-task', headers });
    expect(again).toBeRefusedWith('access_token_invalid');
  });
});

test('another environment accepts a token repeatedly, without a request to the store', async ({ aToken, sender }) => {
  const token = await aToken();
  const verifier = sender.idp.verifier();
  for (let use = 0; use < 3; use += 1) expect(await verifier.verify([`Bearer ${token}`], READ)).toEqual(ACCEPTED);
  expect(sender.dynamodb.count()).toBe(0);
});
