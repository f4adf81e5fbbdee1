import { createHash, generateKeyPairSync, type JsonWebKey, X509Certificate } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { CARRIERS, type Carrier } from '../../../lambda/contract/carriers.ts';
import type { Grade } from '../../../lambda/contract/proofs.ts';
import { gradeOf, PROOF_NAMES } from '../../../lambda/contract/proofs.ts';
import type { AwsEnvironmentInput } from '../../../lib/config/environment.ts';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import type { ProofInput } from '../../../lib/config/proofs.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { CERTIFICATES } from '../../support/certificates.ts';
import { anAwsEnvironment } from '../../support/environments.ts';

const jwkOf = (pair: { readonly publicKey: { export(options: { format: 'jwk' }): JsonWebKey } }) =>
  pair.publicKey.export({ format: 'jwk' });
const p256 = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const ed25519 = jwkOf(generateKeyPairSync('ed25519'));
const rsa = jwkOf(generateKeyPairSync('rsa', { modulusLength: 2_048 }));

const authorities = { bucketName: 'trust', key: 'authorities.pem' };

const read = (
  proof: unknown,
  carriers: readonly Carrier[] = ['header'],
  minimumGrade: Grade = 'D',
  mutualTls: AwsEnvironmentInput['mutualTls'] = { authorities },
) =>
  readEnvironment(
    'test',
    anAwsEnvironment({
      minimumGrade,
      ...(mutualTls && { mutualTls }),
      processors: {
        'acme-ocr': { carriers: carriers as [Carrier], contentTypes: ['application/json'], proof: proof as ProofInput },
      },
    }),
  ).registry['acme-ocr'];

const problemsOf = (...given: Parameters<typeof read>) => {
  try {
    read(...given);
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.errors;
    throw error;
  }
  return [];
};

/** A URL with a path, of a given length. */
const urlOfLength = (length: number) => 'https://a.example/'.padEnd(length, 'a');

describe('a proof', () => {
  test.each([
    ['P-256', p256],
    ['Ed25519', ed25519],
    ['RSA', rsa],
    ['P-256 with its algorithm', { ...p256, alg: 'ES256' }],
  ])('dpop binds tokens to the thumbprint of a key: %s (RFC 7638)', async (_, publicJwk) => {
    expect(read({ kind: 'dpop', publicJwk })?.proof).toEqual({
      kind: 'dpop',
      jkt: await calculateJwkThumbprint(publicJwk as JWK),
      nonce: false,
    });
  });

  test('may ask for a nonce', () => {
    expect(read({ kind: 'dpop', publicJwk: p256, nonce: true })?.proof).toMatchObject({ nonce: true });
  });

  test.each([
    ['https://callbacks.acme.example'],
    ['https://callbacks.acme.example:8443'],
    ['https://callbacks.acme.example/'],
    ['https://callbacks.acme.example/confirm'],
    ['https://callbacks.acme.example/confirm?tenant=%C3%A9'],
    [urlOfLength(1_024)],
  ])('S1 may confirm at %s', (origin) => {
    expect(problemsOf({ kind: 'webhook', origins: [origin] })).toEqual([]);
  });

  test('S1 a protected environment confirms only at URLs with a path', () => {
    const origins = ['https://a.example', 'https://a.example/confirm', 'https://b.example:8443'];
    const processors = (proof: ProofInput) =>
      ({
        'acme-ocr': { carriers: ['header'], contentTypes: ['application/json'], proof },
      }) as const;
    const problems = (isProtected: boolean) => {
      try {
        const webhook = { kind: 'webhook', origins } as const;
        readEnvironment('test', anAwsEnvironment({ protected: isProtected, processors: processors(webhook) }));
        return [];
      } catch (error) {
        return (error as InvalidEnvironment).errors;
      }
    };
    expect(problems(false)).toEqual([]);
    expect(problems(true)).toEqual(
      (
        [
          [0, 'https://a.example'],
          [2, 'https://b.example:8443'],
        ] as const
      ).map(([index, value]) => ({
        at: `processors.acme-ocr.proof.origins.${index}`,
        value,
        expected: 'a URL with a path, because the environment is protected, and an origin alone allows every URL of it',
        remedy: 'Copy the whole URL that the processor sends, as https://callbacks.acme.example/confirm.',
      })),
    );
  });

  test.each<[string, unknown, string]>([
    ['of an unknown kind', { kind: 'password' }, 'kind'],
    ['that is a word', 'dpop', ''],
    ['that is nothing', null, ''],
    ['with a property that is misspelt', { kind: 'private_key_jwt', clientID: 'x', clientId: 'x' }, 'clientID'],
    ['without a client', { kind: 'private_key_jwt' }, 'clientId'],
    ['with a client of blanks', { kind: 'private_key_jwt', clientId: 'a b' }, 'clientId'],
    ['without a key', { kind: 'dpop' }, 'publicJwk'],
    ['with a nonce in words', { kind: 'dpop', publicJwk: p256, nonce: 'yes' }, 'nonce'],
    ['T2 with another algorithm', { kind: 'dpop', publicJwk: { ...p256, alg: 'ES384' } }, 'publicJwk.alg'],
    ['T2 with RS256', { kind: 'dpop', publicJwk: { ...rsa, alg: 'RS256' } }, 'publicJwk.alg'],
    ['T2 with a secret for a key', { kind: 'dpop', publicJwk: { kty: 'oct', k: 'c2VjcmV0' } }, 'publicJwk'],
    ['T5 with a key of another curve', { kind: 'dpop', publicJwk: { ...p256, crv: 'P-521' } }, 'publicJwk'],
    ['T5 with a point off the curve', { kind: 'dpop', publicJwk: { ...p256, x: p256.y, y: p256.x } }, 'publicJwk'],
    ['T5 with no point', { kind: 'dpop', publicJwk: { kty: 'EC', crv: 'P-256' } }, 'publicJwk'],
    ['without keys', { kind: 'http_signature' }, 'keys'],
    ['with no key', { kind: 'http_signature', keys: {} }, 'keys'],
    [
      'with nine keys',
      { kind: 'http_signature', keys: Object.fromEntries([...'123456789'].map((id) => [id, p256])) },
      'keys',
    ],
    ['with a keyid of two words', { kind: 'http_signature', keys: { 'a b': p256 } }, 'keys.a b'],
    ['T5 with a weak key', { kind: 'http_signature', keys: { a: { ...rsa, e: 'AQ' } } }, 'keys.a'],
    ['T2 with a shared secret', { kind: 'http_signature', keys: { a: { kty: 'oct', k: 'c2VjcmV0' } } }, 'keys.a'],
    ['with neither secret nor keys', { kind: 'standard_webhooks' }, ''],
    ['with a secret for its name', { kind: 'standard_webhooks', secretName: 'whsec_a b' }, 'secretName'],
    ['with no public key', { kind: 'standard_webhooks', publicKeys: [] }, 'publicKeys'],
    ['with a key that is none', { kind: 'standard_webhooks', publicKeys: ['whpk_short'] }, 'publicKeys.0'],
    [
      'with a key of another kind',
      { kind: 'standard_webhooks', publicKeys: [`whsec_${'A'.repeat(43)}=`] },
      'publicKeys.0',
    ],
    ['without origins', { kind: 'webhook' }, 'origins'],
    ['with no origin', { kind: 'webhook', origins: [] }, 'origins'],
    ['with an origin twice', { kind: 'webhook', origins: ['https://a.example', 'https://a.example'] }, 'origins'],
    ['S1 with an origin in clear', { kind: 'webhook', origins: ['http://a.example'] }, 'origins.0'],
    ['S1 with an address', { kind: 'webhook', origins: ['https://192.0.2.1'] }, 'origins.0'],
    ['S1 with a loopback origin', { kind: 'webhook', origins: ['http://127.0.0.1:5000'] }, 'origins.0'],
    ['with a path that reads otherwise', { kind: 'webhook', origins: ['https://a.example/a/../b'] }, 'origins.0'],
    ['with a query and no path', { kind: 'webhook', origins: ['https://a.example?b'] }, 'origins.0'],
    ['with a fragment', { kind: 'webhook', origins: ['https://a.example/confirm#a'] }, 'origins.0'],
    ['with an empty fragment', { kind: 'webhook', origins: ['https://a.example/confirm#'] }, 'origins.0'],
    ['with a blank', { kind: 'webhook', origins: ['https://a.example/a b'] }, 'origins.0'],
    ['with a user before a path', { kind: 'webhook', origins: ['https://u@a.example/confirm'] }, 'origins.0'],
    ['with 1,025 characters', { kind: 'webhook', origins: [urlOfLength(1_025)] }, 'origins.0'],
    ['with the port that is meant anyway', { kind: 'webhook', origins: ['https://a.example:443'] }, 'origins.0'],
    ['with a user', { kind: 'webhook', origins: ['https://u@a.example'] }, 'origins.0'],
    ['with capitals', { kind: 'webhook', origins: ['https://A.example'] }, 'origins.0'],
    ['without a certificate', { kind: 'mtls' }, 'certificate'],
    ['with half a certificate', { kind: 'mtls', certificate: CERTIFICATES.acme.slice(0, -60) }, 'certificate'],
    ['with two certificates', { kind: 'mtls', certificate: CERTIFICATES.acme + CERTIFICATES.other }, 'certificate'],
    ['T5 with a certificate of a weak key', { kind: 'mtls', certificate: CERTIFICATES.weak }, 'certificate'],
    ['with a key for a certificate', { kind: 'mtls', certificate: '-----BEGIN PRIVATE KEY-----' }, 'certificate'],
    ['T5 with exponent 1', { kind: 'dpop', publicJwk: { ...rsa, e: 'AQ' } }, 'publicJwk'],
  ])('%s is refused', (_, proof, at) => {
    const problem = problemsOf(proof).find((one) => one.at === `processors.acme-ocr.proof${at === '' ? '' : `.${at}`}`);
    expect(problem?.remedy).toMatch(/\.$/);
  });

  test.each([
    [2_047, false],
    [2_048, true],
  ])('T5 with an RSA key of %i bits is taken: %s', (modulusLength, taken) => {
    const publicJwk = jwkOf(generateKeyPairSync('rsa', { modulusLength }));
    expect(problemsOf({ kind: 'dpop', publicJwk })).toHaveLength(taken ? 0 : 1);
  });

  test('mtls binds tokens to the thumbprint of a certificate and the port (RFC 8705 §3.1)', () => {
    const { raw } = new X509Certificate(CERTIFICATES.acme);
    const x5tS256 = createHash('sha256').update(raw).digest('base64url');
    const proof = { kind: 'mtls', certificate: CERTIFICATES.acme };
    expect(read(proof)?.proof).toEqual({ kind: 'mtls', x5tS256, port: 8443 });
    expect(read(proof, ['path'], 'B', { authorities, port: 9443 })?.proof).toMatchObject({ port: 9443 });
  });

  test('mtls needs a listener that asks for certificates, and there is none on one machine', () => {
    const proof = { kind: 'mtls', certificate: CERTIFICATES.acme } as const;
    const environment = anAwsEnvironment({
      processors: { 'acme-ocr': { carriers: ['header'], contentTypes: ['application/json'], proof } },
    });
    expect(() => readEnvironment('test', environment)).toThrow(
      /proof asks for a client certificate, and no listener of this environment does/,
    );
  });

  test('whose private key stands in the file is refused without showing it', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicJwk = pair.privateKey.export({ format: 'jwk' });
    const [problem] = problemsOf({ kind: 'dpop', publicJwk });
    expect(problem).toMatchObject({
      at: 'processors.acme-ocr.proof.publicJwk',
      value: { words: 'has the private members d' },
    });
    expect(JSON.stringify(problemsOf({ kind: 'dpop', publicJwk }))).not.toContain(publicJwk.d);
  });
});

describe('the grade of a processor', () => {
  const PROOFS: Readonly<Record<string, ProofInput>> = {
    none: { kind: 'none' },
    private_key_jwt: { kind: 'private_key_jwt', clientId: 'acme' },
    dpop: { kind: 'dpop', publicJwk: p256 },
    http_signature: { kind: 'http_signature', keys: { 'key-1': p256 } },
    standard_webhooks: { kind: 'standard_webhooks', secretName: 'acme' },
    webhook: { kind: 'webhook', origins: ['https://callbacks.acme.example'] },
    mtls: { kind: 'mtls', certificate: CERTIFICATES.acme },
  };
  const MODES = PROOF_NAMES.flatMap((proof) => CARRIERS.map((carrier) => [proof, carrier] as const));

  test.each(MODES)(
    'of proof %s and carrier %s is accepted down to its grade, or refused if they do not match',
    (proof, carrier) => {
      const grade = gradeOf(carrier, proof);
      const gradeProblems = (minimum: Grade) =>
        problemsOf(PROOFS[proof], [carrier], minimum).filter(({ at }) => at === 'processors.acme-ocr.carriers');
      if (grade === null) {
        expect(gradeProblems('D')).toEqual([expect.objectContaining({ value: carrier })]);
        return;
      }
      for (const minimum of ['A', 'B', 'C', 'D'] as const) {
        expect(gradeProblems(minimum)).toHaveLength(grade <= minimum ? 0 : 1);
      }
    },
  );
});
