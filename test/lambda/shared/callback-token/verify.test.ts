import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Capability } from '../../../../lambda/contract/capabilities.ts';
import { callbackPath } from '../../../../lambda/contract/capabilities.ts';
import type { Carrier } from '../../../../lambda/contract/carriers.ts';
import type { OutcomeCode } from '../../../../lambda/contract/outcomes.ts';
import { createTokenVerifier, type TokenVerifier } from '../../../../lambda/shared/callback-token/verify.ts';
import { isRefusal } from '../../../../lambda/shared/refusal.ts';
import {
  createVerificationKeys,
  type VerificationKeys,
} from '../../../../lambda/shared/signing-keys/verification-keys.ts';
import { REGISTRY } from '../../../support/registry.ts';
import { aSigningKey, aToken, claimsOf, NOW, ORIGIN, type SigningKey, signText } from '../../../support/tokens.ts';
import { verificationKeysOf } from '../../../support/verification-keys.ts';

const key = await aSigningKey();
const rsaKey = await aSigningKey('RS256');
const stranger = await aSigningKey();
const verifierWith = (keys: VerificationKeys): TokenVerifier =>
  createTokenVerifier({ origin: ORIGIN, registry: REGISTRY, keys });
const verifier = verifierWith(verificationKeysOf([key, rsaKey]));

interface Presented {
  readonly capability?: Capability;
  readonly taskId?: string;
  readonly carrier?: Carrier;
  readonly now?: number;
  readonly by?: TokenVerifier;
}

const verdictOf = async (token: string, presented: Presented = {}): Promise<OutcomeCode | 'valid' | 'expired'> => {
  const { capability = 'result', taskId = 'task-1', carrier = 'path', now = NOW, by = verifier } = presented;
  const path = callbackPath(capability, taskId);
  const verdict = await by.verify(token, { capability, taskId, carrier, path }, now);
  if (isRefusal(verdict)) {
    // The log always says why; the caller never hears it.
    expect(verdict.reason).not.toBe('');
    return verdict.code;
  }
  return verdict.expired ? 'expired' : 'valid';
};

const withClaims = async (claims: Record<string, unknown>, presented?: Presented, by: SigningKey = key) =>
  verdictOf(await aToken(by, claimsOf(claims)), presented);

const withHeader = async (header: Record<string, unknown>, by: SigningKey = key) =>
  verdictOf(await aToken(by, claimsOf(), header));

test('accepts an issued token of each algorithm', async () => {
  expect(await withClaims({})).toBe('valid');
  expect(await withClaims({}, {}, rsaKey)).toBe('valid');
});

test('ignores unknown claims and unknown header parameters', async () => {
  expect(await withClaims({ extra: { deep: [1] } })).toBe('valid');
  expect(await withHeader({ extra: 'x' })).toBe('valid');
});

describe('header (step 3)', () => {
  test.each(['none', 'None', 'es256', 'ES384', 'HS256', 'EdDSA', 'PS256', '', null, 256, ['ES256'], undefined])(
    'T1 refuses alg %j',
    async (alg) => {
      expect(await withHeader({ alg })).toBe('token_header_refused');
    },
  );

  test('T1 T6 checks alg, typ and kid in this order, before it looks up a key', async () => {
    expect(await withHeader({ alg: 'none', kid: 'unknown' })).toBe('token_header_refused');
    expect(await withHeader({ typ: 'JWT', kid: 'unknown' })).toBe('token_header_refused');
    expect(await withHeader({ jku: 'https://evil.example', kid: 'unknown' })).toBe('token_header_refused');
  });

  test('T2 refuses an alg that is not that of the key', async () => {
    expect(await withHeader({ alg: 'RS256' })).toBe('token_header_refused');
    expect(await withHeader({ alg: 'ES256' }, rsaKey)).toBe('token_header_refused');
  });

  test('T3 refuses an HMAC with the public key', async () => {
    const pem = key.publicKey.key.export({ type: 'spki', format: 'pem' });
    const [header, claims] = (await aToken(key, claimsOf(), { alg: 'HS256' })).split('.');
    const mac = createHmac('sha256', pem).update(`${header}.${claims}`).digest('base64url');
    expect(await verdictOf(`${header}.${claims}.${mac}`)).toBe('token_header_refused');
  });

  test.each(['crit', 'jku', 'x5u', 'x5c', 'jwk', 'b64'])('T3 T7 refuses header parameter %s', async (name) => {
    expect(await withHeader({ [name]: name === 'crit' ? ['b64'] : key.publicKey.jwk })).toBe('token_header_refused');
  });

  test.each(['JWT', 'at+jwt', 'dpop+jwt', 'callback+JWT', 'application/callback+jwt', undefined, null, 1])(
    'T8 refuses typ %j',
    async (typ) => {
      expect(await withHeader({ typ })).toBe('token_header_refused');
    },
  );

  test.each([undefined, 1, null, ['k']])('T6 refuses kid %j', async (kid) => {
    expect(await withHeader({ kid })).toBe('token_header_refused');
  });

  test.each(['unknown', '', '__proto__', 'constructor', '../../etc/passwd'])(
    'T6 uses kid %j only to look up a key',
    async (kid) => {
      expect(await withHeader({ kid })).toBe('token_key_unknown');
    },
  );

  test('O3 refuses a token of a key that is no longer live', async () => {
    expect(await withClaims({}, {}, stranger)).toBe('token_key_unknown');
  });

  test('C7 accepts nothing if the table of keys does not answer', async () => {
    const read = () => Promise.reject(new Error('timeout'));
    const by = verifierWith(createVerificationKeys({ read, kmsKeys: null, now: () => 0 }));
    expect(await verdictOf(await aToken(key), { by })).toBe('unavailable');
  });
});

describe('signature (step 4)', () => {
  test('refuses a signature by another key under our kid', async () => {
    expect(await withHeader({ kid: key.publicKey.kid }, stranger)).toBe('token_signature_invalid');
  });

  test.each([0, 1])('T3 refuses a token with part %i of another token', async (part) => {
    const parts = (await aToken(key)).split('.');
    const other = (await aToken(key, claimsOf({ sub: 'header-ocr' }), { extra: 1 })).split('.');
    parts[part] = other[part] as string;
    expect(await verdictOf(parts.join('.'))).toBe('token_signature_invalid');
  });

  test.each([
    ['all zeros', Buffer.alloc(64)],
    ['in DER', undefined],
    ['cut', Buffer.alloc(63, 1)],
    ['too long', Buffer.alloc(65, 1)],
  ])('T3 refuses a signature that is %s', async (_name, bytes) => {
    const [header, claims, signature] = (await aToken(key)).split('.');
    const der = Buffer.concat([Buffer.from([0x30, 0x44, 2, 0x20]), Buffer.from(signature as string, 'base64url')]);
    expect(await verdictOf(`${header}.${claims}.${(bytes ?? der).toString('base64url')}`)).toBe(
      'token_signature_invalid',
    );
  });

  test('accepts the second valid signature of the same claims as the same token', async () => {
    // s → n − s is valid for ECDSA too; the key of the jti record is made from claims, so this signature does not avoid it.
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const [header, claims, signature] = (await aToken(key)).split('.');
    const bytes = Buffer.from(signature as string, 'base64url');
    const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
    const other = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
    expect(await verdictOf(`${header}.${claims}.${other.toString('base64url')}`)).toBe('valid');
  });
});

describe('claims (step 5)', () => {
  test.each([
    ['exp', [undefined, '1', 1.5, null, Number.MAX_SAFE_INTEGER + 1]],
    ['nbf', [undefined, '1', 1.5, true]],
    ['iat', [undefined, '1', 1.5, [1]]],
    ['jti', [undefined, '', 1, 'x'.repeat(65), 'a#b', 'a b']],
    ['max_uses', [undefined, 0, -1, 1.5, '1']],
    ['owner', [1, null, ['user']]],
    ['cnf', ['jkt', null, ['jkt'], 1]],
  ] as const)('T7 C4 C6 refuses %s of another type', async (name, values) => {
    for (const value of values) expect(await withClaims({ [name]: value })).toBe('token_malformed');
  });

  test('accepts an owner and a confirmation of the right type', async () => {
    expect(await withClaims({ owner: 'user-12', cnf: { jkt: 'x' } })).toBe('valid');
  });

  test('C6 accepts a jti of 64 characters', async () => {
    expect(await withClaims({ jti: 'x'.repeat(64) })).toBe('valid');
  });

  test.each([
    ['C1', 'iss', 'token_issuer_invalid', [undefined, `${ORIGIN}/`, 'https://other.example.com', [ORIGIN], 1]],
    [
      'C3',
      'aud',
      'token_audience_invalid',
      [undefined, ORIGIN, `${ORIGIN}/v1/failures`, `${ORIGIN}/v1/results/`, [`${ORIGIN}/v1/results`], null],
    ],
    ['C2', 'sub', 'token_subject_invalid', [undefined, 'nobody', '', 'constructor', '__proto__', 1, ['acme-ocr']]],
    ['C5', 'roles', 'token_role_missing', [undefined, 'processor', [], ['sender'], { 0: 'processor' }]],
    [
      'C5',
      'scope',
      'token_scope_insufficient',
      [undefined, 'failure_write', 'result_write failure_write', ['result_write'], ''],
    ],
    [
      'C5',
      'path',
      'token_path_mismatch',
      [undefined, '/v1/results/task-2', '/v1/results/task-1/', '/v1/failures/task-1', 1],
    ],
    ['C5', 'res_id', 'token_resource_mismatch', [undefined, 'task-2', '', 1]],
  ] as const)('%s refuses a wrong %s with %s', async (_id, name, code, values) => {
    for (const value of values) expect(await withClaims({ [name]: value })).toBe(code);
  });

  test('C5 accepts further roles', async () => {
    expect(await withClaims({ roles: ['auditor', 'processor'] })).toBe('valid');
  });

  test('T8 refuses a token of another capability', async () => {
    const token = await aToken(key, claimsOf({}, 'failure'));
    expect(await verdictOf(token, { capability: 'result' })).toBe('token_audience_invalid');
    expect(await verdictOf(token, { capability: 'failure' })).toBe('valid');
  });

  test('refuses a token in the path if the processor has no such carrier', async () => {
    expect(await withClaims({ sub: 'header-ocr' }, { carrier: 'path' })).toBe('token_path_mismatch');
    expect(await withClaims({ sub: 'header-ocr' }, { carrier: 'header' })).toBe('valid');
    expect(await withClaims({ sub: 'acme-ocr' }, { carrier: 'header' })).toBe('valid');
  });

  test('answers with the first check that fails', async () => {
    const all = {
      iss: 'x',
      aud: 'x',
      sub: 'x',
      roles: [],
      scope: 'x',
      path: 'x',
      res_id: 'x',
      exp: NOW - 100,
      iat: NOW + 100,
    };
    const order = ['iss', 'aud', 'sub', 'roles', 'scope', 'path', 'res_id'] as const;
    const codes: string[] = [];
    const claims: Partial<typeof all> = { ...all };
    for (const name of order) {
      codes.push(await withClaims(claims));
      delete claims[name];
    }
    expect(codes).toEqual([
      'token_issuer_invalid',
      'token_audience_invalid',
      'token_subject_invalid',
      'token_role_missing',
      'token_scope_insufficient',
      'token_path_mismatch',
      'token_resource_mismatch',
    ]);
  });
});

describe('C4 times (step 6), with 5 seconds of tolerance', () => {
  const exp = NOW + 3_600;
  test('refuse an exp that is 5 seconds ago', async () => {
    expect(await withClaims({}, { now: exp + 4 })).toBe('valid');
    expect(await withClaims({}, { now: exp + 5 })).toBe('expired');
  });

  test('refuse an nbf that is 6 seconds ahead', async () => {
    expect(await withClaims({ nbf: NOW + 5 })).toBe('valid');
    expect(await withClaims({ nbf: NOW + 6 })).toBe('token_not_yet_valid');
  });

  test('refuse an iat that is 6 seconds ahead', async () => {
    expect(await withClaims({ iat: NOW + 5 })).toBe('valid');
    expect(await withClaims({ iat: NOW + 6 })).toBe('token_issued_in_future');
  });

  test('refuse a lifetime above the maximum of the processor', async () => {
    expect(await withClaims({ exp: NOW + 604_800 })).toBe('valid');
    expect(await withClaims({ exp: NOW + 604_801 })).toBe('token_lifetime_exceeded');
    const brief = (seconds: number) => withClaims({ sub: 'brief-ocr', exp: NOW + seconds }, { carrier: 'header' });
    expect(await brief(600)).toBe('valid');
    expect(await brief(601)).toBe('token_lifetime_exceeded');
  });

  test('refuse an expired token for good if another time is wrong too', async () => {
    expect(await withClaims({ iat: NOW - 700_000, exp: NOW - 100 })).toBe('token_expired');
  });
});

test('refuses a token with malformed parts before its signature is checked', async () => {
  expect(await verdictOf(await signText(key, '{"alg":"ES256"}', '[]'))).toBe('token_malformed');
});

test('C5 a token of another scope gets a challenge with the scope of the route', async () => {
  const token = await aToken(key, claimsOf({ scope: 'failure_write' }));
  const path = callbackPath('result', 'task-1');
  const verdict = await verifier.verify(token, { capability: 'result', taskId: 'task-1', carrier: 'path', path }, NOW);
  expect(verdict).toMatchObject({ code: 'token_scope_insufficient', scope: 'result_write' });
});

describe('T6 the time of signing (step 6, the end)', () => {
  // Published an hour ago. Signs until a minute ago.
  const [publishedAt, signUntil] = [NOW - 3_600, NOW - 60];
  const by = verifierWith(verificationKeysOf([key], { publishedAt, signFrom: NOW - 1_800, signUntil }));
  const issuedAt = (iat: number, claims: object = {}) =>
    withClaims({ iat, nbf: iat, exp: NOW + 60, ...claims }, { by });

  test('is from publication to the end of signing, with 5 seconds of tolerance', async () => {
    expect(await issuedAt(publishedAt - 6)).toBe('token_signature_invalid');
    expect(await issuedAt(publishedAt - 5)).toBe('valid');
    expect(await issuedAt(signUntil + 5)).toBe('valid');
    expect(await issuedAt(signUntil + 6)).toBe('token_signature_invalid');
  });

  test('is checked after every other claim', async () => {
    const iat = signUntil + 30;
    expect(await issuedAt(iat, { aud: 'other' })).toBe('token_audience_invalid');
    expect(await issuedAt(iat, { nbf: NOW + 6 })).toBe('token_not_yet_valid');
    expect(await issuedAt(iat, { exp: iat + 604_801 })).toBe('token_lifetime_exceeded');
  });

  test('O3 lets no expired token outside of it be acknowledged or kept', async () => {
    expect(await issuedAt(signUntil + 5, { exp: NOW - 5 })).toBe('expired');
    expect(await issuedAt(signUntil + 6, { exp: NOW - 5 })).toBe('token_expired');
  });

  test('is not known of a key that KMS signed with', async () => {
    const imported = verifierWith(verificationKeysOf([key], { publishedAt: NOW, signUntil: NOW, imported: true }));
    expect(await withClaims({ iat: NOW - 86_400 }, { by: imported })).toBe('valid');
  });

  test('is not checked for a short code, whose claims are stored here', () => {
    const expected = { capability: 'result', taskId: 'task-1', carrier: 'short', path: '/v1/results/task-1' } as const;
    const claims = claimsOf({ sub: 'short-ocr', iat: NOW - 90_000 });
    expect(by.verifyClaims(claims, expected, NOW)).toMatchObject({ expired: false });
  });
});
