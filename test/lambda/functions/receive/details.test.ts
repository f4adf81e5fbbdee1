import { createHash, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { calculateJwkThumbprint, type JWK, SignJWT } from 'jose';
import { describe, expect } from 'vitest';
import { RFC_9068 } from '../../../../lambda/contract/access-token-profile.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import type { EventOverrides } from '../../../support/alb-event.ts';
import type { Delivered } from '../../../support/delivered.ts';
import { aReceiver, type OpenTask, putTask } from '../../../support/receiver.ts';
import { aProcessor, REGISTRY, registryOf } from '../../../support/registry.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

// Details of refusals say what to correct, and nothing that helps the thief of a token.
const mine = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const theirs = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed25519 = generateKeyPairSync('ed25519');
const jwkOf = (publicKey: KeyObject) => publicKey.export({ format: 'jwk' }) as JWK;
const whpk = `whpk_${Buffer.from(String(jwkOf(ed25519.publicKey).x), 'base64url').toString('base64')}`;
const jkt = await calculateJwkThumbprint(jwkOf(mine.publicKey));

const registry = {
  ...REGISTRY,
  ...registryOf(
    aProcessor({ id: 'signed-ocr', proof: { kind: 'http_signature', keys: { mine: { ...jwkOf(mine.publicKey) } } } }),
    aProcessor({ id: 'standard-ocr', proof: { kind: 'standard_webhooks', publicKeys: [whpk] } }),
    aProcessor({ id: 'dpop-ocr', proof: { kind: 'dpop', jkt, nonce: false } }),
    aProcessor({ id: 'idp-ocr', proof: { kind: 'private_key_jwt', clientId: 'acme' } }),
    aProcessor({ id: 'mtls-ocr', proof: { kind: 'mtls', x5tS256: 'x', port: 8443 } }),
    aProcessor({ id: 'webhook-ocr', proof: { kind: 'webhook', origins: ['https://callbacks.acme.example'] } }),
  ),
};

type Headers = NonNullable<EventOverrides['headers']>;

const BODY = '{"text":"x"}';
const bearer = (task: OpenTask, headers: Headers = {}): Headers => ({
  authorization: `Bearer ${task.tokens.result}`,
  ...headers,
});

/** The answer but for its request id, and that what was sent as a credential is not in it. */
const told = (answer: Delivered, credentials: readonly string[] = []) => {
  for (const one of credentials) expect(`${JSON.stringify(answer.headers)}${answer.body}`).not.toContain(one);
  const { requestId: _, ...problem } = answer.json as Record<string, unknown>;
  return { ...problem, challenge: answer.headers['WWW-Authenticate'] };
};

const test = base
  .extend('receiver', ({ identityProvider, key, store }) =>
    aReceiver({
      store,
      keys: [key],
      registry,
      variables: {
        IDP_ISSUER: identityProvider.issuer,
        IDP_JWKS_URI: `${identityProvider.issuer}/jwks`,
        ACCESS_TOKEN_MAX_LIFETIME_SECONDS: 3600,
        ACCESS_TOKEN_PROFILE: RFC_9068,
        ACCESS_TOKEN_USES: 'many',
        MUTUAL_TLS_HEADER: `x-postern-client-certificate-${'0'.repeat(32)}`,
        MUTUAL_TLS_TARGET_GROUP: 'mtls',
      },
    }),
  )
  .extend(
    'aTask',
    ({ key, store }) =>
      (processor: string, claims: Record<string, unknown> = {}) =>
        putTask(store, key, { processor }, claims),
  )
  .extend(
    'deliver',
    ({ receiver }) =>
      (task: OpenTask, headers: Headers, body = BODY) =>
        receiver.deliver({
          path: task.path('result'),
          headers: { 'content-type': 'application/json', ...headers },
          body,
        }),
  );

describe('the detail of token_missing', () => {
  const ADVICE =
    'Send `Authorization: Bearer TOKEN`, or `Callback-Token: TOKEN` where Authorization carries something else.';

  test.for<[string, Headers, string]>([
    ['nothing', {}, `Authorization did not come. ${ADVICE}`],
    ['Basic', { authorization: 'Basic dXNlcjpwYXNz' }, `Authorization came with the scheme Basic. ${ADVICE}`],
    [
      'a scheme in small letters',
      { authorization: 'token abcdef' },
      `Authorization came with the scheme Token. ${ADVICE}`,
    ],
    ['Bearer alone', { authorization: 'Bearer' }, `Authorization came with the scheme Bearer and no token. ${ADVICE}`],
    [
      'a word that may be the token',
      { authorization: 'eyJhbGciOi.eyJpc3Mi.c2lnbmF0dXJl' },
      `Authorization came without a scheme that carries a callback token. ${ADVICE}`,
    ],
    [
      'a word that objects inherit',
      { authorization: 'constructor x' },
      `Authorization came without a scheme that carries a callback token. ${ADVICE}`,
    ],
    ['an empty Callback-Token', { 'callback-token': '' }, 'Callback-Token came without a token.'],
  ])('names the fault: %s', async ([_, headers, detail], { aTask, deliver }) => {
    const task = await aTask('header-ocr');
    const answer = await deliver(task, headers);
    expect(answer).toBeRefusedWith('token_missing');
    expect(told(answer, ['dXNlcjpwYXNz', 'abcdef', 'eyJhbGciOi', 'constructor'])).toMatchObject({ detail });
  });

  test('says that the processor has no DPoP proof', async ({ aTask, deliver }) => {
    const task = await aTask('header-ocr');
    const answer = await deliver(task, { authorization: `DPoP ${task.tokens.result}` });
    expect(answer).toBeRefusedWith('token_missing');
    expect(told(answer, [task.tokens.result])).toMatchObject({
      detail:
        'Authorization came with the scheme DPoP, and callbacks of this processor have no DPoP proof. Send `Authorization: Bearer TOKEN`.',
    });
  });
});

describe('the detail of content_type_refused', () => {
  test.for<[string, Headers, string]>([
    ['another type', { 'content-type': 'text/html' }, 'Content-Type is not one that callbacks are sent as here.'],
    ['two types', { 'content-type': ['text/plain', 'text/plain'] }, 'Content-Type is not one media type.'],
    ['no type at all', { 'content-type': 'text' }, 'Content-Type is not one media type.'],
    ['an encoding', { 'content-encoding': 'gzip' }, 'Content-Encoding is not accepted: send the bytes as they are.'],
  ])('names the fault: %s', async ([_, headers, detail], { aTask, deliver }) => {
    const task = await aTask('header-ocr');
    const answer = await deliver(task, bearer(task, headers));
    expect(answer).toBeRefusedWith('content_type_refused');
    expect(told(answer)).toMatchObject({ detail });
  });

  test('says that a report must be JSON', async ({ aTask, receiver }) => {
    const task = await aTask('header-ocr');
    const report = (contentType: string | undefined) =>
      receiver.deliver({ path: task.path('progress'), headers: { 'content-type': contentType } });
    expect(told(await report('text/plain'))).toMatchObject({
      detail: 'Content-Type is not application/json, which this route takes.',
    });
    expect(told(await report(undefined))).toMatchObject({
      detail: 'Content-Type did not come, and is not application/json, which this route takes.',
    });
  });
});

describe.each([
  ['signed-ocr', 'http_signature'],
  ['standard-ocr', 'standard_webhooks'],
  ['idp-ocr', 'private_key_jwt'],
  ['mtls-ocr', 'mtls'],
  ['webhook-ocr', 'webhook'],
])('H1 the challenge to a callback of %s', (processor, proof) => {
  test(`names the proof ${proof} that is missing`, async ({ aTask, deliver }) => {
    const task = await aTask(processor);
    const answer = await deliver(task, bearer(task));
    expect(answer).toBeRefusedWith('proof_missing');
    expect(told(answer, [task.tokens.result])).toMatchObject({
      challenge: `Bearer realm="${ORIGIN}", error="invalid_token", proof="${proof}"`,
      detail: expect.stringMatching(/\.$/),
    });
  });
});

describe('the detail for an HTTP message signature', () => {
  const digestOf = (body: string) => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;

  interface Signing {
    readonly components?: string;
    readonly params?: string;
    readonly privateKey?: KeyObject;
    readonly headers?: Headers;
  }
  const signed = (task: OpenTask, signing: Signing = {}): Headers => {
    const {
      components = '"@method" "@target-uri" "content-digest"',
      headers = {},
      params = `created=${NOW};keyid="mine"`,
      privateKey = mine.privateKey,
    } = signing;
    const base = [
      '"@method": POST',
      `"@target-uri": ${ORIGIN}${task.path('result')}`,
      `"content-digest": ${digestOf(BODY)}`,
      `"@signature-params": (${components});${params}`,
    ].join('\n');
    const signature = signBytes('sha256', Buffer.from(base), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return bearer(task, {
      'content-digest': digestOf(BODY),
      'signature-input': `sig=(${components});${params}`,
      signature: `sig=:${signature.toString('base64')}:`,
      ...headers,
    });
  };

  test('accepts the unchanged signature of these tests', async ({ aTask, deliver }) => {
    const task = await aTask('signed-ocr');
    expect((await deliver(task, signed(task))).status).toBe(200);
  });

  test.for<[string, Signing, string]>([
    [
      'an old time',
      { params: `created=${NOW - 400};keyid="mine"` },
      'created is 400 s behind the gateway’s clock, and may be 300 s.',
    ],
    [
      'a time to come',
      { params: `created=${NOW + 301};keyid="mine"` },
      'created is 301 s ahead of the gateway’s clock, and may be 300 s.',
    ],
    ['no time', { params: 'keyid="mine"' }, 'The parameter created is not there as a whole number of seconds.'],
    [
      'an end that is over',
      { params: `created=${NOW};expires=${NOW};keyid="mine"` },
      'The parameter expires is over, or is no whole number of seconds.',
    ],
    ['no keyid', { params: `created=${NOW}` }, 'The parameter keyid is missing.'],
    [
      'no digest among its components',
      { components: '"@method" "@target-uri"' },
      'The component "content-digest" is not signed: sign "@method", "@target-uri", "content-digest" at least.',
    ],
    [
      'a header that did not come',
      { components: '"@method" "@target-uri" "content-digest" "x-none"' },
      'The component "x-none" is signed, and did not come with the request.',
    ],
    [
      'a component twice',
      { components: '"@method" "@method" "@target-uri" "content-digest"' },
      'The component "@method" is signed twice.',
    ],
    [
      'a component with parameters',
      { components: '"@method";req "@target-uri" "content-digest"' },
      'The component "@method" has parameters, which are not accepted.',
    ],
    ['no list', { headers: { 'signature-input': 'sig="x"' } }, 'Signature-Input does not list components.'],
    ['nothing', { headers: { 'signature-input': '' } }, 'Signature-Input names no signature.'],
    [
      'no dictionary',
      { headers: { signature: 'sig=("' } },
      'Signature is not a dictionary of structured fields (RFC 9421).',
    ],
    [
      'another label',
      { headers: { signature: 'other=:AAAA:' } },
      'Signature has no bytes under the label of Signature-Input.',
    ],
    [
      'no digest that is known',
      { headers: { 'content-digest': 'md5=:AAAA:' } },
      'Content-Digest has no digest by sha-256 or sha-512.',
    ],
    [
      'another digest',
      { headers: { 'content-digest': digestOf('y') } },
      'Content-Digest is not the digest of the 12 bytes that came as the body.',
    ],
  ])('names the fault: %s', async ([_, signing, detail], { aTask, deliver }) => {
    const task = await aTask('signed-ocr');
    const headers = signed(task, signing);
    const answer = await deliver(task, headers);
    expect(answer).toBeRefusedWith('proof_invalid');
    expect(told(answer, [task.tokens.result])).toMatchObject({
      detail,
      challenge: `Bearer realm="${ORIGIN}", error="invalid_token", proof="http_signature"`,
    });
  });

  test('does not tell whether the key is registered, or why the signature does not match', async ({
    aTask,
    deliver,
  }) => {
    const answers: object[] = [];
    for (const signing of [
      { params: `created=${NOW};keyid="nobody"` },
      { params: `created=${NOW};keyid="constructor"` },
      { privateKey: theirs.privateKey },
      { params: `created=${NOW};keyid="mine";alg="ed25519"` },
      { headers: { signature: `sig=:${Buffer.alloc(64).toString('base64')}:` } },
      { headers: { signature: 'sig=:AAAA:' } },
    ]) {
      const task = await aTask('signed-ocr');
      answers.push(told(await deliver(task, signed(task, signing))));
    }
    for (const answer of answers) {
      expect(answer).toEqual({
        type: `${ORIGIN}/problems/proof_invalid`,
        title: expect.any(String),
        status: 401,
        code: 'proof_invalid',
        detail:
          'No signature fits: it is made with a key that was agreed on, over exactly what Signature-Input lists, by the algorithm of the key.',
        challenge: `Bearer realm="${ORIGIN}", error="invalid_token", proof="http_signature"`,
      });
    }
  });

  test('names a wrong form whether or not the key is registered', async ({ aTask, deliver }) => {
    const task = await aTask('signed-ocr');
    const [one, other] = ['mine', 'nobody'].map((keyId) => ({ params: `created=${NOW - 400};keyid="${keyId}"` }));
    expect(told(await deliver(task, signed(task, one)))).toEqual(told(await deliver(task, signed(task, other))));
  });
});

describe('the detail for a message of Standard Webhooks', () => {
  const signed = (task: OpenTask, headers: Headers = {}): Headers => {
    const signature = signBytes(null, Buffer.from(`msg_1.${NOW}.${BODY}`), ed25519.privateKey).toString('base64');
    return bearer(task, {
      'webhook-id': 'msg_1',
      'webhook-timestamp': `${NOW}`,
      'webhook-signature': `v1a,${signature}`,
      ...headers,
    });
  };

  test.for<[string, Headers, string]>([
    ['no id', { 'webhook-id': undefined }, 'The header webhook-id is missing.'],
    ['no time', { 'webhook-timestamp': undefined }, 'The header webhook-timestamp is missing.'],
    ['two times', { 'webhook-timestamp': [`${NOW}`, `${NOW}`] }, 'The header webhook-timestamp came more than once.'],
    [
      'an id with a full stop',
      { 'webhook-id': 'a.b' },
      'webhook-id is not 1 to 256 printable characters without a full stop.',
    ],
    [
      'a time in words',
      { 'webhook-timestamp': 'noon' },
      'webhook-timestamp is not a whole number of seconds since 1970.',
    ],
    [
      'a late time',
      { 'webhook-timestamp': `${NOW - 301}` },
      'webhook-timestamp is 301 s behind the gateway’s clock, and may be 300 s.',
    ],
    [
      'many signatures',
      { 'webhook-signature': Array(9).fill('v1,AAAAAAAAAAAA').join(' ') },
      'webhook-signature holds more than 8.',
    ],
    [
      'no signature that is one',
      { 'webhook-signature': 'sha256=abc' },
      'webhook-signature holds no `v1,` or `v1a,` and base64.',
    ],
  ])('names the fault: %s', async ([_, headers, detail], { aTask, deliver }) => {
    const task = await aTask('standard-ocr');
    const answer = await deliver(task, signed(task, headers));
    expect(answer).toBeRefusedWith('proof_invalid');
    expect(told(answer, [task.tokens.result])).toMatchObject({ detail });
  });

  test('does not tell which kinds of signature the processor has', async ({ aTask, deliver }) => {
    const task = await aTask('standard-ocr');
    const details = ['v1', 'v1a'].map(async (version) => {
      const answer = await deliver(task, signed(task, { 'webhook-signature': `${version},${'A'.repeat(88)}` }));
      return told(answer, ['A'.repeat(88)]);
    });
    const [one, other] = await Promise.all(details);
    expect(one).toEqual(other);
    expect(one).toMatchObject({
      detail:
        'No signature fits: it is made with what was agreed on, over `webhook-id.webhook-timestamp.body`, the body byte by byte.',
    });
  });
});

describe('the detail for a DPoP proof', () => {
  const proofOf = (task: OpenTask, claims: object = {}, header: object = {}) =>
    new SignJWT({
      htm: 'POST',
      htu: `${ORIGIN}${task.path('result')}`,
      iat: NOW,
      jti: 'one',
      ath: createHash('sha256').update(task.tokens.result).digest('base64url'),
      ...claims,
    })
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: jwkOf(mine.publicKey), ...header })
      .sign(mine.privateKey);

  test.for<[string, object, object, string]>([
    ['an old time', { iat: NOW - 121 }, {}, 'iat is 121 s behind the gateway’s clock, and may be 120 s.'],
    ['a time in words', { iat: 'now' }, {}, 'The proof: iat is not now.'],
    ['another method', { htm: 'GET' }, {}, 'The proof: htm is not the method of the request.'],
    ['another URL', { htu: ORIGIN }, {}, 'The proof: htu is not the URL of the request.'],
    ['another token', { ath: 'x' }, {}, 'The proof: ath is not that of the token.'],
    ['another type', {}, { typ: 'JWT' }, 'The proof: typ is not that of a DPoP proof.'],
    ['another key', {}, { jwk: jwkOf(theirs.publicKey) }, 'The proof: jwk is not the key that the token is bound to.'],
  ])('names the fault: %s', async ([_, claims, header, detail], { aTask, deliver }) => {
    const task = await aTask('dpop-ocr', { cnf: { jkt } });
    const dpop = await proofOf(task, claims, header);
    const answer = await deliver(task, { authorization: `DPoP ${task.tokens.result}`, dpop });
    expect(answer).toBeRefusedWith('proof_invalid', { scheme: 'DPoP', error: 'invalid_dpop_proof' });
    expect(told(answer, [task.tokens.result, dpop])).toMatchObject({ detail });
  });

  test('says that the proof is missing, or that the token came as Bearer', async ({ aTask, deliver }) => {
    const task = await aTask('dpop-ocr', { cnf: { jkt } });
    expect(told(await deliver(task, { authorization: `DPoP ${task.tokens.result}` }))).toMatchObject({
      code: 'proof_missing',
      detail: 'The header DPoP is missing.',
    });
    expect(told(await deliver(task, bearer(task)))).toMatchObject({
      code: 'proof_missing',
      detail: 'The token is bound to a key: send it as `Authorization: DPoP TOKEN`, with a proof in the header DPoP.',
    });
  });

  test('says that the proof was used before', async ({ aTask, deliver }) => {
    const task = await aTask('dpop-ocr', { cnf: { jkt } });
    const dpop = await proofOf(task, { jti: 'used' });
    const headers = { authorization: `DPoP ${task.tokens.result}`, dpop };
    expect((await deliver(task, headers)).status).toBe(200);
    expect(told(await deliver(task, headers))).toMatchObject({
      detail: 'The proof was used before: make one with another jti.',
    });
  });
});

describe('the detail for an access token beside the callback token', () => {
  test.for<[string, Record<string, unknown>, string]>([
    ['of another client', { client_id: 'other' }, 'it stands for another client'],
    ['that has expired', { iat: NOW - 3_600, exp: NOW - 60 }, 'it has expired'],
    ['for somebody else', { aud: 'https://other.example' }, 'aud is not this gateway'],
  ])('names the fault of a token %s', async ([_, claims, fault], { aTask, deliver, identityProvider }) => {
    const task = await aTask('idp-ocr');
    const token = await identityProvider.accessToken({ sub: 'acme', client_id: 'acme', ...claims });
    const answer = await deliver(task, { authorization: `Bearer ${token}`, 'callback-token': task.tokens.result });
    expect(answer).toBeRefusedWith('proof_invalid');
    expect(told(answer, [token, task.tokens.result])).toMatchObject({
      detail: `The access token in Authorization is not accepted: ${fault}.`,
    });
  });

  test('does not tell an unknown key from a wrong signature', async ({ aTask, deliver, identityProvider }) => {
    const task = await aTask('idp-ocr');
    const token = await identityProvider.accessToken({ sub: 'acme', client_id: 'acme' });
    const unknown = await identityProvider.accessToken({ sub: 'acme', client_id: 'acme' }, { kid: 'unknown' });
    const forged = `${token.slice(0, token.lastIndexOf('.'))}.${unknown.slice(unknown.lastIndexOf('.') + 1)}`;
    for (const one of [unknown, forged]) {
      const answer = await deliver(task, { authorization: `Bearer ${one}`, 'callback-token': task.tokens.result });
      expect(told(answer, [one])).toMatchObject({
        detail:
          'The access token in Authorization is not accepted: no key of the identity provider fits its signature.',
      });
    }
  });

  test('names the scheme if it is not Bearer', async ({ aTask, deliver }) => {
    const task = await aTask('idp-ocr');
    const answer = await deliver(task, { authorization: 'Basic dXNlcjpwYXNz', 'callback-token': task.tokens.result });
    expect(answer).toBeRefusedWith('proof_missing');
    expect(told(answer, ['dXNlcjpwYXNz'])).toMatchObject({
      detail:
        'Authorization came with the scheme Basic. Send an access token of yours as `Authorization: Bearer`, and the callback token as `Callback-Token`.',
    });
  });
});

test('the detail of a malformed handshake says what is wrong with its header', async ({ aTask, deliver }) => {
  const task = await aTask('webhook-ocr');
  const answer = await deliver(task, {
    authorization: 'Webhook https://callbacks.acme.example/confirm',
    'callback-token': task.tokens.result,
  });
  expect(answer).toBeRefusedWith('proof_invalid');
  expect(told(answer, [task.tokens.result, 'acme.example'])).toMatchObject({
    detail: 'Authorization is not `Webhook CONFIRM_URL HASH`: not three parts.',
  });
});

test('an expired token gets no detail about its proof', async ({ aTask, deliver, receiver }) => {
  const task = await aTask('signed-ocr');
  receiver.at(NOW + 4_000);
  const answer = await deliver(task, bearer(task));
  expect(answer).toBeRefusedWith('token_expired');
  expect(answer.json).not.toHaveProperty('detail');
});
