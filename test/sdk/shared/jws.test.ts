import { calculateJwkThumbprint, compactVerify, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { base64, base64url, bytesOfBase64 } from '../../../sdk/shared/base64.ts';
import { signJws } from '../../../sdk/shared/jws.ts';
import { readSigner, type SigningAlgorithm, thumbprintOf } from '../../../sdk/shared/private-key.ts';

const EVERY_ALGORITHM = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256', 'PS512'] as const;

const makeKey = async (algorithm: SigningAlgorithm, members: JWK = {}): Promise<JWK> => {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return { ...(await exportJWK(privateKey)), ...members };
};

describe('signJws', () => {
  it.each(EVERY_ALGORITHM)('signs with %s so that another library accepts it', async (algorithm) => {
    const signer = readSigner(await makeKey(algorithm), [algorithm]);
    const jws = await signJws(signer, { typ: 'JWT' }, { sub: 'äöü' });
    const publicKey = await importJWK({ ...signer.publicJwk }, algorithm);
    const { payload, protectedHeader } = await compactVerify(jws, publicKey, { algorithms: [algorithm] });
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'JWT' });
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({ sub: 'äöü' });
  });

  it('takes the algorithm of the key, not one that the header names', async () => {
    const jws = await signJws(readSigner(await makeKey('ES256'), ['ES256']), { alg: 'none' }, {});
    expect(JSON.parse(atob(jws.split('.')[0] ?? ''))).toEqual({ alg: 'ES256' });
  });
});

describe('readSigner', () => {
  it('reads a key whose other members forbid to sign', async () => {
    const jwk = await makeKey('ES256', { key_ops: ['verify'], use: 'enc', alg: 'ES384', ext: false });
    await expect(signJws(readSigner(jwk, EVERY_ALGORITHM), {}, {})).resolves.toMatch(/^[\w-]+\.[\w-]+\.[\w-]{86}$/);
  });

  it.each([
    ['its alg', 'PS256', ['RS256', 'PS256'], 'PS256'],
    ['the first that fits, without an alg', undefined, ['ES256', 'RS256', 'PS256'], 'RS256'],
    ['the first that fits, if its alg is not accepted', 'RS256', ['PS512'], 'PS512'],
  ] as const)('signs with an RSA key by %s', async (_title, alg, accepted, expected) => {
    const jwk = await makeKey('RS256', alg === undefined ? {} : { alg });
    expect(readSigner(jwk, accepted).algorithm).toBe(expected);
  });

  it('names the kind of a key that is not accepted, and nothing else of it', async () => {
    const jwk = await makeKey('ES384');
    expect(() => readSigner(jwk, ['ES256', 'EdDSA'])).toThrow(
      new TypeError(
        'The private key has kty "EC" and crv "P-384"; expected a JWK for ES256, EdDSA. Make such a key, and register its public half.',
      ),
    );
  });

  it('refuses the public half of a key', async () => {
    const { d: _d, ...publicJwk } = await makeKey('EdDSA');
    expect(() => readSigner(publicJwk, ['EdDSA'])).toThrow('The private key has no member d.');
  });

  it('does not quote a key that cannot be imported', async () => {
    const jwk = await makeKey('ES256');
    const signer = readSigner({ ...jwk, x: 'AAAA' }, ['ES256']);
    const failure = await signer.sign(new Uint8Array()).catch(String);
    expect(failure).toBe('TypeError: The private key is not a valid key for ES256. Give the JWK as it was made.');
  });
});

describe('thumbprintOf', () => {
  it.each(EVERY_ALGORITHM)('is that of RFC 7638 for a key of %s', async (algorithm) => {
    const jwk = await makeKey(algorithm);
    expect(await thumbprintOf(readSigner(jwk, [algorithm]))).toBe(await calculateJwkThumbprint(jwk));
  });
});

describe('base64', () => {
  it.each([
    ['', '', ''],
    ['fb', '+w==', '-w'],
    ['ffff', '//8=', '__8'],
    ['00ff10', 'AP8Q', 'AP8Q'],
  ])('encodes and decodes the bytes %s', (hex, padded, url) => {
    const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
    expect(base64(bytes)).toBe(padded);
    expect(base64url(bytes)).toBe(url);
    expect(bytesOfBase64(padded)).toEqual(bytes);
  });
});
