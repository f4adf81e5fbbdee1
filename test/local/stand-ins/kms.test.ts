import { createHash, createPublicKey, verify } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeKeyCommand,
  DisabledException,
  GetPublicKeyCommand,
  InvalidKeyUsageException,
  KMSInvalidStateException,
  ListKeysCommand,
  NotFoundException,
  SignCommand,
  type SignCommandInput,
} from '@aws-sdk/client-kms';
import { compactVerify, importSPKI } from 'jose';
import { describe, expect } from 'vitest';
import { KeyRing } from '../../../local/stand-ins/kms-keys.ts';
import { test as base } from '../../support/fixtures.ts';
import { aCodeKey, aSigningKey } from '../../support/kms.ts';

const digest = (text: string, bits = '256') => createHash(`sha${bits}`).update(text).digest();

/** r‖s of a DER signature, taken apart by hand: RFC 3279 §2.2.3. */
const fromDer = (der: Uint8Array): Buffer => {
  const bytes = Buffer.from(der);
  expect(bytes[0]).toBe(0x30);
  expect(bytes[1]).toBe(bytes.length - 2);
  let at = 2;
  const parts = [0, 1].map(() => {
    expect(bytes[at]).toBe(0x02);
    const length = bytes[at + 1] ?? 0;
    const part = bytes.subarray(at + 2, at + 2 + length);
    at += 2 + length;
    return Buffer.concat([Buffer.alloc(32), part]).subarray(-32);
  });
  expect(at).toBe(bytes.length);
  return Buffer.concat(parts);
};

const test = base
  .extend('enabledKey', { auto: true }, ({ kms }) => {
    kms.key.state = 'Enabled';
  })
  .extend(
    'sign',
    ({ kms }) =>
      (input: Partial<SignCommandInput>) =>
        kms.client.send(
          new SignCommand({
            KeyId: kms.key.arn,
            Message: digest('a message'),
            MessageType: 'DIGEST',
            SigningAlgorithm: 'ECDSA_SHA_256',
            ...input,
          }),
        ),
  )
  .extend('rsaKey', { scope: 'file' }, ({ kms }) =>
    kms.standIns.kms.ensureKey(aSigningKey('RsaKey', { KeySpec: 'RSA_2048' })),
  )
  .extend('publicKey', ({ kms }) => async (keyId: string) => {
    const { PublicKey = new Uint8Array() } = await kms.client.send(new GetPublicKeyCommand({ KeyId: keyId }));
    return createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  });

describe('Sign with an ES256 key', () => {
  test.for([
    ['DIGEST', digest('a message')],
    ['RAW', Buffer.from('a message')],
  ] as const)(
    '%s answers DER that Node verifies over the message',
    async ([MessageType, Message], { kms, publicKey, sign }) => {
      const { Signature = new Uint8Array(), KeyId, SigningAlgorithm } = await sign({ MessageType, Message });

      expect(verify('sha256', Buffer.from('a message'), await publicKey(kms.key.arn), Signature)).toBe(true);
      expect(verify('sha256', Buffer.from('another'), await publicKey(kms.key.arn), Signature)).toBe(false);
      expect({ KeyId, SigningAlgorithm }).toEqual({ KeyId: kms.key.arn, SigningAlgorithm: 'ECDSA_SHA_256' });
    },
  );

  test('a JWS made from its signature is verified by jose', async ({ kms, publicKey, sign }) => {
    const input = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}`;
    const { Signature = new Uint8Array() } = await sign({ Message: digest(input) });
    const key = await importSPKI(
      (await publicKey(kms.key.arn)).export({ type: 'spki', format: 'pem' }).toString(),
      'ES256',
    );

    const { protectedHeader } = await compactVerify(`${input}.${fromDer(Signature).toString('base64url')}`, key);
    expect(protectedHeader.alg).toBe('ES256');
  });

  test('two signatures of one message differ, as in the service', async ({ sign }) => {
    const [first, second] = await Promise.all([sign({}), sign({})]);
    expect(first.Signature).not.toEqual(second.Signature);
  });
});

describe('Sign with an RSA key', () => {
  test.for([
    ['DIGEST', '256'],
    ['RAW', '256'],
    ['DIGEST', '512'],
  ] as const)(
    '%s SHA-%s answers PKCS #1 v1.5 that Node verifies',
    async ([MessageType, bits], { publicKey, rsaKey, sign }) => {
      const { Signature = new Uint8Array() } = await sign({
        KeyId: rsaKey.keyId,
        MessageType,
        Message: MessageType === 'RAW' ? Buffer.from('a message') : digest('a message', bits),
        SigningAlgorithm: `RSASSA_PKCS1_V1_5_SHA_${bits}`,
      });
      expect(verify(`sha${bits}`, Buffer.from('a message'), await publicKey(rsaKey.arn), Signature)).toBe(true);
    },
  );

  test('an algorithm of another kind of key is refused', async ({ rsaKey, sign }) => {
    await expect(sign({ KeyId: rsaKey.arn })).rejects.toThrow(InvalidKeyUsageException);
  });
});

describe('what the service refuses', () => {
  test.for<[string, Partial<SignCommandInput>, string]>([
    [
      'a digest that is too short',
      { Message: Buffer.alloc(31) },
      'Digest is invalid length for algorithm ECDSA_SHA_256.',
    ],
    ['RAW above 4,096 bytes', { MessageType: 'RAW', Message: Buffer.alloc(4_097) }, 'less than or equal to 4096'],
    ['an empty message', { MessageType: 'RAW', Message: Buffer.alloc(0) }, 'greater than or equal to 1'],
    ['an unknown message type', { MessageType: 'COOKED' as 'RAW' }, 'enum value set: [RAW, DIGEST, EXTERNAL_MU]'],
    ['an unknown algorithm', { SigningAlgorithm: 'ES256' as 'ECDSA_SHA_256' }, "Value 'ES256' at 'signingAlgorithm'"],
    ['no key', { KeyId: undefined }, "Value null at 'keyId'"],
  ])('%s: ValidationException', async ([_, input, message], { sign }) => {
    await expect(sign(input)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('RAW of exactly 4,096 bytes is signed', async ({ sign }) => {
    await expect(sign({ MessageType: 'RAW', Message: Buffer.alloc(4_096) })).resolves.toHaveProperty('Signature');
  });

  test('an unknown key, and one of another region: NotFoundException', async ({ kms, sign }) => {
    await expect(sign({ KeyId: '00000000-0000-0000-0000-000000000000' })).rejects.toThrow(NotFoundException);
    const elsewhere = kms.key.arn.replace('eu-west-1', 'us-east-1');
    await expect(sign({ KeyId: elsewhere })).rejects.toThrow(NotFoundException);
    await expect(sign({ KeyId: 'alias/nothing' })).rejects.toThrow(NotFoundException);
  });

  test('a disabled key and one that waits for its deletion', async ({ kms, publicKey, sign }) => {
    kms.key.state = 'Disabled';
    await expect(sign({})).rejects.toThrow(DisabledException);
    kms.key.state = 'PendingDeletion';
    await expect(sign({})).rejects.toThrow(KMSInvalidStateException);
    await expect(publicKey(kms.key.arn)).rejects.toThrow(KMSInvalidStateException);
  });

  test('a symmetric key cannot sign', async ({ kms, publicKey, sign }) => {
    const { arn } = kms.standIns.kms.ensureKey({ logicalId: 'TableKey', type: 'AWS::KMS::Key', properties: {} });
    await expect(sign({ KeyId: arn })).rejects.toThrow(InvalidKeyUsageException);
    await expect(publicKey(arn)).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
  });

  test('an operation that the stand-in does not have', async ({ kms }) => {
    await expect(kms.client.send(new ListKeysCommand({}))).rejects.toMatchObject({ name: 'UnknownOperationException' });
  });

  test('a body that is no JSON', async ({ kms }) => {
    const response = await fetch(kms.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'TrentService.Sign' },
      body: '{',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: 'SerializationException' });
  });
});

describe('what a key is', () => {
  test('the key is found by id, ARN, alias and alias ARN', async ({ kms }) => {
    kms.standIns.kms.ensureAlias({
      logicalId: 'Alias',
      type: 'AWS::KMS::Alias',
      properties: { AliasName: 'alias/postern', TargetKeyId: kms.key.keyId },
    });
    const aliasArn = kms.key.arn.replace(/key\/.*/, 'alias/postern');
    for (const KeyId of [kms.key.keyId, kms.key.arn, 'alias/postern', aliasArn]) {
      const { KeyMetadata } = await kms.client.send(new DescribeKeyCommand({ KeyId }));
      expect(KeyMetadata).toMatchObject({
        Arn: kms.key.arn,
        KeyId: kms.key.keyId,
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
        KeyState: 'Enabled',
        Enabled: true,
        SigningAlgorithms: ['ECDSA_SHA_256'],
      });
    }
  });

  test('GetPublicKey says spec, usage and algorithms', async ({ kms }) => {
    expect(await kms.client.send(new GetPublicKeyCommand({ KeyId: kms.key.keyId }))).toMatchObject({
      KeyId: kms.key.arn,
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'SIGN_VERIFY',
      SigningAlgorithms: ['ECDSA_SHA_256'],
    });
  });

  test('keeps its keys over a restart, in files that only their owner may read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'postern-'));
    try {
      const ring = () => new KeyRing(folder, 'eu-west-1', '000000000000');
      ring().ensureKey(aCodeKey());
      expect(ring().hasSigningKey).toBe(false);
      const first = ring().ensureKey(aSigningKey());
      expect(ring().hasSigningKey).toBe(true);
      const second = ring().ensureKey(aSigningKey());
      expect(second.arn).toBe(first.arn);
      expect(second.privateKey?.equals(first.privateKey ?? expect.fail('no key'))).toBe(true);
      for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
      expect(() => ring().ensureKey(aSigningKey('SigningKey', { KeySpec: 'RSA_2048' }))).toThrow(
        'Key SigningKey is kept as ECC_NIST_P256, the template says RSA_2048',
      );
      expect(() => ring().ensureKey(aSigningKey('Other', { KeySpec: 'ECC_SECG_P256K1' }))).toThrow(
        'Key Other: KeySpec ECC_SECG_P256K1 for SIGN_VERIFY is not among what the local KMS has',
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
