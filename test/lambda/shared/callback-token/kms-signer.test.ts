import { createHash, sign, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { joseFromDer } from '../../../../lambda/shared/callback-token/ecdsa-signature.ts';
import { aSigningKey } from '../../../support/tokens.ts';

describe('the JOSE form of a DER signature', () => {
  test('is the same signature, whatever the lengths of its integers', async () => {
    const key = await aSigningKey();
    const lengths = new Set<number>();
    for (let i = 0; i < 600; i += 1) {
      const message = createHash('sha256').update(`${i}`).digest();
      const der = sign('sha256', message, { key: key.privateKey, dsaEncoding: 'der' });
      lengths.add(der.length);
      const jose = joseFromDer(der, 32);
      expect(jose).toHaveLength(64);
      expect(verify('sha256', message, { key: key.publicKey.key, dsaEncoding: 'ieee-p1363' }, jose)).toBe(true);
    }
    // Short integers and such with a leading zero both came up.
    expect(lengths.size).toBeGreaterThanOrEqual(3);
  });

  test.each([
    ['nothing', ''],
    ['no sequence', '3106020101020101'],
    ['a wrong length', '3007020101020101'],
    ['no integer', '3006030101020101'],
    ['an empty integer', '300502000201ff'],
    ['a cut integer', '3006020101020201'],
    ['bytes after it', '300702010102010100'],
    ['an integer too large', `3026022101${'00'.repeat(32)}020101`],
  ])('%s is refused', (_name, hex) => {
    expect(() => joseFromDer(Buffer.from(hex, 'hex'), 32)).toThrow(/DER/);
  });
});
