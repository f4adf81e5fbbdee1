import { constants, createHmac, generateKeyPairSync, KeyObject, sign } from 'node:crypto';
import { describe, expect } from 'vitest';
import { RFC_9068 } from '../../../../lambda/contract/access-token-profile.ts';
import { answering } from '../../../support/document-server.ts';
import {
  anIdentityProviderKey,
  type IdentityProviderKey,
  signAccessToken,
} from '../../../support/identity-provider.ts';
import { aSigningKey, aToken, claimsOf, NOW, ORIGIN } from '../../../support/tokens.ts';
import { test as base } from '../../../support/unit-fixtures.ts';

const READ = { scope: 'task_read', role: 'sender' } as const;

const ACCEPTED = { clientId: 'local-sender' };
const refusedWith = (code: string) => expect.objectContaining({ code });
const INVALID = refusedWith('access_token_invalid');

const test = base
  .extend('verifier', ({ identityProvider }) => identityProvider.verifier())
  .extend(
    'verify',
    ({ verifier }) =>
      (token: string) =>
        verifier.verify([`Bearer ${token}`], READ),
  )
  .extend(
    'verifyClaims',
    ({ identityProvider, verify }) =>
      async (overrides: Record<string, unknown>) =>
        verify(await identityProvider.accessToken(overrides)),
  )
  /** A token with a good signature that no library would make. */
  .extend('signByHand', ({ identityProvider }) => (header: Record<string, unknown>, padding: object = {}): string => {
    const input = [{ alg: 'RS256', typ: 'at+jwt', kid: identityProvider.key.kid, ...header }, identityProvider.claims()]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const key = KeyObject.from(identityProvider.key.privateKey as Parameters<typeof KeyObject.from>[0]);
    return `${input}.${sign('sha256', Buffer.from(input), { key, ...padding }).toString('base64url')}`;
  })
  .extend(
    'present',
    ({ identityProvider, verifier }) =>
      async (lines: (token: string) => string[]) =>
        verifier.verify(lines(await identityProvider.accessToken()), READ),
  );

describe('an access token', () => {
  test.for([
    ['of the identity provider', {}],
    ['with one of several audiences ours', { aud: ['https://other.example.com', ORIGIN] }],
    ['with more scopes and roles', { scope: 'openid task_read profile', roles: ['auditor', 'sender'] }],
    ['5 s before iat and nbf, within the tolerance', { iat: NOW + 5, nbf: NOW + 5, exp: NOW + 60 }],
    ['4 s after exp, within the tolerance', { iat: NOW - 60, exp: NOW - 4 }],
    ['of the longest lifetime', { iat: NOW, exp: NOW + 3_600 }],
  ] as const)('%s is accepted', async ([_, overrides], { verifyClaims }) => {
    expect(await verifyClaims(overrides)).toEqual(ACCEPTED);
  });

  test.for([
    ['client_id', { client_id: 'one', azp: 'two', sub: 'three' }, 'one'],
    ['azp', { client_id: undefined, azp: 'two', sub: 'three' }, 'two'],
    ['sub', { client_id: undefined, sub: 'three' }, 'three'],
  ] as const)('names its client by %s', async ([_, overrides, clientId], { verifyClaims }) => {
    expect(await verifyClaims(overrides)).toEqual({ clientId });
  });

  test.for([[{ jkt: 'a'.repeat(43) }], [{ 'x5t#S256': 'a'.repeat(43) }], [{}], [null]])(
    'P3 is not accepted as a bearer token if it is bound (cnf is %j)',
    async ([cnf], { verifyClaims }) => {
      expect(await verifyClaims({ cnf })).toEqual(INVALID);
    },
  );

  test.for(['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+jwt'])(
    'T8 may have typ %s (RFC 9068 §2.1)',
    async (typ, { identityProvider, verify }) => {
      expect(await verify(await identityProvider.accessToken({}, { typ }))).toEqual(ACCEPTED);
    },
  );

  test.for(['JWT', 'callback+jwt', 'dpop+jwt', 'application/jwt', '', undefined, 7])(
    'T8 may not have typ %s',
    async (typ, { identityProvider, verify }) => {
      expect(await verify(await identityProvider.accessToken({}, { typ }))).toEqual(INVALID);
    },
  );

  test.for([
    ['C1 another issuer', { iss: 'https://idp.example.com' }],
    ['C1 our issuer with a slash', { iss: '/' }],
    ['C1 no issuer', { iss: undefined }],
    ['C3 another audience', { aud: 'https://other.example.com' }],
    ['C3 an audience that begins like ours', { aud: `${ORIGIN}/v1/results` }],
    ['C3 no audience', { aud: undefined }],
    ['C3 an audience of another type', { aud: { [ORIGIN]: true } }],
    ['C4 no exp', { exp: undefined }],
    ['C4 exp as text', { exp: `${NOW + 60}` }],
    ['C4 no iat', { iat: undefined }],
    ['C4 iat as text', { iat: `${NOW}` }],
    ['C4 expired beyond the tolerance', { iat: NOW - 60, exp: NOW - 5 }],
    ['C4 not valid yet', { nbf: NOW + 6 }],
    ['C4 nbf as text', { nbf: `${NOW}` }],
    ['C4 issued in the future', { iat: NOW + 6, exp: NOW + 60 }],
    ['C4 too long-lived', { iat: NOW, exp: NOW + 3_601 }],
    ['no client', { client_id: undefined, sub: undefined }],
    ['clients of another type', { client_id: 7, azp: '', sub: ['a'] }],
  ] as const)('%s is refused', async ([name, overrides], { identityProvider, verifyClaims }) => {
    const claims = name.endsWith('slash') ? { iss: `${identityProvider.issuer}/` } : overrides;
    expect(await verifyClaims(claims)).toEqual(INVALID);
  });

  test.for([
    ['without the scope', { scope: 'task_write' }],
    ['with a scope that only begins so', { scope: 'task_read_all' }],
    ['with scopes separated by commas', { scope: 'task_read,task_write' }],
    ['without any scope', { scope: undefined }],
    ['with scopes as an array', { scope: ['task_read'] }],
    ['without the role', { roles: ['processor'] }],
    ['with the role as text', { roles: 'sender' }],
    ['without any role', { roles: undefined }],
  ] as const)('C5 is refused %s, and the answer names the scope', async ([_, overrides], { verifyClaims }) => {
    expect(await verifyClaims(overrides)).toMatchObject({ code: 'access_token_insufficient', scope: 'task_read' });
  });
});

describe('the key and algorithm of an access token', () => {
  test.for(['RS256', 'PS256', 'ES256'])('T1 may be %s', async (alg, { identityProvider }) => {
    const key = await anIdentityProviderKey(alg);
    identityProvider.publish(key);
    expect(
      await identityProvider
        .verifier()
        .verify([`Bearer ${await signAccessToken(key, identityProvider.claims())}`], READ),
    ).toEqual(ACCEPTED);
    identityProvider.publish(identityProvider.key);
  });

  test.for(['RS512', 'ES384', 'EdDSA'])('T1 may not be %s', async (alg, { identityProvider }) => {
    const key = await anIdentityProviderKey(alg);
    identityProvider.publish(key);
    expect(
      await identityProvider
        .verifier()
        .verify([`Bearer ${await signAccessToken(key, identityProvider.claims())}`], READ),
    ).toEqual(INVALID);
    identityProvider.publish(identityProvider.key);
  });

  test.for(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
    'T1 may be %s if the profile lists it, and only with a signature of its own key',
    async (alg, { identityProvider }) => {
      const [key, other] = await Promise.all([anIdentityProviderKey(alg), anIdentityProviderKey(alg)]);
      identityProvider.publish(key);
      const verifier = identityProvider.verifier({ profile: { ...RFC_9068, algorithms: [alg] } });
      const token = await signAccessToken(key, identityProvider.claims());
      expect(await verifier.verify([`Bearer ${token}`], READ)).toEqual(ACCEPTED);
      const forged = await signAccessToken({ ...other, kid: key.kid }, identityProvider.claims());
      expect(await verifier.verify([`Bearer ${forged}`], READ)).toEqual(INVALID);
      const cut = `${token.slice(0, token.lastIndexOf('.'))}.AAAA`;
      expect(await verifier.verify([`Bearer ${cut}`], READ)).toEqual(INVALID);
      identityProvider.publish(identityProvider.key);
    },
  );

  test.for<[string, (key: IdentityProviderKey) => object[], Record<string, unknown>, object]>([
    ['of a set of one key, without a kid', ({ jwk }) => [jwk], { kid: undefined }, ACCEPTED],
    ['of a key that does not name its algorithm', ({ jwk }) => [{ ...jwk, alg: undefined }], {}, ACCEPTED],
    ['of a key whose operations have verify', ({ jwk }) => [{ ...jwk, key_ops: ['verify'] }], {}, ACCEPTED],
    ['of one of two keys, without a kid', ({ jwk }) => [jwk, { ...jwk, kid: 'other' }], { kid: undefined }, INVALID],
    ['with a kid that is no text', ({ jwk }) => [jwk], { kid: 7 }, INVALID],
    ['of a key that encrypts', ({ jwk }) => [{ ...jwk, use: 'enc' }], {}, INVALID],
    ['of a key whose operations lack verify', ({ jwk }) => [{ ...jwk, key_ops: ['wrapKey'] }], {}, INVALID],
    ['of a key with another algorithm', ({ jwk }) => [{ ...jwk, alg: 'PS256' }], {}, INVALID],
    ['of a key of another type', ({ kid }) => [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid }], {}, INVALID],
    ['of a set without a key', () => [], {}, INVALID],
    ['of a set with a private key', ({ jwk }) => [{ ...jwk, d: 'AA' }], {}, refusedWith('unavailable')],
    ['of a key that cannot be read', ({ jwk }) => [{ ...jwk, n: 7 }], {}, refusedWith('unavailable')],
  ])('T2 decide about a token %s', async ([_, keysOf, header, verdict], { identityProvider }) => {
    const keys = JSON.stringify({ keys: keysOf(identityProvider.key) });
    identityProvider.server.serve(answering(keys, 'application/jwk-set+json'));
    const token = await identityProvider.accessToken({}, header);
    expect(await identityProvider.verifier().verify([`Bearer ${token}`], READ)).toEqual(verdict);
    identityProvider.publish(identityProvider.key);
  });

  test('T2 refuse a signature of an RSA key of 1,024 bits', async ({ identityProvider }) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
    const kid = 'short';
    const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid }] });
    identityProvider.server.serve(answering(keys, 'application/jwk-set+json'));
    const input = [{ alg: 'RS256', typ: 'at+jwt', kid }, identityProvider.claims()]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const token = `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
    expect(await identityProvider.verifier().verify([`Bearer ${token}`], READ)).toEqual(INVALID);
    identityProvider.publish(identityProvider.key);
  });

  test('T2 must match each other', async ({ signByHand, verify }) => {
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    expect(await verify(signByHand({ alg: 'PS256' }, pss))).toEqual(INVALID);
  });

  test.for(['none', 'None', 'NONE', 'HS256'])('T3 may not be %s', async (alg, { identityProvider, verify }) => {
    const signingInput = [{ alg, typ: 'at+jwt', kid: identityProvider.key.kid }, identityProvider.claims()]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const hmac = createHmac('sha256', JSON.stringify(identityProvider.key.jwk))
      .update(signingInput)
      .digest('base64url');
    expect(await verify(`${signingInput}.`)).toEqual(INVALID);
    expect(await verify(`${signingInput}.${hmac}`)).toEqual(INVALID);
  });

  test('T3 never come from the token', async ({ identityProvider, verify }) => {
    const stranger = await anIdentityProviderKey();
    const token = await signAccessToken(stranger, identityProvider.claims(), {
      kid: identityProvider.key.kid,
      jwk: stranger.jwk,
    });
    expect(await verify(token)).toEqual(INVALID);
  });

  test('T4 do not make a rewritten token valid', async ({ identityProvider, verify }) => {
    const token = await identityProvider.accessToken();
    const last = token.slice(-1);
    const sameBytes = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].find(
      (other) =>
        other !== last && Buffer.from(token.slice(0, -1) + other, 'base64url').equals(Buffer.from(token, 'base64url')),
    );
    const rewritings = [`${token}=`, `${token}==`, token.replace('.', '=.'), `${token.slice(0, -1)}${sameBytes}`];
    for (const rewriting of rewritings) expect(await verify(rewriting)).toEqual(INVALID);
    expect(await verify(token)).toEqual(ACCEPTED);
  });

  test('T7 do not make an unknown critical header parameter acceptable', async ({ signByHand, verify }) => {
    expect(await verify(signByHand({ 'x-mode': 1 }))).toEqual(ACCEPTED);
    expect(await verify(signByHand({ 'x-mode': 1, crit: ['x-mode'] }))).toEqual(INVALID);
  });

  test('T8 do not make a callback token an access token', async ({ identityProvider, verify }) => {
    const key = await aSigningKey();
    expect(await verify(await aToken(key, claimsOf({ iss: identityProvider.issuer, aud: ORIGIN })))).toEqual(INVALID);
  });

  test('T8 do not make an ID token an access token', async ({ identityProvider, verify }) => {
    expect(await verify(await identityProvider.accessToken({ nonce: 'n' }, { typ: 'JWT' }))).toEqual(INVALID);
  });
});

describe('the header of an access token', () => {
  test.for(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('may have the scheme %s', async (scheme, { present }) => {
    expect(await present((token) => [`${scheme} ${token}`])).toEqual(ACCEPTED);
  });

  test.for<[string, (token: string) => string[]]>([
    ['no Authorization', () => []],
    ['another scheme', (token) => [`DPoP ${token}`]],
    ['a scheme alone', () => ['Bearer']],
    ['an empty line', () => ['']],
    ['the token without a scheme', (token) => [token]],
  ])('H1 has no access token if it is %s', async ([_, lines], { present }) => {
    expect(await present(lines)).toEqual(refusedWith('access_token_missing'));
  });

  test.for<[string, (token: string) => string[]]>([
    ['two lines', (token) => [`Bearer ${token}`, `Bearer ${token}`]],
    ['two lines of two schemes', (token) => [`Bearer ${token}`, 'Basic YTpi']],
    ['two values in one line', (token) => [`Bearer ${token}, Bearer ${token}`]],
    ['a blank in the token', (token) => [`Bearer ${token.slice(0, 40)} ${token.slice(40)}`]],
    ['no JWS', () => ['Bearer abc']],
    ['one too long', (token) => [`Bearer ${'A'.repeat(16_384)}.${token}`]],
  ])('P1 is refused: %s', async ([_, lines], { present }) => {
    expect(await present(lines)).toEqual(INVALID);
  });

  test('O1 is not quoted in the reason of a refusal', async ({ verifier, verify, verifyClaims }) => {
    const refusals = await Promise.all([
      verifyClaims({ iss: 'https://secret.example.com' }),
      verifyClaims({ aud: 'https://secret.example.com' }),
      verifyClaims({ scope: 'secret' }),
      verifier.verify(['Basic secret'], READ),
      verify('secret'),
    ]);
    for (const refusal of refusals) expect(JSON.stringify(refusal)).not.toContain('secret');
  });
});
