import { test as base, describe, expect } from 'vitest';
import type { SigningKeyItem } from '../../../../lambda/contract/signing-keys.ts';
import type { PublicKey } from '../../../../lambda/shared/callback-token/public-keys.ts';
import { once } from '../../../../lambda/shared/lazy.ts';
import { isRefusal } from '../../../../lambda/shared/refusal.ts';
import {
  createVerificationKeys,
  type VerificationKey,
} from '../../../../lambda/shared/signing-keys/verification-keys.ts';
import { aSigningKeyItem } from '../../../support/signing-keys.ts';
import { aSigningKey, NOW } from '../../../support/tokens.ts';

const key = await aSigningKey();
const other = await aSigningKey('RS256');
const { kid } = key.publicKey;

/** A table that the test changes. */
const aTable = (...items: readonly SigningKeyItem[]) => ({
  items,
  fails: false,
  reads: 0,
  clock: NOW,
  kms: null as null | (() => Promise<readonly PublicKey[]>),
});

const test = base
  .extend('table', () => aTable(aSigningKeyItem(key)))
  /** Creates the keys at the first call, so that a test can change the table before. */
  .extend('keys', ({ table }) =>
    once(() =>
      createVerificationKeys({
        kmsKeys: table.kms,
        now: () => table.clock * 1_000,
        read: async () => {
          table.reads += 1;
          if (table.fails) throw Object.assign(new Error('no connection'), { name: 'TimeoutError' });
          return table.items;
        },
      }),
    ),
  )
  /** Returns the found key, or the code of the refusal. */
  .extend('find', ({ keys, table }) => async (id = kid): Promise<VerificationKey | string> => {
    const found = await keys().find(id, table.clock);
    return isRefusal(found) ? found.code : found;
  })
  /** Returns the key object. @throws {Error} without a key */
  .extend('keyObject', ({ find }) => async () => {
    const found = await find();
    if (typeof found === 'string') throw new Error(found);
    return found.key;
  });

describe('T6 a key of the table', () => {
  test('is found by its kid, with its one algorithm and its public key', async ({ find, table }) => {
    table.items = [aSigningKeyItem(other), aSigningKeyItem(key, { generation: 2 })];
    const found = await find();
    if (typeof found === 'string') throw new Error(found);
    expect(found.alg).toBe('ES256');
    expect(found.key.equals(key.publicKey.key)).toBe(true);
    expect(await find(other.publicKey.kid)).toMatchObject({ alg: 'RS256' });
  });

  test('is accepted before the second of verifyUntil', async ({ find, table }) => {
    table.items = [aSigningKeyItem(key, { verifyUntil: NOW + 1 })];
    expect(await find()).toMatchObject({ alg: 'ES256' });
    table.clock += 1;
    expect(await find()).toBe('token_key_unknown');
  });

  test('is unknown once it is retired, in 60 seconds at the latest', async ({ find, table }) => {
    expect(await find()).toMatchObject({ alg: 'ES256' });
    table.items = [aSigningKeyItem(key, { retiredAt: NOW })];
    table.clock += 59;
    expect(await find()).toMatchObject({ alg: 'ES256' });
    table.clock += 1;
    expect(await find()).toBe('token_key_unknown');
  });

  test('says at which times it signed', async ({ find, table }) => {
    table.items = [aSigningKeyItem(key, { publishedAt: NOW - 100, signUntil: NOW })];
    const found = await find();
    if (typeof found === 'string') throw new Error(found);
    expect([NOW - 106, NOW - 105, NOW + 5, NOW + 6].map(found.maySignAt)).toEqual([false, true, true, false]);
  });

  test('has one key object for as long as it is in the list', async ({ keyObject, table }) => {
    const object = await keyObject();
    expect(await keyObject()).toBe(object);
    table.clock += 60;
    expect(await keyObject()).toBe(object);
    expect(table.reads).toBe(2);
    table.items = [];
    table.clock += 60;
    await expect(keyObject()).rejects.toThrow('token_key_unknown');
    table.items = [aSigningKeyItem(key)];
    table.clock += 60;
    expect(await keyObject()).not.toBe(object);
  });

  test('has another key object if its public key is another', async ({ keyObject, table }) => {
    await keyObject();
    table.items = [{ ...aSigningKeyItem(other), kid }];
    table.clock += 60;
    expect((await keyObject()).equals(other.publicKey.key)).toBe(true);
  });

  test('with a public key that cannot be read fails when it is used, and no other key', async ({ find, table }) => {
    table.items = [aSigningKeyItem(key), { ...aSigningKeyItem(other), publicJwk: '{"kty":"EC"}' }];
    const broken = await find(other.publicKey.kid);
    expect(() => typeof broken === 'string' || broken.key).toThrow();
    expect(await find()).toMatchObject({ alg: 'ES256' });
  });
});

describe('an unknown kid', () => {
  test('is refused without a read while the list is fresh', async ({ find, table }) => {
    expect(await find('unknown')).toBe('token_key_unknown');
    table.clock += 59;
    expect(await find('unknown')).toBe('token_key_unknown');
    expect(table.reads).toBe(1);
  });

  test('C7 is not judged by a list that is 60 seconds old, and a known one is', async ({ find, table }) => {
    await find();
    table.fails = true;
    table.clock += 60;
    expect(await find('unknown')).toBe('unavailable');
    expect(await find()).toMatchObject({ alg: 'ES256' });
    expect(table.reads).toBe(2);
  });
});

describe('C7 a table that does not answer', () => {
  test('leaves a new process without keys, until it answers', async ({ find, keys, table }) => {
    table.fails = true;
    await find();
    expect(await keys().find(kid, NOW)).toMatchObject({ code: 'unavailable', reason: 'signing keys: TimeoutError' });
    table.fails = false;
    expect(await find()).toMatchObject({ alg: 'ES256' });
  });

  test('ends the verification 600 seconds after the last read', async ({ find, table }) => {
    await find();
    table.fails = true;
    table.clock += 599;
    expect(await find()).toMatchObject({ alg: 'ES256' });
    table.clock += 1;
    expect(await find()).toBe('unavailable');
  });
});

describe('a request', () => {
  test('begins the read that its verification waits for', async ({ find, keys, table }) => {
    await find();
    table.clock += 60;
    keys().refresh();
    expect(table.reads).toBe(2);
    await find();
    expect(table.reads).toBe(2);
  });

  test('does not end the process if that read fails', async ({ find, keys, table }) => {
    await find();
    table.fails = true;
    table.clock += 600;
    keys().refresh();
    await new Promise(setImmediate);
    expect(table.reads).toBe(2);
  });
});

describe('the keys of KMS', () => {
  test.beforeEach(({ table }) => {
    table.items = [];
    table.kms = async () => [other.publicKey, key.publicKey];
  });

  test('are accepted beside those of the table, at any time of signing', async ({ find, table }) => {
    table.items = [aSigningKeyItem(await aSigningKey())];
    const found = await find();
    expect(found).toMatchObject({ alg: 'ES256', key: key.publicKey.key });
    expect(typeof found === 'string' || found.maySignAt(0)).toBe(true);
    expect(await find('unknown')).toBe('token_key_unknown');
  });

  test('are accepted although their copy in the table has ended', async ({ find, table }) => {
    table.items = [aSigningKeyItem(key, { imported: true, verifyUntil: NOW })];
    expect(await find()).toMatchObject({ alg: 'ES256' });
  });

  test('are refused once they are retired in the table', async ({ find, table }) => {
    table.items = [aSigningKeyItem(key, { imported: true, retiredAt: NOW })];
    expect(await find()).toBe('token_key_unknown');
  });

  test('C7 are an error if KMS does not answer, and keys of the table need no KMS', async ({ find, table }) => {
    table.kms = () => Promise.reject(new Error('no answer'));
    table.items = [aSigningKeyItem(key)];
    expect(await find()).toMatchObject({ alg: 'ES256' });
    expect(await find(other.publicKey.kid)).toBe('unavailable');
  });
});
