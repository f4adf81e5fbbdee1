import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { describe, expect } from 'vitest';
import type { GetPublicKey } from '../../../../lambda/shared/aws/kms.ts';
import { fetchPublicKeys, loadEagerly } from '../../../../lambda/shared/callback-token/public-keys.ts';
import { test as base } from '../../../support/fixtures.ts';

const test = base
  // Changes members of the response of KMS.
  .extend(
    'answering',
    ({ kms }) =>
      (change: object): GetPublicKey =>
      async (keyId) => ({ ...(await kms.getPublicKey(keyId)), ...change }),
  );

describe('T5 a key that is not for callback tokens is refused by its id', () => {
  test.for([
    { KeySpec: 'ECC_NIST_P384' },
    { KeySpec: 'ECC_SECG_P256K1' },
    { KeySpec: 'SYMMETRIC_DEFAULT' },
    { KeySpec: undefined },
    { KeyUsage: 'ENCRYPT_DECRYPT' },
    { KeyUsage: 'KEY_AGREEMENT' },
    { PublicKey: undefined },
  ])('%j', async (change, { answering, kms }) => {
    await expect(fetchPublicKeys(answering(change), [kms.key.arn])).rejects.toThrow(
      `The KMS key ${kms.key.arn} cannot sign callback tokens`,
    );
  });

  test('a key that does not exist', async ({ kms }) => {
    const missing = kms.key.arn.replace(/[^/]+$/, '00000000-0000-0000-0000-000000000000');
    await expect(fetchPublicKeys(kms.getPublicKey, [kms.key.arn, missing])).rejects.toThrow(/NotFound|does not exist/);
  });
});

describe('a public key of KMS', () => {
  const kmsSays = (der: Buffer, KeySpec: string): GetPublicKey => {
    return async () => ({ PublicKey: der, KeySpec, KeyUsage: 'SIGN_VERIFY' }) as Awaited<ReturnType<GetPublicKey>>;
  };
  const pairs = [
    ...Array.from({ length: 20 }, () => generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ];

  test.each(pairs)('is the key that OpenSSL reads, with the thumbprint of jose', async ({ publicKey }) => {
    const der = publicKey.export({ format: 'der', type: 'spki' });
    const spec = publicKey.asymmetricKeyType === 'rsa' ? 'RSA_2048' : 'ECC_NIST_P256';
    const [read] = await fetchPublicKeys(kmsSays(der, spec), ['id']);
    const kid = await calculateJwkThumbprint(await exportJWK(publicKey));
    expect(read?.key.equals(publicKey)).toBe(true);
    expect(read?.jwk).toEqual({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: read?.alg });
    expect(read?.kid).toBe(kid);
  });

  test('is refused if its point is not on the curve', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const der = publicKey.export({ format: 'der', type: 'spki' });
    der[der.length - 1] = (der.at(-1) as number) ^ 1;
    await expect(fetchPublicKeys(kmsSays(der, 'ECC_NIST_P256'), ['id'])).rejects.toThrow();
  });
});

describe('the eager loading of keys', () => {
  test('begins before the first request, and once for all requests', async () => {
    let loads = 0;
    const load = loadEagerly(async () => {
      loads += 1;
      return loads;
    });
    expect(loads).toBe(1);
    expect(await Promise.all([load(), load(), load()])).toEqual([1, 1, 1]);
    expect(await load()).toBe(1);
  });

  test('C7 tries again after a failure, and an unhandled failure does not end the process', async () => {
    let loads = 0;
    const load = loadEagerly(async () => {
      loads += 1;
      if (loads <= 2) throw new Error(`attempt ${loads}`);
      return loads;
    });
    await new Promise(setImmediate);
    await expect(load()).rejects.toThrow('attempt 2');
    expect(await load()).toBe(3);
    expect(await load()).toBe(3);
  });
});

test.each([
  ['RSA_3072', 3072],
  ['RSA_4096', 4096],
])('accepts a key of the spec %s for RS256', async (KeySpec, modulusLength) => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength });
  const der = publicKey.export({ format: 'der', type: 'spki' });
  const [key] = await fetchPublicKeys(
    async () => ({ PublicKey: der, KeySpec, KeyUsage: 'SIGN_VERIFY' }) as Awaited<ReturnType<GetPublicKey>>,
    ['id'],
  );
  expect(key?.alg).toBe('RS256');
});

test('a late failure does not discard a newer attempt to load', async () => {
  const failures: ((reason: Error) => void)[] = [];
  let loads = 0;
  const load = loadEagerly(() => {
    loads += 1;
    return loads < 3 ? new Promise<string>((_, reject) => failures.push(reject)) : Promise.resolve('loaded');
  });
  failures[0]?.(new Error('first'));
  await expect(load()).rejects.toThrow('first');
  const second = load();
  failures[0]?.(new Error('again'));
  expect(loads).toBe(2);
  failures[1]?.(new Error('second'));
  await expect(second).rejects.toThrow('second');
  expect(await load()).toBe('loaded');
  expect(await load()).toBe('loaded');
  expect(loads).toBe(3);
});
