import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DecryptCommand,
  type DecryptCommandInput,
  DescribeKeyCommand,
  DisabledException,
  DryRunOperationException,
  EncryptCommand,
  type EncryptCommandInput,
  GenerateDataKeyPairWithoutPlaintextCommand,
  type GenerateDataKeyPairWithoutPlaintextCommandInput,
  IncorrectKeyException,
  InvalidCiphertextException,
  InvalidKeyUsageException,
  KMSInvalidStateException,
  NotFoundException,
  UnsupportedOperationException,
} from '@aws-sdk/client-kms';
import { describe, expect } from 'vitest';
import { KeyRing } from '../../../local/stand-ins/kms-keys.ts';
import { test as base } from '../../support/fixtures.ts';
import { anEncryptionKey } from '../../support/kms.ts';

const CONTEXT = { environment: 'dev', purpose: 'callback-token', id: 'AbC' };
const MISSING = '00000000-0000-0000-0000-000000000000';

const test = base
  .extend('enabledKey', { auto: true }, ({ kms }) => {
    kms.encryptionKey.state = 'Enabled';
  })
  .extend('otherKey', { scope: 'file' }, ({ kms }) => kms.standIns.kms.ensureKey(anEncryptionKey('Other')))
  .extend(
    'encrypt',
    ({ kms }) =>
      async (input: Partial<EncryptCommandInput> = {}) =>
        kms.client.send(
          new EncryptCommand({
            KeyId: kms.encryptionKey.arn,
            Plaintext: Buffer.from('secret'),
            EncryptionContext: CONTEXT,
            ...input,
          }),
        ),
  )
  .extend(
    'decrypt',
    ({ kms }) =>
      async (CiphertextBlob: Uint8Array | undefined, input: Partial<DecryptCommandInput> = {}) =>
        kms.client.send(
          new DecryptCommand({
            KeyId: kms.encryptionKey.arn,
            CiphertextBlob,
            EncryptionContext: CONTEXT,
            ...input,
          }),
        ),
  )
  .extend(
    'makePair',
    ({ kms }) =>
      async (input: Partial<GenerateDataKeyPairWithoutPlaintextCommandInput> = {}) =>
        kms.client.send(
          new GenerateDataKeyPairWithoutPlaintextCommand({
            KeyId: kms.encryptionKey.arn,
            KeyPairSpec: 'ECC_NIST_P256',
            EncryptionContext: CONTEXT,
            ...input,
          }),
        ),
  );

const publicKeyOf = (der: Uint8Array = new Uint8Array()) =>
  createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
const privateKeyOf = (der: Uint8Array = new Uint8Array()) =>
  createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });

describe('GenerateDataKeyPairWithoutPlaintext', () => {
  test.for([
    ['ECC_NIST_P256', { asymmetricKeyType: 'ec', asymmetricKeyDetails: { namedCurve: 'prime256v1' } }],
    ['RSA_2048', { asymmetricKeyType: 'rsa', asymmetricKeyDetails: { modulusLength: 2_048 } }],
  ] as const)(
    '%s: the private key that Decrypt returns signs for the public key',
    async ([KeyPairSpec, details], { decrypt, kms, makePair }) => {
      const made = await makePair({ KeyPairSpec });
      expect(made).toMatchObject({ KeyId: kms.encryptionKey.arn, KeyPairSpec });
      expect(made.KeyMaterialId).toMatch(/^[a-f0-9]{64}$/);
      expect(made).not.toHaveProperty('PrivateKeyPlaintext');
      const publicKey = publicKeyOf(made.PublicKey);
      expect(publicKey).toMatchObject(details);

      const { EncryptionAlgorithm, KeyId, KeyMaterialId, Plaintext } = await decrypt(made.PrivateKeyCiphertextBlob);
      expect({ EncryptionAlgorithm, KeyId, KeyMaterialId }).toEqual({
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        KeyId: kms.encryptionKey.arn,
        KeyMaterialId: made.KeyMaterialId,
      });
      const signature = sign('sha256', Buffer.from('a message'), privateKeyOf(Plaintext));
      expect(verify('sha256', Buffer.from('a message'), publicKey, signature)).toBe(true);
      expect(Buffer.from(made.PrivateKeyCiphertextBlob ?? []).includes(Buffer.from(Plaintext ?? []))).toBe(false);
    },
  );

  test('makes another pair each time', async ({ makePair }) => {
    const [first, second] = await Promise.all([makePair(), makePair()]);
    expect(first.PublicKey).not.toEqual(second.PublicKey);
  });

  test.for<[string, Partial<GenerateDataKeyPairWithoutPlaintextCommandInput>, string]>([
    ['no key', { KeyId: undefined }, "Value null at 'keyId'"],
    ['no spec', { KeyPairSpec: undefined }, "Value null at 'keyPairSpec'"],
    ['an unknown spec', { KeyPairSpec: 'P-256' as 'ECC_NIST_P256' }, "Value 'P-256' at 'keyPairSpec'"],
  ])('%s: ValidationException', async ([_, input, message], { makePair }) => {
    await expect(makePair(input)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
    });
  });

  test('refuses a spec that the service has and the stand-in does not', async ({ makePair }) => {
    await expect(makePair({ KeyPairSpec: 'ECC_NIST_P384' })).rejects.toThrow(UnsupportedOperationException);
  });

  test('refuses a key that signs, an unknown key, and a key that is not enabled', async ({ kms, makePair }) => {
    await expect(makePair({ KeyId: kms.key.arn })).rejects.toThrow(InvalidKeyUsageException);
    await expect(makePair({ KeyId: MISSING })).rejects.toThrow(NotFoundException);
    kms.encryptionKey.state = 'Disabled';
    await expect(makePair()).rejects.toThrow(DisabledException);
    kms.encryptionKey.state = 'PendingDeletion';
    await expect(makePair()).rejects.toThrow(KMSInvalidStateException);
  });

  test('a dry run makes nothing', async ({ makePair }) => {
    await expect(makePair({ DryRun: true })).rejects.toThrow(DryRunOperationException);
  });
});

describe('Decrypt', () => {
  test('the order of the encryption context does not matter', async ({ decrypt, encrypt }) => {
    const { CiphertextBlob } = await encrypt();
    const reversed = Object.fromEntries(Object.entries(CONTEXT).reverse());
    const { Plaintext } = await decrypt(CiphertextBlob, { EncryptionContext: reversed });
    expect(Buffer.from(Plaintext ?? []).toString()).toBe('secret');
  });

  test.for<[string, Record<string, string> | undefined]>([
    ['another value', { ...CONTEXT, environment: 'prod' }],
    ['another case', { ...CONTEXT, id: 'abc' }],
    ['one pair less', { environment: 'dev', purpose: 'callback-token' }],
    ['one pair more', { ...CONTEXT, more: '' }],
    ['no context', undefined],
  ])(
    '%s in the context: InvalidCiphertextException without a message',
    async ([_, EncryptionContext], { decrypt, encrypt }) => {
      const { CiphertextBlob } = await encrypt();
      const refusal = decrypt(CiphertextBlob, { EncryptionContext });
      await expect(refusal).rejects.toThrow(InvalidCiphertextException);
      await expect(refusal).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 }, message: 'UnknownError' });
    },
  );

  test('refuses each changed byte, and what is not a ciphertext', async ({ decrypt, encrypt }) => {
    const { CiphertextBlob = new Uint8Array() } = await encrypt();
    // The first 4 bytes are the version, the next 36 the id of the key.
    for (const at of [0, 40, 55, CiphertextBlob.length - 1]) {
      const changed = Uint8Array.from(CiphertextBlob, (byte, index) => (index === at ? byte ^ 1 : byte));
      await expect(decrypt(changed)).rejects.toThrow(InvalidCiphertextException);
    }
    await expect(decrypt(Buffer.from('short'))).rejects.toThrow(InvalidCiphertextException);
    await expect(decrypt(Buffer.from('short'), { KeyId: undefined })).rejects.toThrow(InvalidCiphertextException);
  });

  test('another key than that of the ciphertext: IncorrectKeyException', async ({ decrypt, encrypt, otherKey }) => {
    const { CiphertextBlob } = await encrypt();
    await expect(decrypt(CiphertextBlob, { KeyId: otherKey.arn })).rejects.toThrow(IncorrectKeyException);
    // The service compares the keys before it looks at the context.
    await expect(decrypt(CiphertextBlob, { KeyId: otherKey.arn, EncryptionContext: {} })).rejects.toThrow(
      IncorrectKeyException,
    );
  });

  test('without KeyId the ciphertext names its key', async ({ decrypt, encrypt, kms, otherKey }) => {
    const { CiphertextBlob } = await encrypt({ KeyId: otherKey.keyId });
    expect(await decrypt(CiphertextBlob, { KeyId: undefined })).toMatchObject({ KeyId: otherKey.arn });

    const unknown = Buffer.from(CiphertextBlob ?? []);
    unknown.write(MISSING, 4);
    await expect(decrypt(unknown, { KeyId: undefined })).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(decrypt(CiphertextBlob, { KeyId: MISSING })).rejects.toThrow(NotFoundException);
    await expect(decrypt(CiphertextBlob, { KeyId: kms.key.arn })).rejects.toThrow(InvalidKeyUsageException);
  });

  test('refuses a key that is not enabled, before it looks at the ciphertext', async ({ decrypt, encrypt, kms }) => {
    const { CiphertextBlob } = await encrypt();
    kms.encryptionKey.state = 'Disabled';
    await expect(decrypt(CiphertextBlob, { EncryptionContext: {} })).rejects.toThrow(DisabledException);
    await expect(decrypt(CiphertextBlob, { KeyId: undefined })).rejects.toThrow(DisabledException);
    kms.encryptionKey.state = 'PendingDeletion';
    await expect(decrypt(CiphertextBlob)).rejects.toThrow(KMSInvalidStateException);
  });

  test('refuses an algorithm of asymmetric keys, and 6,145 bytes', async ({ decrypt, encrypt }) => {
    const { CiphertextBlob } = await encrypt();
    await expect(decrypt(CiphertextBlob, { EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' })).rejects.toThrow(
      InvalidKeyUsageException,
    );
    await expect(decrypt(Buffer.alloc(6_144))).rejects.toThrow(InvalidCiphertextException);
    await expect(decrypt(Buffer.alloc(6_145))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('less than or equal to 6144'),
    });
    await expect(decrypt(undefined)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('a dry run returns no plaintext', async ({ decrypt, encrypt }) => {
    const { CiphertextBlob } = await encrypt();
    await expect(decrypt(CiphertextBlob, { DryRun: true })).rejects.toThrow(DryRunOperationException);
  });
});

describe('Encrypt', () => {
  test('4,096 bytes are encrypted, 4,097 refused', async ({ decrypt, encrypt }) => {
    const plaintext = Buffer.alloc(4_096, 7);
    const { CiphertextBlob } = await encrypt({ Plaintext: plaintext });
    expect(Buffer.from((await decrypt(CiphertextBlob)).Plaintext ?? []).equals(plaintext)).toBe(true);
    await expect(encrypt({ Plaintext: Buffer.alloc(4_097) })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('less than or equal to 4096'),
    });
  });

  test('refuses a key that is not symmetric, or not enabled', async ({ encrypt, kms }) => {
    await expect(encrypt({ KeyId: kms.codeKey.arn })).rejects.toThrow(InvalidKeyUsageException);
    await expect(encrypt({ EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' })).rejects.toThrow(InvalidKeyUsageException);
    kms.encryptionKey.state = 'Disabled';
    await expect(encrypt()).rejects.toThrow(DisabledException);
  });

  test('refuses a context with a value that is not text', async ({ kms }) => {
    const response = await fetch(kms.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'TrentService.Encrypt' },
      body: JSON.stringify({ KeyId: kms.encryptionKey.arn, Plaintext: 'AAAA', EncryptionContext: { id: 1 } }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: 'SerializationException' });
  });
});

describe('a symmetric key', () => {
  test('is described with its algorithm and its material', async ({ encrypt, kms, makePair }) => {
    const { KeyMetadata } = await kms.client.send(new DescribeKeyCommand({ KeyId: kms.encryptionKey.keyId }));
    expect(KeyMetadata).toMatchObject({
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      CurrentKeyMaterialId: (await makePair()).KeyMaterialId,
    });
    expect(await encrypt()).toMatchObject({
      KeyId: kms.encryptionKey.arn,
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    });
  });

  test('is kept over a restart, and one of an earlier version gets its material', () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-'));
    const file = join(folder, 'SigningKeyEncryptionKey.json');
    const ring = () => new KeyRing(folder, 'eu-west-1', '000000000000').ensureKey(anEncryptionKey());
    try {
      const first = ring();
      expect(ring().encryptionKey?.equals(first.encryptionKey ?? expect.fail('no key'))).toBe(true);

      const { secret: _, ...withoutSecret } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
      writeFileSync(file, JSON.stringify(withoutSecret));
      const completed = ring();
      expect(completed.keyId).toBe(first.keyId);
      expect(ring().encryptionKey?.equals(completed.encryptionKey ?? expect.fail('no key'))).toBe(true);
      expect(statSync(file).mode & 0o077).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
