import { createHash, randomBytes } from 'node:crypto';
import { createVerifier, httpbis } from 'http-message-signatures';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import type { CallbackTokenAlgorithm } from '../../../../lambda/contract/claims.ts';
import { matchesContentDigest } from '../../../../lambda/functions/receive/checks/proof/content-digest.ts';
import {
  type CompleteRequest,
  signByHttpSignature,
  signByStandardWebhooks,
} from '../../../../lambda/shared/dispatch/sign-request.ts';
import { aSigningKey, type SigningKey } from '../../../support/tokens.ts';

const REQUEST: CompleteRequest = {
  method: 'POST',
  url: 'https://api.acme.example/v1/jobs?hook=https%3A%2F%2Fcallbacks.example.com%2Fc%2FXYZ',
  headers: {
    authorization: 'Bearer abc',
    'X-Client': 'shop',
    'Content-Type': 'application/json',
    'Accept-Encoding': 'identity',
    'Idempotency-Key': 'task-1-2',
  },
  body: '{"document":"Überschrift","webhook":"https://callbacks.example.com/c/XYZ"}',
};

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** The library of the specification's authors accepts messages of the last five minutes. */
const now = (): number => Math.floor(Date.now() / 1_000);

const aSecret = (bytes = 32): string => `whsec_${randomBytes(bytes).toString('base64')}`;

describe('a signature of Standard Webhooks', () => {
  test('is accepted by the library of the specification', () => {
    const secret = aSecret();
    const { headers, ...others } = signByStandardWebhooks(REQUEST, secret, now());
    expect(others).toEqual({ method: REQUEST.method, url: REQUEST.url, body: REQUEST.body });
    expect(headers).toMatchObject({ ...REQUEST.headers, 'webhook-id': 'task-1-2' });
    expect(new Webhook(secret).verify(REQUEST.body, headers)).toEqual(JSON.parse(REQUEST.body));
    expect(() => new Webhook(secret).verify(`${REQUEST.body} `, headers)).toThrow('No matching signature');
    expect(() => new Webhook(aSecret()).verify(REQUEST.body, headers)).toThrow('No matching signature');
  });

  test('equals the example of the specification', () => {
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/javascript/src/index.test.ts
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const message = {
      ...REQUEST,
      headers: { 'Idempotency-Key': 'msg_p5jXN8AQM9LWM0D4loKWxJek' },
      body: '{"test": 2432232314}',
    };
    const { headers } = signByStandardWebhooks(message, secret, 1_614_265_330);
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  test('is made by each key of a secret during a rotation', () => {
    const secrets = [aSecret(24), aSecret(64)];
    const { headers } = signByStandardWebhooks(REQUEST, ` ${secrets.join('\n')}\n`, now());
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
    for (const secret of secrets) expect(new Webhook(secret).verify(REQUEST.body, headers)).toBeDefined();
  });

  test.each([
    '',
    'whsec_',
    'abc',
    aSecret(23),
    aSecret(65),
    aSecret().slice(6),
    `${aSecret()} x`,
    'whsec_*'.padEnd(50, 'A'),
  ])('is not made with a secret of another form, which the error does not quote', (secret) => {
    expect(() => signByStandardWebhooks(REQUEST, secret, 1)).toThrow(
      'The signing secret is not whsec_ and base64 of 24 to 64 bytes.',
    );
  });
});

describe('an HTTP message signature', () => {
  const ALGORITHMS = { ES256: 'ecdsa-p256-sha256', RS256: 'rsa-v1_5-sha256' } as const;
  const COVERED = ['@method', '@target-uri', 'content-digest', 'content-type', 'idempotency-key', 'authorization'];

  /** Verifies a request by another library. It needs a digest of the body that fits. */
  const verify = async (request: CompleteRequest, key: SigningKey, alg: CallbackTokenAlgorithm): Promise<boolean> => {
    const headers = lowerCase(request.headers);
    const verifier = createVerifier(key.publicKey.key, ALGORITHMS[alg]);
    const isSigned = await httpbis
      .verifyMessage(
        {
          keyLookup: async ({ keyid }) =>
            keyid === key.signer.kid ? { id: keyid, algs: [ALGORITHMS[alg]], verify: verifier } : null,
          requiredFields: COVERED.filter((name) => name !== 'authorization' || 'authorization' in headers),
          requiredParams: ['created', 'keyid', 'alg'],
        },
        { method: request.method, url: request.url, headers },
      )
      .catch(() => false);
    return isSigned === true && matchesContentDigest([headers['content-digest'] ?? ''], Buffer.from(request.body));
  };

  test.each(['ES256', 'RS256'] as const)('with a key for %s is accepted by another library', async (alg) => {
    const key = await aSigningKey(alg);
    const signed = await signByHttpSignature(REQUEST, key.signer, now());
    expect(await verify(signed, key, alg)).toBe(true);
    expect(signed.headers).toMatchObject(REQUEST.headers);
    const changes: readonly Partial<CompleteRequest>[] = [
      { method: 'PUT' },
      { url: `${REQUEST.url}&x=1` },
      { body: `${REQUEST.body} ` },
      { headers: { ...signed.headers, authorization: 'Bearer abd' } },
      { headers: { ...signed.headers, 'Idempotency-Key': 'task-1-3' } },
      { headers: { ...signed.headers, 'Content-Type': 'text/plain' } },
      { headers: { ...signed.headers, 'Content-Digest': `sha-256=:${randomBytes(32).toString('base64')}:` } },
    ];
    for (const change of changes) expect(await verify({ ...signed, ...change }, key, alg)).toBe(false);
    expect(await verify(signed, await aSigningKey(alg), alg)).toBe(false);
  });

  test('covers method, URL, body, type and id, and Authorization if the request has it', async () => {
    const { signer } = await aSigningKey();
    const input = async (request: CompleteRequest) =>
      (await signByHttpSignature(request, signer, 1_800_000_000)).headers['Signature-Input'];
    const parameters = `created=1800000000;keyid="${signer.kid}";alg="ecdsa-p256-sha256"`;
    const covered = COVERED.map((name) => `"${name}"`);
    expect(await input(REQUEST)).toBe(`postern=(${covered.join(' ')});${parameters}`);
    const { authorization: _, ...headers } = REQUEST.headers;
    const without = covered.slice(0, -1).join(' ');
    expect(await input({ ...REQUEST, headers })).toBe(`postern=(${without});${parameters}`);
    const key = await aSigningKey();
    expect(await verify(await signByHttpSignature({ ...REQUEST, headers }, key.signer, now()), key, 'ES256')).toBe(
      true,
    );
  });

  test('has the digest of the body by SHA-256', async () => {
    const { headers } = await signByHttpSignature(REQUEST, (await aSigningKey()).signer, 1);
    const digest = createHash('sha256').update(REQUEST.body).digest('base64');
    expect(headers['Content-Digest']).toBe(`sha-256=:${digest}:`);
  });

  test('signs a text that no callback token has', async () => {
    const signed: string[] = [];
    const { signer } = await aSigningKey();
    const recording = {
      ...signer,
      sign: (bytes: Uint8Array) => {
        signed.push(Buffer.from(bytes).toString());
        return signer.sign(bytes);
      },
    };
    await signByHttpSignature(REQUEST, recording, 1);
    expect(signed).toHaveLength(1);
    expect(signed[0]).toMatch(/^"@method": POST\n"@target-uri": https:/);
  });
});
