import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { createSigner, type SigningKey as HttpSigningKey, httpbis } from 'http-message-signatures';
import { parseDictionary } from 'structured-headers';
import { describe, expect } from 'vitest';
import { MAX_SIGNATURES, SIGNATURE_WINDOW_SECONDS } from '../../../../../../lambda/contract/proof-limits.ts';
import type { HttpAlgorithm } from '../../../../../../lambda/contract/proofs.ts';
import { matchesContentDigest } from '../../../../../../lambda/functions/receive/checks/proof/content-digest.ts';
import { verifyHttpSignature } from '../../../../../../lambda/functions/receive/checks/proof/http-signature.ts';
import { signatureBase } from '../../../../../../lambda/functions/receive/checks/proof/signature-base.ts';
import { test as base } from '../../../../../support/fixtures.ts';
import '../../../../../support/matchers.ts';
import { expectUntouched } from '../../../../../support/proofs.ts';
import { aReceiver, type OpenTask, putTask, readTask } from '../../../../../support/receiver.ts';
import { aProcessor, REGISTRY } from '../../../../../support/registry.ts';
import { NOW, ORIGIN } from '../../../../../support/tokens.ts';

const PAIRS = {
  'ecdsa-p256-sha256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed25519: generateKeyPairSync('ed25519'),
  'rsa-pss-sha512': generateKeyPairSync('rsa', { modulusLength: 2048 }),
} as const satisfies Record<HttpAlgorithm, { publicKey: KeyObject; privateKey: KeyObject }>;
const jwkOf = (publicKey: KeyObject) => ({ ...publicKey.export({ format: 'jwk' }) });
const ALGORITHMS = Object.keys(PAIRS) as HttpAlgorithm[];
const registry = {
  ...REGISTRY,
  'signed-ocr': aProcessor({
    id: 'signed-ocr',
    proof: {
      kind: 'http_signature',
      keys: Object.fromEntries(ALGORITHMS.map((name) => [name, jwkOf(PAIRS[name].publicKey)])),
    },
  }),
};

const BODY = '{"text":"Total 42.00"}';
const digestOf = (body: string) => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;

interface Signing {
  readonly algorithm?: HttpAlgorithm;
  readonly keyId?: string;
  readonly privateKey?: KeyObject;
  readonly fields?: readonly string[];
  readonly created?: number;
  readonly expires?: number;
  readonly method?: string;
  readonly url?: string;
  readonly body?: string;
  readonly params?: readonly string[];
  readonly name?: string;
}

/** Headers as the client of another project signs them. */
const sign = async (task: OpenTask, signing: Signing = {}): Promise<Record<string, string>> => {
  const { algorithm = 'ecdsa-p256-sha256', body = BODY, created = NOW, expires, method = 'POST' } = signing;
  const headers = {
    'content-type': 'application/json',
    'content-digest': digestOf(body),
    authorization: `Bearer ${task.tokens.result}`,
  };
  const signer = createSigner(
    signing.privateKey ?? PAIRS[algorithm].privateKey,
    algorithm === 'rsa-pss-sha512' ? 'rsa-pss-sha512' : algorithm,
    signing.keyId ?? algorithm,
  ) as HttpSigningKey;
  const signed = await httpbis.signMessage(
    {
      key: signer,
      name: signing.name ?? 'sig',
      fields: [...(signing.fields ?? ['@method', '@target-uri', 'content-digest'])],
      params: [...(signing.params ?? ['created', 'keyid', 'alg', ...(expires === undefined ? [] : ['expires'])])],
      paramValues: {
        created: new Date(created * 1000),
        ...(expires !== undefined && { expires: new Date(expires * 1000) }),
      },
    },
    { method, url: signing.url ?? `${ORIGIN}${task.path('result')}`, headers },
  );
  return signed.headers as unknown as Record<string, string>;
};

const test = base
  .extend('receiver', ({ key, store }) => aReceiver({ store, keys: [key], registry }))
  .extend(
    'aTask',
    ({ key, store }) =>
      () =>
        putTask(store, key, { processor: 'signed-ocr' }),
  )
  .extend(
    'deliver',
    ({ receiver }) =>
      (task: OpenTask, headers: Readonly<Record<string, string | readonly string[]>>, body = BODY) =>
        receiver.deliver({ path: task.path('result'), headers, body }),
  );

describe('a callback with an HTTP message signature', () => {
  test.for(ALGORITHMS)('is recorded if it was made by %s', async (algorithm, { aTask, deliver, store }) => {
    const task = await aTask();
    expect((await deliver(task, await sign(task, { algorithm }))).status).toBe(200);
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
  });

  test.for<[string, Signing]>([
    [
      'that covers more',
      {
        fields: [
          '@method',
          '@target-uri',
          '@authority',
          '@scheme',
          '@path',
          '@query',
          '@request-target',
          'content-digest',
          'content-type',
          'authorization',
        ],
      },
    ],
    ['at the edge of the past', { created: NOW - SIGNATURE_WINDOW_SECONDS }],
    ['at the edge of the future', { created: NOW + SIGNATURE_WINDOW_SECONDS }],
    ['that expires in a second', { expires: NOW + 1 }],
    ['that names no algorithm', { params: ['created', 'keyid'] }],
    ['of another label', { name: 'mine' }],
  ])('is recorded: %s', async ([_, signing], { aTask, deliver }) => {
    const task = await aTask();
    expect((await deliver(task, await sign(task, signing))).status).toBe(200);
  });

  test('is recorded beside a signature of another party', async ({ aTask, deliver }) => {
    const task = await aTask();
    const theirs = await sign(task, { keyId: 'proxy', name: 'proxy' });
    const mine = await sign(task);
    const headers = {
      ...mine,
      Signature: [theirs.Signature ?? '', mine.Signature ?? ''],
      'Signature-Input': [theirs['Signature-Input'] ?? '', mine['Signature-Input'] ?? ''],
    };
    expect((await deliver(task, headers)).status).toBe(200);
  });

  test('is acknowledged when it comes again, and with another payload a replay', async ({ aTask, deliver }) => {
    const task = await aTask();
    await deliver(task, await sign(task));
    expect((await deliver(task, await sign(task))).headers['Idempotency-Replayed']).toBe('true');
    const other = '{"text":"Total 9,999.00"}';
    expect(await deliver(task, await sign(task, { body: other }), other)).toBeRefusedWith('token_replayed');
  });
});

describe('a refused callback consumes nothing', () => {
  test('refuses a callback without a signature, or with half of one', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    const { Signature: _, ...noSignature } = await sign(task);
    const { 'Signature-Input': __, ...noInput } = await sign(task);
    for (const headers of [{ authorization: `Bearer ${task.tokens.result}` }, noSignature, noInput]) {
      expect(await deliver(task, headers)).toBeRefusedWith('proof_missing');
    }
    await expectUntouched(store, task);
  });

  test.for<[string, Signing]>([
    ['by another key', { privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }],
    ['by a key that is not registered', { keyId: 'other' }],
    ['by a key that is named like a member of every object', { keyId: 'constructor' }],
    ['T2 by one key under the name of another', { algorithm: 'ed25519', keyId: 'ecdsa-p256-sha256' }],
    ['without a keyid', { params: ['created', 'alg'] }],
    ['without a time', { params: ['keyid', 'alg'] }],
    ['one second too old', { created: NOW - SIGNATURE_WINDOW_SECONDS - 1 }],
    ['one second too new', { created: NOW + SIGNATURE_WINDOW_SECONDS + 1 }],
    ['that has expired', { expires: NOW }],
    ['for another method', { method: 'PUT' }],
    ['for another URL', { url: `${ORIGIN}/v1/results/other` }],
    ['for another origin', { url: 'https://callbacks.example.org/v1/results/x' }],
    ['for the URL with a query', { url: `${ORIGIN}/v1/results/x?a=b` }],
    ['that does not cover the method', { fields: ['@target-uri', 'content-digest'] }],
    ['that does not cover the URL', { fields: ['@method', '@path', 'content-digest'] }],
    ['that does not cover the body', { fields: ['@method', '@target-uri'] }],
    ['that covers nothing', { fields: [] }],
  ])('refuses a signature %s', async ([_, signing], { aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, await sign(task, signing))).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test.for<[string, (headers: Record<string, string>) => Record<string, string | readonly string[]>]>([
    ['no dictionary', (headers) => ({ ...headers, Signature: 'sig=("' })],
    [
      'a label of another input',
      (headers) => ({ ...headers, Signature: String(headers.Signature).replace('sig=', 'other=') }),
    ],
    ['a word for the bytes', (headers) => ({ ...headers, Signature: 'sig="abc"' })],
    ['another signature', (headers) => ({ ...headers, Signature: `sig=:${Buffer.alloc(64).toString('base64')}:` })],
    ['no digest', ({ 'content-digest': _, ...headers }) => headers],
    ['another digest', (headers) => ({ ...headers, 'content-digest': digestOf('other') })],
    [
      'T1 another algorithm',
      (headers) => ({
        ...headers,
        'Signature-Input': String(headers['Signature-Input']).replace('alg="ecdsa-p256-sha256"', 'alg="hmac-sha256"'),
      }),
    ],
    [
      'a later time than was signed',
      (headers) => ({
        ...headers,
        'Signature-Input': String(headers['Signature-Input']).replace(`created=${NOW}`, `created=${NOW + 1}`),
      }),
    ],
    [
      'a time in words',
      (headers) => ({
        ...headers,
        'Signature-Input': String(headers['Signature-Input']).replace(`created=${NOW}`, `created="${NOW}"`),
      }),
    ],
    [
      'a component twice',
      (headers) => ({
        ...headers,
        'Signature-Input': String(headers['Signature-Input']).replace('("@method"', '("@method" "@method"'),
      }),
    ],
    [
      'a component that is none',
      (headers) => ({
        ...headers,
        'Signature-Input': String(headers['Signature-Input']).replace('("@method"', '("@method" "@status"'),
      }),
    ],
    [
      'a component with parameters',
      (headers) => ({
        ...headers,
        'Signature-Input': String(headers['Signature-Input']).replace('"content-digest"', '"content-digest";bs'),
      }),
    ],
    [
      'an item for the inner list',
      (headers) => ({ ...headers, 'Signature-Input': 'sig="x";keyid="ecdsa-p256-sha256"' }),
    ],
  ])('refuses a callback with %s', async ([_, change], { aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, change(await sign(task)))).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('refuses a good signature over a component that has parameters', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    const params = `("@method";req "@target-uri" "content-digest");created=${NOW};keyid="ed25519"`;
    const base = [
      '"@method";req: POST',
      `"@target-uri": ${ORIGIN}${task.path('result')}`,
      `"content-digest": ${digestOf(BODY)}`,
      `"@signature-params": ${params}`,
    ].join('\n');
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${task.tokens.result}`,
      'content-digest': digestOf(BODY),
      'signature-input': `sig=${params}`,
      signature: `sig=:${signBytes(null, Buffer.from(base), PAIRS.ed25519.privateKey).toString('base64')}:`,
    };
    expect(await deliver(task, headers)).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
    // An unknown parameter does not change the value either.
    const [input, by] = [params.replace(';req', ';bs'), base.replaceAll(';req', ';bs')];
    const bytes = signBytes(null, Buffer.from(by), PAIRS.ed25519.privateKey).toString('base64');
    const other = { ...headers, 'signature-input': `sig=${input}`, signature: `sig=:${bytes}:` };
    expect(await deliver(task, other)).toBeRefusedWith('proof_invalid');
  });

  test('refuses a body that differs from the signed body', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, await sign(task), '{"text":"Total 9,999.00"}')).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('refuses the signed request of another task with any token', async ({ aTask, deliver, store }) => {
    const [task, other] = [await aTask(), await aTask()];
    const stolen = { ...(await sign(other)), authorization: `Bearer ${task.tokens.result}` };
    expect(await deliver(task, stolen)).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('refuses more signatures than the limit', async ({ aTask, deliver }) => {
    const task = await aTask();
    const many = await Promise.all(
      Array.from({ length: MAX_SIGNATURES + 1 }, (_, i) => sign(task, { name: `sig${i}` })),
    );
    const headers = {
      ...many[0],
      Signature: many.map((one) => one.Signature ?? ''),
      'Signature-Input': many.map((one) => one['Signature-Input'] ?? ''),
    };
    expect(await deliver(task, headers)).toBeRefusedWith('proof_invalid');
    const enough = {
      ...headers,
      Signature: headers.Signature.slice(1),
      'Signature-Input': headers['Signature-Input'].slice(1),
    };
    expect((await deliver(task, enough)).status).toBe(200);
  });

  test('counts it by its reason and writes no secret to the log', async ({ aTask, deliver, receiver }) => {
    const task = await aTask();
    const headers = await sign(task, { created: NOW - 600 });
    await deliver(task, headers);
    expect(receiver.counts()).toMatchObject({ 'TokenRefused/proof_invalid': 1 });
    expect(receiver.lines[0]).toMatchObject({ reason: 'created is not now' });
    expect(JSON.stringify(receiver.lines)).not.toContain(headers.Signature);
  });
});

describe('the examples of RFC 9421', () => {
  /** Appendix B.2: the test request. */
  const HEADERS: Readonly<Record<string, string>> = {
    host: 'example.com',
    date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'content-type': 'application/json',
    'content-digest':
      'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
    'content-length': '18',
  };
  const message = {
    request: {
      method: 'POST',
      header: (name: string) =>
        HEADERS[name.toLowerCase()] === undefined ? [] : [HEADERS[name.toLowerCase()] as string],
    },
    target: new URL('https://example.com/foo?param=Value&Pet=dog'),
  };
  const baseOf = (input: string) => {
    const [member] = [...parseDictionary(input).values()];
    return signatureBase(member as Parameters<typeof signatureBase>[0], message);
  };

  test('have our signature base, and a valid signature by test-key-ed25519 (B.2.6)', () => {
    const base = baseOf(
      'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
    );
    expect(base).toBe(
      [
        '"date": Tue, 20 Apr 2021 02:07:55 GMT',
        '"@method": POST',
        '"@path": /foo',
        '"@authority": example.com',
        '"content-type": application/json',
        '"content-length": 18',
        '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
      ].join('\n'),
    );
    const publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs' },
      format: 'jwk',
    });
    const signature = Buffer.from(
      'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
      'base64',
    );
    expect(verifyHttpSignature('ed25519', publicKey, Buffer.from(base ?? ''), signature)).toBe(true);
    signature[0] = (signature[0] ?? 0) ^ 1;
    expect(verifyHttpSignature('ed25519', publicKey, Buffer.from(base ?? ''), signature)).toBe(false);
  });

  test('have our derived components (2.2.2 to 2.2.7)', () => {
    expect(baseOf('s=("@target-uri" "@scheme" "@request-target" "@query")')?.split('\n').slice(0, 4)).toEqual([
      '"@target-uri": https://example.com/foo?param=Value&Pet=dog',
      '"@scheme": https',
      '"@request-target": /foo?param=Value&Pet=dog',
      '"@query": ?param=Value&Pet=dog',
    ]);
  });

  test.each(['@status', '@query-param', 'x-not-there', 'Date', '@signature-params'])(
    'do not include the component %s, which the receiver refuses',
    (name) => {
      expect(baseOf(`s=("${name}")`)).toBeUndefined();
    },
  );

  test('have our digest of the test request (RFC 9530)', () => {
    const body = Buffer.from('{"hello": "world"}');
    expect(matchesContentDigest([HEADERS['content-digest'] ?? ''], body)).toBe(true);
    expect(matchesContentDigest(['sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:'], body)).toBe(true);
    expect(matchesContentDigest([HEADERS['content-digest'] ?? ''], Buffer.from('{"hello": "World"}'))).toBe(false);
    // Every known digest must fit, and there must be at least one.
    expect(matchesContentDigest([HEADERS['content-digest'] ?? '', 'sha-256=:AAAA:'], body)).toBe(false);
    for (const lines of [[], ['md5=:AAAA:'], ['sha-256="abc"'], ['sha-256=:'], ['sha-256=(:AAAA:)']]) {
      expect(matchesContentDigest(lines, body)).toBe(false);
    }
  });
});
