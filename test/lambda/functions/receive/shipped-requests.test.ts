import { sign } from 'node:crypto';
import { generateKeyPair, generateProof } from 'dpop';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { INLINE_LIMIT_BYTES, MAX_BODY_BYTES } from '../../../../lambda/contract/limits.ts';
import { OUTCOMES, type OutcomeCode } from '../../../../lambda/contract/outcomes.ts';
import { POLICY_CODE_FILE } from '../../../../lambda/contract/policy.ts';
import { proofFile } from '../../../../lambda/contract/proofs.ts';
import { PAYLOAD_BUCKET_FILE, SCHEMAS_FILE } from '../../../../lambda/contract/registry.ts';
import { LIST_SEPARATOR } from '../../../../lambda/contract/variables.ts';
import { joseFromDer } from '../../../../lambda/shared/callback-token/ecdsa-signature.ts';
import { fetchPublicKeys } from '../../../../lambda/shared/callback-token/public-keys.ts';
import type { EventOverrides } from '../../../support/alb-event.ts';
import type { Delivered } from '../../../support/delivered.ts';
import { openStore, type TestStore } from '../../../support/engine.ts';
import { anAwsEnvironment } from '../../../support/environments.ts';
import { type FaultProxy, openFaultProxy } from '../../../support/fault-proxy.ts';
import { aSigningKey, openKms, type TestKms } from '../../../support/kms.ts';
import { type OpenTask, putCode, putTask } from '../../../support/receiver.ts';
import { TEXT_SCHEMA } from '../../../support/registry.ts';
import { type ShippedReceiver, startShippedReceiver } from '../../../support/shipped-receiver.ts';
import { aToken, claimsOf, ORIGIN, type SigningKey } from '../../../support/tokens.ts';

const pair = await generateKeyPair('ES256', { extractable: true });
const jwk = await exportJWK(pair.publicKey);
const cnf = { jkt: await calculateJwkThumbprint(jwk) };
const header = { carriers: ['header'], contentTypes: ['application/json'] };
const environment = anAwsEnvironment({
  processors: {
    'acme-ocr': { carriers: ['path', 'header'], contentTypes: ['application/json'] },
    'short-ocr': { carriers: ['short'], contentTypes: ['application/json'] },
    'schema-ocr': { ...header, schema: TEXT_SCHEMA },
    'dpop-ocr': { ...header, proof: { kind: 'dpop', publicJwk: jwk } },
    'office-ocr': { ...header, sourceRanges: ['198.51.100.0/24'] },
    'denied-ocr': header,
  },
});
const withPolicies = {
  ...environment,
  policies: `permit (principal, action, resource); forbid (principal == Processor::"denied-ocr", action, resource);`,
};

let store: TestStore;
let kms: TestKms;
let key: SigningKey;
let dynamodbProxy: FaultProxy;
let kmsProxy: FaultProxy;
let receiver: ShippedReceiver;

const start = (input = environment, signingKeyId = kms.key.arn) =>
  startShippedReceiver({
    environment: input,
    store,
    signingKeyId,
    endpoints: { dynamodb: dynamodbProxy.endpoint, kms: kmsProxy.endpoint },
  });

/** A new process, for one test. */
const another = async (...input: Parameters<typeof start>): Promise<ShippedReceiver> => {
  const started = await start(...input);
  onTestFinished(() => started.stop());
  return started;
};

beforeAll(async () => {
  [store, kms] = await Promise.all([openStore(), openKms()]);
  [dynamodbProxy, kmsProxy] = await Promise.all([openFaultProxy(store.endpoint), openFaultProxy(kms.endpoint)]);
  const [publicKey] = await fetchPublicKeys(kms.getPublicKey, [kms.key.arn]);
  const { privateKey } = kms.key;
  if (publicKey === undefined || privateKey === undefined) throw new Error('The stand-in has no key.');
  const signer = {
    alg: publicKey.alg,
    kid: publicKey.kid,
    sign: async (input: Uint8Array) => joseFromDer(sign('sha256', input, privateKey), 32),
  };
  key = { publicKey, privateKey, signer };
  receiver = await start();
  await receiver.deliver(withToken(await open()));
  // The keys are there: what is asked of KMS from now on is asked by a callback.
  kmsProxy.clear();
});
afterEach(() => {
  dynamodbProxy.clear();
  kmsProxy.clear();
});
afterAll(async () => {
  await receiver.stop();
  await Promise.all([store.close(), kms.close(), dynamodbProxy.close(), kmsProxy.close()]);
});

/** Times of a token that was issued now, by the clock that the function has. */
const fresh = (age = 0) => {
  const iat = Math.floor(Date.now() / 1000) - age;
  return { iat, nbf: iat, exp: iat + 600 };
};
const open = (processor = 'acme-ocr', claims: object = {}, item: object = {}): Promise<OpenTask> =>
  putTask(store, key, { processor, ...item }, { ...fresh(), ...claims });

const JSON_TYPE = { 'content-type': 'application/json' };
const withToken = (task: OpenTask, token = task.tokens.result, more: EventOverrides = {}): EventOverrides => ({
  path: task.path('result'),
  body: '{"text":"Total"}',
  ...more,
  headers: { ...JSON_TYPE, authorization: `Bearer ${token}`, ...more.headers },
});

const asked = () => [...kmsProxy.requests, ...dynamodbProxy.requests].map(({ operation }) => operation);

/** Delivers, and says what was asked of AWS for it. */
const delivered = async (event: EventOverrides, by = receiver): Promise<{ answer: Delivered; requests: string[] }> => {
  dynamodbProxy.clear();
  const answer = await by.deliver(event);
  return { answer, requests: asked() };
};

const USE = 'TransactWriteItems';

describe('an accepted callback asks', () => {
  test('by path and by header for one transaction', async () => {
    const byPath = await open();
    const event = { path: `${byPath.path('result')}/${byPath.tokens.result}`, headers: JSON_TYPE, body: '{}' };
    for (const each of [event, withToken(await open()), withToken(await open('schema-ocr'))]) {
      const { answer, requests } = await delivered(each);
      expect(answer.status).toBe(200);
      expect(requests).toEqual([USE]);
    }
  });

  test('for every other capability the same', async () => {
    const task = await open();
    const upload = JSON.stringify({ contentType: 'application/json', size: 3, sha256: 'a'.repeat(64) });
    for (const [capability, body] of [
      ['progress', '{"percent":5}'],
      ['upload', upload],
      ['failure', '{}'],
    ] as const) {
      const event = withToken(task, task.tokens[capability], { path: task.path(capability), body });
      const { answer, requests } = await delivered(event);
      expect(answer.status).toBe(200);
      expect(requests).toEqual([USE]);
    }
  });

  test('by short code for what the code stands for, too', async () => {
    const task = await open('short-ocr');
    const code = await putCode(store, task, 'result');
    const { answer, requests } = await delivered({ path: `/c/${code}`, headers: JSON_TYPE, body: '{}' });
    expect(answer.status).toBe(200);
    expect(requests).toEqual(['GetItem', USE]);
  });

  test('with a DPoP proof for its one use, too', async () => {
    const task = await open('dpop-ocr', { cnf });
    const dpop = await generateProof(pair, `${ORIGIN}${task.path('result')}`, 'POST', undefined, task.tokens.result);
    const event = withToken(task, '', { headers: { authorization: `DPoP ${task.tokens.result}`, dpop } });
    const { answer, requests } = await delivered(event);
    expect(answer.status).toBe(200);
    expect(requests).toEqual(['UpdateItem', USE]);
  });

  test('again, with the same payload, for the same', async () => {
    const event = withToken(await open());
    await receiver.deliver(event);
    const { answer, requests } = await delivered(event);
    expect(answer.headers['Idempotency-Replayed']).toBe('true');
    expect(requests).toEqual([USE]);
  });
});

/** One refusal of a callback: a request that gets it, and the requests to AWS before it. */
interface Refused {
  readonly code: OutcomeCode;
  readonly requests?: readonly string[];
  make(): Promise<EventOverrides>;
}

const claiming = (claims: object, processor?: string) => async () => withToken(await open(processor, claims));
const headed = (headerOfToken: Record<string, unknown>) => async () => {
  const task = await open();
  return withToken(task, await aToken(key, task.claims('result'), headerOfToken));
};
/** A callback after another of the same task. */
const after = (first: (task: OpenTask) => EventOverrides, then: (task: OpenTask) => EventOverrides) => async () => {
  const task = await open();
  expect((await receiver.deliver(first(task))).status).toBe(200);
  return then(task);
};
const progress = (body: string) => (task: OpenTask) =>
  withToken(task, task.tokens.progress, { path: task.path('progress'), body });

const REFUSED: readonly Refused[] = [
  { code: 'not_found', make: async () => ({ path: '/v1/results' }) },
  { code: 'method_not_allowed', make: async () => withToken(await open(), undefined, { method: 'PUT' }) },
  {
    code: 'payload_too_large',
    make: async () => withToken(await open(), undefined, { body: 'x'.repeat(MAX_BODY_BYTES + 1) }),
  },
  {
    code: 'content_type_refused',
    make: async () => withToken(await open(), undefined, { headers: { 'content-type': 'text/html' } }),
  },
  {
    code: 'token_missing',
    make: async () => withToken(await open(), undefined, { headers: { authorization: undefined } }),
  },
  {
    code: 'token_ambiguous',
    make: async () =>
      withToken(await open(), undefined, {
        headers: { 'callback-token': 'x', authorization: ['Bearer a', 'Bearer b'] },
      }),
  },
  { code: 'token_malformed', make: async () => withToken(await open(), 'nothing') },
  { code: 'token_header_refused', make: headed({ alg: 'none' }) },
  { code: 'token_key_unknown', make: headed({ kid: 'another' }) },
  {
    code: 'token_signature_invalid',
    make: async () => {
      const [task, other] = [await open(), await open()];
      const signature = other.tokens.result.split('.').at(-1);
      return withToken(task, [...task.tokens.result.split('.').slice(0, 2), signature].join('.'));
    },
  },
  { code: 'token_issuer_invalid', make: claiming({ iss: 'https://another.example.com' }) },
  { code: 'token_audience_invalid', make: claiming({ aud: `${ORIGIN}/v1/failures` }) },
  { code: 'token_subject_invalid', make: claiming({ sub: 'nobody' }) },
  { code: 'token_role_missing', make: claiming({ roles: [] }) },
  { code: 'token_scope_insufficient', make: claiming({ scope: 'failure_write' }) },
  { code: 'token_path_mismatch', make: claiming({ path: '/v1/results/another' }) },
  { code: 'token_resource_mismatch', make: claiming({ res_id: 'another' }) },
  { code: 'token_not_yet_valid', make: claiming({ nbf: fresh().iat + 300 }) },
  { code: 'token_issued_in_future', make: claiming({ iat: fresh().iat + 300 }) },
  { code: 'token_lifetime_exceeded', make: claiming({ exp: fresh().iat + 100_000_000 }) },
  { code: 'proof_missing', make: claiming({ cnf }, 'dpop-ocr') },
  {
    code: 'proof_invalid',
    make: async () => {
      const task = await open('dpop-ocr', { cnf });
      return withToken(task, '', { headers: { authorization: `DPoP ${task.tokens.result}`, dpop: 'nothing' } });
    },
  },
  { code: 'source_refused', make: claiming({}, 'office-ocr') },
  {
    code: 'payload_invalid',
    make: async () => withToken(await open('schema-ocr'), undefined, { body: '{"total":1}' }),
  },
  // Those that ask: whether there is such a code, whether it is a repeat, and from step 10 on whether it may be.
  {
    code: 'token_unknown',
    requests: ['GetItem'],
    make: async () => ({ path: `/c/${'a'.repeat(22)}`, headers: JSON_TYPE }),
  },
  // Then it is kept, as late.
  { code: 'token_expired', requests: ['GetItem', 'UpdateItem'], make: claiming(fresh(3_600)) },
  {
    code: 'token_replayed',
    // The replay's evidence is one more transaction.
    requests: [USE, USE],
    make: after(withToken, (task) => withToken(task, undefined, { body: '{"text":"another"}' })),
  },
  {
    code: 'token_revoked',
    requests: [USE, 'UpdateItem'],
    make: async () => withToken(await open('acme-ocr', {}, { status: 'cancelled' })),
  },
  {
    code: 'token_exhausted',
    requests: [USE],
    make: async () => {
      const task = await open('acme-ocr', { max_uses: 2 });
      for (const percent of [1, 2]) await receiver.deliver(progress(`{"percent":${percent}}`)(task));
      return progress('{"percent":3}')(task);
    },
  },
  {
    code: 'task_closed',
    requests: [USE, 'UpdateItem'],
    make: after(
      (task) => withToken(task, task.tokens.failure, { path: task.path('failure') }),
      (task) => withToken(task),
    ),
  },
  {
    code: 'task_gone',
    requests: [USE],
    make: async () => {
      const token = await aToken(key, claimsOf(fresh(), 'result', 'gone'));
      return { path: '/v1/results/gone', headers: { ...JSON_TYPE, authorization: `Bearer ${token}` }, body: '{}' };
    },
  },
];

describe('a refused callback asks for nothing before step 10, but for what is said here', () => {
  const named = REFUSED.map(
    (refused) => [refused.code, (refused.requests ?? ['nothing']).join(', '), refused] as const,
  );

  test.each(named)('%s: %s', async (code, _, { make, requests: expected = [] }) => {
    const { answer, requests } = await delivered(await make());
    expect(answer.json).toMatchObject({ code });
    expect(requests).toEqual(expected);
  });

  test('policy_denied: nothing', async () => {
    const asking = await another(withPolicies);
    // An accepted one, so that the keys are there.
    expect((await asking.deliver(withToken(await open()))).status).toBe(200);
    kmsProxy.clear();
    const { answer, requests } = await delivered(withToken(await open('denied-ocr')), asking);
    expect(answer.json).toMatchObject({ code: 'policy_denied' });
    expect(requests).toEqual([]);
  });

  test('makes no request to tables without public keys, and the next callback tries again', async () => {
    kmsProxy.inject(() => ({ kind: 'error', status: 503 }));
    const starting = await another();
    const event = withToken(await open());
    dynamodbProxy.clear();
    expect((await starting.deliver(event)).json).toMatchObject({ code: 'unavailable' });
    expect(dynamodbProxy.requests).toEqual([]);
    kmsProxy.clear();
    const { answer, requests } = await delivered(event, starting);
    expect(answer.status).toBe(200);
    expect(requests).toEqual(['GetPublicKey', USE]);
  });

  test('and no other refusal of a callback is left out', () => {
    const ofCallbacks = Object.entries(OUTCOMES).filter(([, { metric }]) => metric !== null);
    const here = [...REFUSED.map(({ code }) => code), 'policy_denied', 'unavailable'];
    expect(here.toSorted()).toEqual(ofCallbacks.map(([code]) => code).sort());
  });
});

describe('a new process', () => {
  test('asks KMS once for each key, and never again', async () => {
    const keys = [kms.key.arn, kms.standIns.kms.ensureKey(aSigningKey('PreviousKey')).arn];
    const starting = await another(environment, keys.join(LIST_SEPARATOR));
    for (let count = 0; count < 20; count += 1) {
      expect((await starting.deliver(withToken(await open()))).status).toBe(200);
    }
    expect(kmsProxy.requests.map(({ input, operation }) => [operation, input.KeyId])).toEqual(
      keys.map((arn) => ['GetPublicKey', arn]),
    );
  });

  test('loads one file, and another at the first callback that needs it', async () => {
    const starting = await another(withPolicies);
    await starting.deliver({ path: '/v1/results' });
    await starting.deliver(withToken(await open(), 'nothing'));
    expect(starting.files()).toEqual(['index.js']);
    await starting.deliver(withToken(await open()));
    expect(starting.files()).toEqual(['index.js', POLICY_CODE_FILE]);
    await starting.deliver(withToken(await open('schema-ocr')));
    await starting.deliver(withToken(await open('dpop-ocr', { cnf })));
    await starting.deliver(withToken(await open(), undefined, { body: `"${'x'.repeat(INLINE_LIMIT_BYTES.default)}"` }));
    expect(starting.files()).toEqual([
      'index.js',
      POLICY_CODE_FILE,
      SCHEMAS_FILE,
      proofFile('dpop'),
      PAYLOAD_BUCKET_FILE,
    ]);
  });

  test('loads no module of Node’s that a callback does not need', async () => {
    const starting = await another();
    expect((await starting.deliver(withToken(await open('schema-ocr')))).status).toBe(200);
    const builtin = starting.builtins();
    expect(builtin).toContain('crypto');
    // `fetch`, `performance`, promises of timers, a compressor: each is a part of a cold start.
    const costly = /undici|perf_hooks|timers\/promises|zlib|readline|https|webcrypto|webstreams/;
    expect(builtin.filter((name) => costly.test(name))).toEqual([]);
  });
});
