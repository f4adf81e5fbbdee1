import { createPrivateKey, createPublicKey } from 'node:crypto';
import { DecryptCommand } from '@aws-sdk/client-kms';
import { describe, expect } from 'vitest';
import type { SigningKeyItem } from '../../../../lambda/contract/signing-keys.ts';
import {
  isAccepted,
  MAX_SIGNING_KEYS,
  signingKeyAt,
  signingKeyState,
} from '../../../../lambda/contract/signing-keys.ts';
import { createDynamoDBKeyStore } from '../../../../lambda/functions/rotate-signing-key/dynamodb-key-store.ts';
import { createDynamoDBClient } from '../../../../lambda/shared/aws/dynamodb.ts';
import { fetchPublicKeys } from '../../../../lambda/shared/callback-token/public-keys.ts';
import { thumbprintOf } from '../../../../lambda/shared/callback-token/thumbprint.ts';
import { LOCAL_ENVIRONMENT } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import { countsOf } from '../../../support/receiver.ts';
import { aRotation, type RotationFixtureOptions } from '../../../support/rotation.ts';
import { encryptionContextOf, readSigningKeyItems, retireSigningKey } from '../../../support/signing-keys.ts';
import { NOW } from '../../../support/tokens.ts';

const DAY = 86_400;
const WEEK = 604_800;

const test = base
  .extend(
    'rotation',
    ({ kms, ownStore }) =>
      (options: Omit<RotationFixtureOptions, 'kms' | 'store'> = {}) =>
        aRotation({ store: ownStore, kms, ...options }),
  )
  .extend(
    'keys',
    ({ ownStore }) =>
      () =>
        readSigningKeyItems(ownStore),
  );

/** Times of a key, in seconds after `NOW`. */
const timesOf = ({ publishedAt, signFrom, signUntil, verifyUntil, expiresAt }: SigningKeyItem) =>
  [publishedAt, signFrom, signUntil, verifyUntil, expiresAt].map((time) => time - NOW);

/** Generations of the keys by their states, at a number of seconds after `NOW`. */
const statesAt = (keys: readonly SigningKeyItem[], seconds: number) =>
  Object.fromEntries(keys.map((key) => [key.generation, signingKeyState(key, keys, NOW + seconds)]));

describe('the first run', () => {
  test('makes a key that signs at once, and the next one', async ({ keys, rotation }) => {
    const first = rotation();
    await first.at(0);
    expect((await keys()).map(timesOf)).toEqual([
      [0, 0, DAY, DAY + WEEK + 5, DAY + WEEK + 5 + DAY],
      [0, DAY, 2 * DAY, 2 * DAY + WEEK + 5, 2 * DAY + WEEK + 5 + DAY],
    ]);
    expect(statesAt(await keys(), 0)).toEqual({ 1: 'signing', 2: 'next' });
    expect(first.waits).toEqual([]);
  });

  test.for([
    ['ES256', 'ec', { kty: 'EC', crv: 'P-256' }],
    ['RS256', 'rsa', { kty: 'RSA', e: 'AQAB' }],
  ] as const)(
    'T2 makes %s keys whose private halves only KMS decrypts',
    async ([algorithm, type, jwk], { keys, kms, rotation }) => {
      await rotation({ algorithm }).at(0);
      for (const { alg, encryptedPrivateKey = new Uint8Array(), generation, id, kid, publicJwk } of await keys()) {
        const members = JSON.parse(publicJwk);
        expect([alg, id, kid]).toEqual([algorithm, `id-${generation}`, thumbprintOf(members)]);
        expect(members).toMatchObject(jwk);
        expect(Object.keys(members).sort()).toEqual(type === 'ec' ? ['crv', 'kty', 'x', 'y'] : ['e', 'kty', 'n']);
        const input = { KeyId: kms.encryptionKey.arn, CiphertextBlob: encryptedPrivateKey };
        const context = encryptionContextOf(id ?? '');
        const { Plaintext = new Uint8Array() } = await kms.client.send(
          new DecryptCommand({ ...input, EncryptionContext: context }),
        );
        const privateKey = createPrivateKey({ key: Buffer.from(Plaintext), format: 'der', type: 'pkcs8' });
        expect(privateKey.asymmetricKeyType).toBe(type);
        expect(createPublicKey(privateKey).export({ format: 'jwk' })).toEqual(members);
        // Each member of the context counts.
        for (const other of [{ environment: 'other' }, { purpose: 'other' }, { id: 'other' }]) {
          await expect(
            kms.client.send(new DecryptCommand({ ...input, EncryptionContext: { ...context, ...other } })),
          ).rejects.toThrow();
        }
      }
    },
  );

  test('logs the public id of each key, and neither half of it', async ({ keys, rotation }) => {
    const first = rotation();
    await first.at(0);
    const items = await keys();
    const text = JSON.stringify(first.lines);
    for (const { encryptedPrivateKey = new Uint8Array(), id = '', kid, publicJwk } of items) {
      expect(text).toContain(kid);
      for (const secret of [Buffer.from(encryptedPrivateKey).toString('base64'), JSON.parse(publicJwk).x, id]) {
        expect(text).not.toContain(secret);
      }
    }
    expect(first.lines.map(({ message }) => message)).toEqual([
      'signing key published',
      'signing key published',
      'signing keys checked',
    ]);
    expect(countsOf(first.lines)).toEqual({ NextSigningKeys: 1 });
  });
});

describe('later runs', () => {
  test('change nothing while a key signs and the next one is published', async ({ keys, rotation }) => {
    const runs = rotation();
    await runs.at(0);
    const before = await keys();
    for (const seconds of [600, DAY / 2, DAY - 1]) await runs.at(seconds);
    expect(await keys()).toEqual(before);
    expect(countsOf(runs.lines)).toEqual({ NextSigningKeys: 4 });
  });

  test('publish the key after the next one when the next one has taken over', async ({ keys, rotation }) => {
    const runs = rotation();
    await runs.at(0);
    await runs.at(DAY);
    expect((await keys()).map(timesOf).at(-1)?.slice(0, 3)).toEqual([DAY, 2 * DAY, 3 * DAY]);
    expect(statesAt(await keys(), DAY)).toEqual({ 1: 'verifying', 2: 'signing', 3: 'next' });
  });

  test('T2 always leave a key that signs, and at most 10 that exist, over weeks of days', async ({
    keys,
    rotation,
  }) => {
    const runs = rotation();
    for (let day = 0; day <= 12; day += 1) {
      await runs.at(day * DAY);
      const items = await keys();
      for (const seconds of [day * DAY, day * DAY + 600, (day + 1) * DAY - 1]) {
        expect(signingKeyAt(items, NOW + seconds)?.generation).toBe(day + 1);
        expect(items.filter((key) => isAccepted(key, NOW + seconds)).length).toBeLessThanOrEqual(10);
      }
    }
    expect((await keys()).filter((key) => isAccepted(key, NOW + 12 * DAY))).toHaveLength(10);
    expect(MAX_SIGNING_KEYS).toBe(10);
  });

  test('let the settings decide how long a key signs, and never how long its tokens are accepted', async ({
    keys,
    rotation,
  }) => {
    await rotation({ every: 30 * DAY }).at(0);
    expect((await keys()).map(timesOf)).toEqual([
      [0, 0, 30 * DAY, 30 * DAY + WEEK + 5, 30 * DAY + WEEK + 5 + DAY],
      [0, 30 * DAY, 60 * DAY, 60 * DAY + WEEK + 5, 60 * DAY + WEEK + 5 + DAY],
    ]);
  });
});

describe('a rotation that was stopped for days', () => {
  test('waits until every process has read the new key', async ({ keys, rotation }) => {
    const runs = rotation();
    await runs.at(0);
    await runs.at(5 * DAY);
    expect((await keys()).map(timesOf).slice(2)).toEqual([
      [5 * DAY, 5 * DAY + 65, 6 * DAY + 65, 6 * DAY + 65 + WEEK + 5, 6 * DAY + 65 + WEEK + 5 + DAY],
      [5 * DAY, 6 * DAY + 65, 7 * DAY + 65, 7 * DAY + 65 + WEEK + 5, 7 * DAY + 65 + WEEK + 5 + DAY],
    ]);
    expect(signingKeyAt(await keys(), NOW + 5 * DAY + 64)).toBeUndefined();
    expect(signingKeyAt(await keys(), NOW + 5 * DAY + 65)?.generation).toBe(3);
    expect(runs.waits).toEqual([65_000]);
  });

  test('publishes a key for 65 seconds, even if the last one ends before', async ({ keys, rotation }) => {
    const runs = rotation();
    await runs.at(0);
    await runs.at(2 * DAY - 10);
    expect((await keys()).map(timesOf).at(-1)?.slice(0, 3)).toEqual([2 * DAY - 10, 2 * DAY + 55, 3 * DAY + 55]);
    expect(signingKeyAt(await keys(), NOW + 2 * DAY + 54)).toBeUndefined();
  });
});

describe('after a retirement', () => {
  test('of the key that signs, a next key exists again and no private half of the retired one', async ({
    keys,
    ownStore,
    rotation,
  }) => {
    const runs = rotation();
    await runs.at(0);
    const [current] = await keys();
    await retireSigningKey(ownStore, current as SigningKeyItem, NOW + 1_000);
    await runs.at(1_001);
    const items = await keys();
    expect(statesAt(items, 1_001)).toEqual({ 1: 'retired', 2: 'signing', 3: 'next' });
    expect(items[0]).not.toHaveProperty('encryptedPrivateKey');
    expect(items[0]).not.toHaveProperty('id');
    expect(items[0]).toMatchObject({ kid: current?.kid, retiredAt: NOW + 1_000 });
    expect(items.slice(1).every(({ encryptedPrivateKey }) => encryptedPrivateKey !== undefined)).toBe(true);
    expect(runs.waits).toEqual([]);
  });

  test('of the next key, another one takes its place', async ({ keys, ownStore, rotation }) => {
    const runs = rotation();
    await runs.at(0);
    await retireSigningKey(ownStore, (await keys())[1] as SigningKeyItem, NOW + 1_000);
    await runs.at(1_001);
    expect(statesAt(await keys(), 1_001)).toEqual({ 1: 'signing', 2: 'retired', 3: 'next' });
    expect((await keys()).map(timesOf)[2]?.slice(0, 3)).toEqual([1_001, DAY, 2 * DAY]);
  });

  test('of both keys, the new one signs after 65 seconds', async ({ keys, ownStore, rotation }) => {
    const runs = rotation();
    await runs.at(0);
    for (const key of await keys()) await retireSigningKey(ownStore, key, NOW + 1_000);
    await runs.at(1_001);
    const items = await keys();
    expect(signingKeyAt(items, NOW + 1_065)).toBeUndefined();
    expect(signingKeyAt(items, NOW + 1_066)?.generation).toBe(3);
    expect(runs.waits).toEqual([65_000]);
  });
});

describe('keys in KMS', () => {
  test('are imported, and the first key of the table waits until every process has read it', async ({
    keys,
    kms,
    rotation,
  }) => {
    const runs = rotation({ keyIds: [kms.key.arn] });
    await runs.at(0);
    const items = await keys();
    const [inKms] = await fetchPublicKeys(kms.getPublicKey, [kms.key.arn]);
    const imported = items.filter((key) => key.imported);
    expect(imported.map(({ kid, alg }) => [kid, alg])).toEqual([[inKms?.kid, 'ES256']]);
    expect(imported.map(timesOf)).toEqual([[0, 0, 0, WEEK + 5, WEEK + 5 + DAY]]);
    expect(imported[0]).not.toHaveProperty('encryptedPrivateKey');
    expect(items.filter((key) => !key.imported).map((key) => timesOf(key).slice(0, 3))).toEqual([
      [0, 65, DAY + 65],
      [0, DAY + 65, 2 * DAY + 65],
    ]);
    expect(runs.waits).toEqual([65_000]);
  });

  test('verify as long as they are in the settings, and a week longer', async ({ keys, kms, rotation }) => {
    await rotation({ keyIds: [kms.key.arn] }).at(0);
    await rotation({ keyIds: [kms.key.arn] }).at(3 * DAY);
    await rotation().at(4 * DAY);
    const imported = (await keys()).filter((key) => key.imported);
    expect(imported.map(timesOf)).toEqual([[0, 0, 3 * DAY, 3 * DAY + WEEK + 5, 3 * DAY + WEEK + 5 + DAY]]);
  });

  test('stay retired as long as they are in the settings, because their item stays', async ({
    keys,
    kms,
    ownStore,
    rotation,
  }) => {
    const runs = rotation({ keyIds: [kms.key.arn] });
    await runs.at(0);
    const imported = (await keys()).find((key) => key.imported) as SigningKeyItem;
    await retireSigningKey(ownStore, imported, NOW + 10);
    await runs.at(600);
    const [retired, ...others] = (await keys()).filter((key) => key.imported);
    expect(others).toEqual([]);
    expect(retired).toMatchObject({ kid: imported.kid, retiredAt: NOW + 10, expiresAt: NOW + 600 + WEEK + 5 + DAY });
  });
});

describe('another algorithm', () => {
  test('takes over after 65 seconds, and the keys of the earlier one only verify', async ({ keys, rotation }) => {
    await rotation({ algorithm: 'RS256' }).at(0);
    const runs = rotation({ algorithm: 'ES256' });
    await runs.at(1_000);
    const items = await keys();
    expect(items.map(({ alg }) => alg)).toEqual(['RS256', 'RS256', 'ES256', 'ES256']);
    expect(signingKeyAt(items, NOW + 1_064)?.alg).toBe('RS256');
    expect(signingKeyAt(items, NOW + 1_065)?.generation).toBe(3);
    expect(statesAt(items, 1_065)).toEqual({ 1: 'verifying', 2: 'verifying', 3: 'signing', 4: 'next' });
    expect(items.map((key) => timesOf(key)[2])).toEqual([1_065, 1_065, DAY + 1_065, 2 * DAY + 1_065]);
    // The deployment goes on when the new algorithm signs.
    expect(runs.waits).toEqual([65_000]);
    await runs.at(1_600);
    expect(await keys()).toEqual(items);
  });
});

describe('two runs at the same time', () => {
  test('make one key that signs and one next key', async ({ keys, proxy, rotation }) => {
    const runs = [1, 2, 3].map(() => rotation({ endpoints: { dynamodb: proxy.endpoint } }));
    await Promise.all(runs.map((run) => run.at(0)));
    expect((await keys()).map((key) => timesOf(key).slice(0, 3))).toEqual([
      [0, 0, DAY],
      [0, DAY, 2 * DAY],
    ]);
  });

  test('make one item of a key in KMS', async ({ keys, kms, rotation }) => {
    await Promise.all([1, 2, 3].map(() => rotation({ keyIds: [kms.key.arn] }).at(0)));
    const items = await keys();
    expect(items.filter((key) => key.imported)).toHaveLength(1);
    expect(items).toHaveLength(3);
  });
});

test('no update brings back a key that DynamoDB has deleted', async ({ keys, ownStore }) => {
  const environment = { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_DYNAMODB: ownStore.endpoint };
  const store = createDynamoDBKeyStore(createDynamoDBClient({ environment }), ownStore.signingKeysTable);
  await store.changeEnd({ generation: 7 }, { signUntil: NOW, verifyUntil: NOW, expiresAt: NOW });
  await store.removePrivateKey({ generation: 7 });
  expect(await keys()).toEqual([]);
});

describe('a run that fails', () => {
  test.for([
    ['Query', [1, 2, 3]],
    // The second put of the last run imports the key in KMS.
    ['PutItem', [1, 2, 2]],
    ['UpdateItem', [1]],
  ] as const)(
    'says so, writes no metric, and leaves the rest to the next one: %s',
    async ([operation, starts], { keys, kms, ownStore, proxy, rotation }) => {
      const options = { keyIds: [kms.key.arn] };
      if (operation === 'UpdateItem') {
        await rotation(options).at(0);
        await retireSigningKey(ownStore, (await keys())[0] as SigningKeyItem, NOW + 100);
      }
      // Every request of this operation fails, from a request of each run on.
      for (const from of starts) {
        proxy.inject((request) =>
          request.operation === operation && request.number >= from ? { kind: 'error', status: 500 } : undefined,
        );
        const failing = rotation({ ...options, endpoints: { dynamodb: proxy.endpoint } });
        await expect(failing.at(600)).rejects.toThrow();
        expect(countsOf(failing.lines)).toEqual({});
        proxy.clear();
      }
      const next = rotation(options);
      await next.at(1_200);
      expect(countsOf(next.lines)).toEqual({ NextSigningKeys: 1 });
      const items = await keys();
      expect(items.filter((key) => !key.imported && key.retiredAt === undefined)).toHaveLength(2);
      expect(items.filter((key) => key.retiredAt !== undefined && key.encryptedPrivateKey !== undefined)).toEqual([]);
      expect(items.filter((key) => key.imported)).toHaveLength(1);
    },
  );

  test.for([
    ['throttled', { kind: 'throttled', as: 'ThrottlingException' }],
    ['failing', { kind: 'error', status: 500 }],
    ['gone', { kind: 'reset' }],
  ] as const)(
    'C7 makes no key while KMS is %s, and the next one makes both',
    async ([_, fault], { keys, kms, kmsProxy, rotation }) => {
      for (const operation of ['GenerateDataKeyPairWithoutPlaintext', 'GetPublicKey']) {
        kmsProxy.inject((request) => (request.operation === operation ? fault : undefined));
        const failing = rotation({ keyIds: [kms.key.arn], endpoints: { kms: kmsProxy.endpoint } });
        await expect(failing.at(0)).rejects.toThrow();
        expect(countsOf(failing.lines)).toEqual({});
        // Without the public key of the key in KMS, the keys of the table are there already, and no copy of that key.
        expect(await keys()).toHaveLength(operation === 'GetPublicKey' ? 2 : 0);
        kmsProxy.clear();
      }
      const next = rotation({ keyIds: [kms.key.arn] });
      await next.at(600);
      expect(countsOf(next.lines)).toEqual({ NextSigningKeys: 1 });
      expect((await keys()).map(({ imported = false }) => imported)).toEqual([false, false, true]);
    },
  );

  test('leaves the copy of a key in KMS as it is if KMS does not answer', async ({ keys, kms, kmsProxy, rotation }) => {
    const options = { keyIds: [kms.key.arn], endpoints: { kms: kmsProxy.endpoint } };
    await rotation(options).at(0);
    const before = await keys();
    kmsProxy.inject(() => ({ kind: 'error', status: 500 }));
    await expect(rotation(options).at(600)).rejects.toThrow();
    expect(await keys()).toEqual(before);
  });

  test('hides a fault that passes', async ({ keys, kmsProxy, proxy, rotation }) => {
    for (const operation of ['Query', 'PutItem']) {
      proxy.injectNext(operation, { kind: 'throttled' }, { kind: 'reset' });
    }
    kmsProxy.injectNext('GenerateDataKeyPairWithoutPlaintext', { kind: 'throttled' });
    await rotation({ endpoints: { dynamodb: proxy.endpoint, kms: kmsProxy.endpoint } }).at(0);
    expect(await keys()).toHaveLength(2);
  });

  test('makes no second key if the answer of a put is lost', async ({ keys, proxy, rotation }) => {
    proxy.injectNext('PutItem', { kind: 'lostAnswer' });
    await rotation({ endpoints: { dynamodb: proxy.endpoint } }).at(0);
    expect((await keys()).map((key) => timesOf(key).slice(0, 3))).toEqual([
      [0, 0, DAY],
      [0, DAY, 2 * DAY],
    ]);
  });

  test('for KMS leaves the table as it is, and a published next key takes over', async ({
    keys,
    kmsProxy,
    rotation,
  }) => {
    await rotation().at(0);
    const before = await keys();
    kmsProxy.inject(() => ({ kind: 'error', status: 500 }));
    const runs = rotation({ endpoints: { kms: kmsProxy.endpoint } });
    // With both keys there, no run needs KMS.
    await runs.at(600);
    expect(kmsProxy.count()).toBe(0);
    await expect(runs.at(DAY + 600)).rejects.toThrow();
    expect(await keys()).toEqual(before);
    expect(statesAt(await keys(), DAY + 600)).toEqual({ 1: 'verifying', 2: 'signing' });
    expect(countsOf(runs.lines)).toEqual({ NextSigningKeys: 1 });
  });
});
