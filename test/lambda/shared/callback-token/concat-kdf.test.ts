import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { expect, test } from 'vitest';
import { deriveKey } from '../../../../lambda/shared/callback-token/concat-kdf.ts';

/** Keys of RFC 7518, appendix C. */
const ALICE = {
  kty: 'EC',
  crv: 'P-256',
  x: 'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0',
  y: 'SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps',
  d: '0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo',
};
const BOB = {
  kty: 'EC',
  crv: 'P-256',
  x: 'weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ',
  y: 'e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck',
  d: 'VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw',
};

test('a derived key is the one of RFC 7518, appendix C', () => {
  const secret = diffieHellman({
    privateKey: createPrivateKey({ key: ALICE, format: 'jwk' }),
    publicKey: createPublicKey({ key: BOB, format: 'jwk' }),
  });
  const key = deriveKey(secret, { enc: 'A128GCM', bytes: 16, parties: [Buffer.from('Alice'), Buffer.from('Bob')] });
  expect(key.toString('base64url')).toBe('VqqN6vgjbSBcIijNcacQGg');
});

test('a derived key depends on the content encryption, the length and the parties', () => {
  const secret = Buffer.alloc(32, 1);
  const derivations = [
    { enc: 'A256GCM', bytes: 32 },
    { enc: 'A128GCM', bytes: 32 },
    { enc: 'A256GCM', bytes: 16 },
    { enc: 'A256GCM', bytes: 32, parties: [Buffer.from('a'), Buffer.of()] as const },
    { enc: 'A256GCM', bytes: 32, parties: [Buffer.of(), Buffer.from('a')] as const },
  ];
  const keys = derivations.map((derivation) => deriveKey(secret, derivation).subarray(0, 16).toString('hex'));
  expect(new Set(keys).size).toBe(derivations.length);
});
