import { inspect } from 'node:util';
import { EncryptCommand } from '@aws-sdk/client-kms';
import { compactVerify, decodeProtectedHeader } from 'jose';
import { describe, expect } from 'vitest';
import { createDecrypt } from '../../../../lambda/shared/aws/kms-decrypt.ts';
import { mintCallbackToken } from '../../../../lambda/shared/callback-token/mint.ts';
import {
  createRotatingSigner,
  type EncryptedSigningKey,
} from '../../../../lambda/shared/callback-token/rotating-signer.ts';
import { test as base } from '../../../support/fixtures.ts';
import { EVENTUALLY, PATIENT_CALLS } from '../../../support/patience.ts';
import { encryptionContextOf, makeSigningKey, type SigningKeyOptions } from '../../../support/signing-keys.ts';
import { claimsOf, NOW } from '../../../support/tokens.ts';

const DAY = 86_400;

const test = base
  /** A key that KMS made. It was published and signs since `NOW`, for a day. */
  .extend(
    'make',
    ({ kms }) =>
      (options: SigningKeyOptions = {}) =>
        makeSigningKey(kms, { publishedAt: NOW, ...options }),
  )
  /** The encryption context's `id` of every request to decrypt. */
  .extend(
    'decrypted',
    ({ kmsProxy }) =>
      () =>
        kmsProxy.requests.map(({ input }) => idOf(input.EncryptionContext)),
  )
  /** A signer with a list and a clock that the test sets. */
  .extend('start', ({ kms, kmsProxy }) => (keys: readonly EncryptedSigningKey[], environment = 'test') => {
    const world = { keys, now: NOW * 1_000 };
    const decrypt = createDecrypt(kms.createCall(kmsProxy.endpoint, { ...PATIENT_CALLS, attempts: 1 }));
    const getSigner = createRotatingSigner({
      environment,
      keys: async () => world.keys,
      decrypt: (encrypted, context) => decrypt(kms.encryptionKey.arn, encrypted, context),
      now: () => world.now,
    });
    const at = (seconds: number) => {
      world.now = seconds * 1_000;
    };
    const sign = async (claims = claimsOf()) => mintCallbackToken(claims, await getSigner());
    const kidNow = async () => decodeProtectedHeader(await sign()).kid;
    return { world, at, getSigner, sign, kidNow };
  });

const idOf = (context: unknown): unknown => (context as { readonly id?: unknown } | undefined)?.id;
const payloadOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe.each(['ES256', 'RS256'] as const)('a rotating key with %s', (alg) => {
  test('T2 T8 signs tokens that another implementation verifies', async ({ make, start }) => {
    const { item, publicKey } = await make({ alg });
    const claims = claimsOf();
    const token = await start([item]).sign(claims);
    expect(decodeProtectedHeader(token)).toEqual({ alg, typ: 'callback+jwt', kid: item.kid });
    const { payload } = await compactVerify(token, publicKey.key, { algorithms: [alg] });
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual(claims);
  });
});

describe('the private key', () => {
  test('is decrypted once, and the request begins before the first token', async ({ decrypted, make, start }) => {
    const { item } = await make();
    const { sign } = start([item]);
    await expect.poll(decrypted, EVENTUALLY).toEqual([item.id]);
    await Promise.all(Array.from({ length: 20 }, () => sign()));
    await sign();
    expect(decrypted()).toEqual([item.id]);
  });

  test('is decrypted by the next request if KMS fails', async ({ decrypted, kmsProxy, make, start }) => {
    const { item } = await make();
    kmsProxy.injectNext('Decrypt', { kind: 'error', status: 500 }, { kind: 'error', status: 500 });
    const { getSigner, kidNow } = start([item]);
    await expect(getSigner()).rejects.toThrow();
    await expect(getSigner()).rejects.toThrow();
    expect(await kidNow()).toBe(item.kid);
    expect(decrypted()).toEqual([item.id, item.id, item.id]);
  });

  test('is refused if its thumbprint is not the kid of its item', async ({ make, start }) => {
    const [one, other] = await Promise.all([make(), make()]);
    const { kidNow, sign, world } = start([{ ...one.item, kid: other.item.kid }]);
    await expect(sign()).rejects.toMatchObject({ name: 'SigningKeyMismatch' });
    world.keys = [one.item];
    expect(await kidNow()).toBe(one.item.kid);
  });

  test('is not decrypted with the context of another environment or another id', async ({ make, start }) => {
    const { item } = await make();
    const refused = { name: 'InvalidCiphertextException' };
    await expect(start([item], 'prod').sign()).rejects.toMatchObject(refused);
    await expect(start([{ ...item, id: 'another' }]).sign()).rejects.toMatchObject(refused);
  });

  test('is missing in an item without it or without its id', async ({ make, start }) => {
    const { encryptedPrivateKey, id, ...item } = (await make()).item;
    await expect(start([{ ...item, ...(id && { id }) }]).sign()).rejects.toMatchObject({ name: 'SigningKeyMissing' });
    const bytes = encryptedPrivateKey && { encryptedPrivateKey };
    await expect(start([{ ...item, ...bytes }]).sign()).rejects.toMatchObject({ name: 'SigningKeyMissing' });
  });

  test('is in no error and no signer, as text or bytes', async ({ kms, make, start }) => {
    const [one, other] = await Promise.all([make(), make()]);
    const { CiphertextBlob: encryptedPrivateKey = Buffer.of() } = await kms.client.send(
      new EncryptCommand({
        KeyId: kms.encryptionKey.arn,
        Plaintext: Buffer.from('no key, yet secret'),
        EncryptionContext: encryptionContextOf('an-id'),
      }),
    );
    const shown = [
      await start([{ ...one.item, kid: other.item.kid }])
        .sign()
        .catch(inspectAll),
      await start([{ ...one.item, id: 'an-id', encryptedPrivateKey }])
        .sign()
        .catch(inspectAll),
      inspectAll(await start([one.item]).getSigner()),
    ].join('\n');
    expect(shown).toContain('SigningKeyMismatch');
    expect(shown).toContain('SigningKeyUnreadable');
    const bytes = Buffer.from(one.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
    const forms = (['base64url', 'base64', 'hex'] as const).map((encoding) => bytes.toString(encoding));
    for (const secret of [...forms, 'yet secret']) expect(shown).not.toContain(secret);
  });
});

describe('the key of a token', () => {
  test('is the next one from the second at which the current one ends', async ({ decrypted, make, start }) => {
    const [current, next] = await Promise.all([make(), make({ signFrom: NOW + DAY })]);
    const { at, kidNow } = start([next.item, current.item]);
    at(NOW + DAY - 1);
    expect(await kidNow()).toBe(current.item.kid);
    at(NOW + DAY);
    expect(await kidNow()).toBe(next.item.kid);
    expect(decrypted()).toEqual([current.item.id, next.item.id]);
  });

  test('is the next one as soon as the list says that the current one is retired', async ({ make, start }) => {
    const [current, next] = await Promise.all([make(), make({ signFrom: NOW + DAY })]);
    const { at, kidNow, world } = start([current.item, next.item]);
    at(NOW + 1_000);
    expect(await kidNow()).toBe(current.item.kid);
    world.keys = [{ ...current.item, retiredAt: NOW + 999 }, next.item];
    expect(await kidNow()).toBe(next.item.kid);
  });

  test('does not exist after two retirements, until a new one was published for 65 s', async ({ make, start }) => {
    const retired = await make({ retiredAt: NOW + 100 });
    const young = await make({ publishedAt: NOW + 100, signFrom: NOW + 165 });
    const { at, kidNow, sign } = start([retired.item, young.item]);
    at(NOW + 164);
    await expect(sign()).rejects.toMatchObject({ name: 'NoSigningKey' });
    at(NOW + 165);
    expect(await kidNow()).toBe(young.item.kid);
  });

  test('does not exist once the only one is over', async ({ make, start }) => {
    const { at, kidNow, sign } = start([(await make()).item]);
    at(NOW + DAY - 1);
    await kidNow();
    at(NOW + DAY);
    await expect(sign()).rejects.toMatchObject({ name: 'NoSigningKey' });
  });

  test.for([
    ['is retired', (item: EncryptedSigningKey) => [{ ...item, retiredAt: NOW }]],
    ['is gone from the list', () => []],
  ] as const)('is forgotten when it %s', async ([, change], { decrypted, make, start }) => {
    const { item } = await make();
    const { kidNow, sign, world } = start([item]);
    await kidNow();
    world.keys = change(item);
    await expect(sign()).rejects.toMatchObject({ name: 'NoSigningKey' });
    world.keys = [item];
    await kidNow();
    expect(decrypted()).toEqual([item.id, item.id]);
  });

  test('is forgotten when it is over', async ({ decrypted, make, start }) => {
    const { item } = await make();
    const { at, kidNow, sign } = start([item]);
    await kidNow();
    at(NOW + DAY);
    await expect(sign()).rejects.toMatchObject({ name: 'NoSigningKey' });
    at(NOW + DAY - 1);
    await kidNow();
    expect(decrypted()).toEqual([item.id, item.id]);
  });
});

test('the time of issue is not before the key was published', async ({ make, start }) => {
  const { item } = await make({ publishedAt: NOW + 10 });
  const { at, sign } = start([item]);
  at(NOW + 10);
  const claims = claimsOf();
  expect(payloadOf(await sign(claims))).toEqual({ ...claims, iat: NOW + 10 });
  const later = claimsOf({ iat: NOW + 11 });
  expect(payloadOf(await sign(later))).toEqual(later);
});

/** Everything that a log line or a debugger could show of a value. */
const inspectAll = (value: unknown): string =>
  `${inspect(value, { depth: null, showHidden: true })}${JSON.stringify(value)}${value instanceof Error ? value.stack : ''}`;
