import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { readProof } from '../../../cli/conformance/read-proof.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = privateKey.export({ format: 'jwk' });
const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;

describe('the key of a processor', () => {
  it('is bound by its thumbprint for DPoP, also from the private key', async () => {
    const { d: _, ...publicJwk } = jwk;
    const jkt = await calculateJwkThumbprint(publicJwk as JWK);
    await expect(readProof('dpop', JSON.stringify(jwk))).resolves.toEqual({
      proof: { kind: 'dpop', jkt, nonce: false },
    });
  });

  it('loses its private half for HTTP signatures, and is named by its kid', async () => {
    const { proof } = await readProof('http-signature', JSON.stringify({ ...jwk, kid: 'acme-1' }));
    expect(proof).toMatchObject({ kind: 'http_signature', keys: { 'acme-1': { kty: 'EC' } } });
    expect(JSON.stringify(proof)).not.toContain(String(jwk.d));
  });

  it.each([23, 65])('is refused for Standard Webhooks with %d bytes', async (bytes) => {
    await expect(readProof('standard-webhooks', secretOf(bytes))).rejects.toThrow('no key of Standard Webhooks');
  });

  it.each([24, 64])('is accepted for Standard Webhooks with %d bytes', async (bytes) => {
    await expect(readProof('standard-webhooks', secretOf(bytes))).resolves.toMatchObject({
      webhookSecret: secretOf(bytes),
    });
  });

  it.each([
    ['without a key', 'dpop', undefined],
    ['with a key and no proof', 'none', '{}'],
    ['with text that is no JWK', 'dpop', 'secret-text'],
    ['with a symmetric key', 'dpop', '{"kty":"oct","k":"secret-text"}'],
    ['with a point that is not on the curve', 'http-signature', JSON.stringify({ ...jwk, x: jwk.y })],
  ] as const)('is refused %s, and never quoted', async (_, name, text) => {
    const error = await readProof(name, text).catch((each: unknown) => each);
    expect(error).toMatchObject({ exit: 'usage' });
    expect(JSON.stringify(error) + String(error)).not.toContain('secret-text');
  });
});
