import { createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeKeyCommand,
  DisabledException,
  DryRunOperationException,
  GenerateMacCommand,
  type GenerateMacCommandInput,
  InvalidKeyUsageException,
  KMSInvalidMacException,
  SignCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { describe, expect } from 'vitest';
import { KeyRing } from '../../../local/stand-ins/kms-keys.ts';
import { test as base } from '../../support/fixtures.ts';
import { aCodeKey } from '../../support/kms.ts';

const MESSAGE = Buffer.from('https://callbacks.example.com#jti');

const test = base
  .extend('enabledKey', { auto: true }, ({ kms }) => {
    kms.codeKey.state = 'Enabled';
  })
  .extend(
    'generate',
    ({ kms }) =>
      (input: Partial<GenerateMacCommandInput> = {}) =>
        kms.client.send(
          new GenerateMacCommand({ KeyId: kms.codeKey.arn, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256', ...input }),
        ),
  )
  .extend(
    'verify',
    ({ kms }) =>
      (Mac: Uint8Array, Message: Uint8Array = MESSAGE) =>
        kms.client.send(new VerifyMacCommand({ KeyId: kms.codeKey.keyId, Message, Mac, MacAlgorithm: 'HMAC_SHA_256' })),
  );

describe('GenerateMac and VerifyMac', () => {
  test('a MAC is the same each time, verified, and of nobody else’s message', async ({ generate, kms, verify }) => {
    const { Mac = new Uint8Array(), KeyId, MacAlgorithm } = await generate();

    expect({ KeyId, MacAlgorithm }).toEqual({ KeyId: kms.codeKey.arn, MacAlgorithm: 'HMAC_SHA_256' });
    expect((await generate()).Mac).toEqual(Mac);
    expect(await verify(Mac)).toMatchObject({ MacValid: true, KeyId: kms.codeKey.arn });
    await expect(verify(Mac, Buffer.from('another'))).rejects.toThrow(KMSInvalidMacException);
    await expect(verify(Mac.subarray(1))).rejects.toThrow(KMSInvalidMacException);
  });

  test('it is HMAC-SHA-256 with the key that lies in the folder', async ({ generate, kms }) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-'));
    try {
      const ring = () => new KeyRing(folder, 'eu-west-1', '000000000000');
      const { arn, macKey } = ring().ensureKey(aCodeKey());
      const again = ring().ensureKey(aCodeKey());
      expect(again.arn).toBe(arn);
      expect(again.macKey?.equals(macKey ?? expect.fail('no key'))).toBe(true);
      const [file = ''] = readdirSync(folder);
      expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
      const { secret } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      expect(Buffer.from(secret, 'base64')).toHaveLength(32);

      const there = kms.standIns.kms.find(kms.codeKey.arn)?.macKey ?? expect.fail('no key');
      const { Mac } = await generate();
      expect(Buffer.from(Mac ?? [])).toEqual(createHmac('sha256', there).update(MESSAGE).digest());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('DescribeKey says what it is for', async ({ kms }) => {
    const { KeyMetadata } = await kms.client.send(new DescribeKeyCommand({ KeyId: kms.codeKey.arn }));
    expect(KeyMetadata).toMatchObject({
      KeySpec: 'HMAC_256',
      KeyUsage: 'GENERATE_VERIFY_MAC',
      MacAlgorithms: ['HMAC_SHA_256'],
    });
  });
});

describe('what the service refuses', () => {
  test('keys of another usage, and an algorithm of another key', async ({ generate, kms }) => {
    await expect(generate({ KeyId: kms.key.arn })).rejects.toThrow(InvalidKeyUsageException);
    await expect(generate({ MacAlgorithm: 'HMAC_SHA_512' })).rejects.toThrow(InvalidKeyUsageException);
    const sign = new SignCommand({ KeyId: kms.codeKey.arn, Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256' });
    await expect(kms.client.send(sign)).rejects.toThrow(InvalidKeyUsageException);
  });

  test.for<[string, Partial<GenerateMacCommandInput>]>([
    ['an unknown algorithm', { MacAlgorithm: 'HMAC_MD5' as 'HMAC_SHA_256' }],
    ['an empty message', { Message: new Uint8Array() }],
    ['a message above 4,096 bytes', { Message: new Uint8Array(4_097) }],
    ['no key', { KeyId: undefined }],
  ])('%s: ValidationException', async ([_, input], { generate }) => {
    await expect(generate(input)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('a disabled key, and a trial', async ({ generate, kms }) => {
    await expect(generate({ DryRun: true })).rejects.toThrow(DryRunOperationException);
    kms.codeKey.state = 'Disabled';
    await expect(generate()).rejects.toThrow(DisabledException);
  });
});
