import { createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { derFromJose, joseFromDer } from '../../../../lambda/shared/callback-token/ecdsa-signature.ts';
import type { PublicKey } from '../../../../lambda/shared/callback-token/public-keys.ts';
import { isSignedBy } from '../../../../lambda/shared/callback-token/signature.ts';
import { expectAgreementWithJose, judgeJwsVectors, partsOf, readVectors } from '../../../support/signature-checks.ts';
import { aSigningKey, aToken, claimsOf } from '../../../support/tokens.ts';

const publicKeyOf = (jwk: JsonWebKey & { readonly alg: PublicKey['alg'] }): PublicKey => ({
  kid: 'k',
  alg: jwk.alg,
  jwk: { ...jwk, kid: 'k' },
  key: createPublicKey({ key: jwk, format: 'jwk' }),
});

describe('T3 T4 the signature check agrees with the public vectors of Wycheproof', () => {
  interface EcdsaGroup {
    readonly publicKeyDer: string;
    readonly tests: readonly { tcId: number; comment: string; msg: string; sig: string; result: string }[];
  }
  const ecdsa = readVectors<readonly EcdsaGroup[]>('ecdsa-p256-sha256-p1363.json').flatMap(({ publicKeyDer, tests }) =>
    tests.map((each) => ({ ...each, publicKeyDer })),
  );

  test('of ECDSA with P-256 and SHA-256: each signature is judged as it should be', () => {
    expect(ecdsa).toHaveLength(262);
    const verdicts = ecdsa.map(({ comment, msg, publicKeyDer, result, sig, tcId }) => {
      const key = createPublicKey({ key: Buffer.from(publicKeyDer, 'hex'), format: 'der', type: 'spki' });
      const es256 = { kid: 'k', alg: 'ES256', jwk: { kid: 'k' }, key } as const;
      const valid = isSignedBy(es256, Buffer.from(msg, 'hex'), Buffer.from(sig, 'hex'));
      return { tcId, comment, result: valid ? 'valid' : 'invalid', should: result };
    });
    expect(verdicts.filter(({ result, should }) => result !== should)).toEqual([]);
  });

  test('of JSON Web Signature: only valid tokens have the right form and signature', () => {
    const verdicts = judgeJwsVectors(({ alg, jwk }, { signature, signingInput }) =>
      isSignedBy(publicKeyOf({ ...jwk, alg }), signingInput, signature),
    );
    expect(verdicts).toHaveLength(272);
    // A signature over nothing is a good one, but nothing is no callback token.
    const others = verdicts.filter(({ result, should }) => result !== should);
    expect(others).toEqual([{ tcId: 259, comment: 'emptyPayload', result: 'invalid', should: 'valid' }]);
  });
});

describe('the signature check accepts the examples of the RFCs', () => {
  test('RFC 7515 A.2 RS256 and A.3 ES256, RFC 7520 4.1 RS256', () => {
    for (const { jwk, jws } of [...RFC_7515, RFC_7520]) {
      const parts = partsOf(jws);
      expect(isSignedBy(publicKeyOf(jwk), parts.signingInput, parts.signature)).toBe(true);
      expect(isSignedBy(publicKeyOf(jwk), Buffer.concat([parts.signingInput, Buffer.of(0)]), parts.signature)).toBe(
        false,
      );
    }
  });
});

describe('the signature check agrees with jose', () => {
  test.each(['ES256', 'RS256'] as const)('of %s signatures with any byte changed, cut or added', async (alg) => {
    const key = await aSigningKey(alg);
    await expectAgreementWithJose({
      jws: await aToken(key, claimsOf()),
      alg,
      publicKey: key.publicKey.key,
      isSigned: ({ signature, signingInput }) => isSignedBy(key.publicKey, signingInput, signature),
      runs: 300,
    });
  });
});

test('T2 checks a signature by the algorithm of the key only', async () => {
  const [ec, rsa] = [await aSigningKey('ES256'), await aSigningKey('RS256')];
  for (const [by, against] of [
    [ec, rsa],
    [rsa, ec],
  ] as const) {
    const parts = partsOf(await aToken(by, claimsOf()));
    expect(isSignedBy(against.publicKey, parts.signingInput, parts.signature)).toBe(false);
  }
});

describe('the two forms of an ECDSA signature', () => {
  test('convert to each other, for any size of r and s', () => {
    const integer = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(integer, integer, (r, s) => {
        fc.pre(r.some((byte) => byte > 0) && s.some((byte) => byte > 0));
        const jose = Uint8Array.from([...r, ...s]);
        expect(joseFromDer(derFromJose(jose), 32)).toEqual(jose);
      }),
    );
  });

  test('are the same as those of Node', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (let number = 0; number < 64; number += 1) {
      const der = sign('sha256', Buffer.from(`${number}`), privateKey);
      expect(Buffer.from(derFromJose(joseFromDer(der, 32)))).toEqual(der);
    }
  });

  test.each([0, 1, 63, 65, 72])('do not accept %i bytes as an ES256 signature', async (length) => {
    const key = await aSigningKey();
    expect(isSignedBy(key.publicKey, Buffer.from('x'), new Uint8Array(length).fill(1))).toBe(false);
  });
});

/** https://www.rfc-editor.org/rfc/rfc7515#appendix-A */
const RFC_7515 = [
  {
    jwk: {
      alg: 'RS256',
      kty: 'RSA',
      n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
      e: 'AQAB',
    },
    jws: 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw',
  },
  {
    jwk: {
      alg: 'ES256',
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
    jws: 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
  },
] as const;

/** Signed, as ours never are, over something that is no JSON. https://www.rfc-editor.org/rfc/rfc7520#section-4.1 */
const RFC_7520 = {
  jwk: {
    alg: 'RS256',
    kty: 'RSA',
    n: 'n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw',
    e: 'AQAB',
  },
  jws: 'eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg',
} as const;

test('an integer of zero is one zero byte in DER', () => {
  const der = derFromJose(new Uint8Array(64));
  expect(Buffer.from(der).toString('hex')).toBe('3006020100020100');
  expect(joseFromDer(der, 32)).toEqual(new Uint8Array(64));
});
