import { generateKeyPair, generateProof } from 'dpop';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { describe, expect } from 'vitest';
import { INLINE_LIMIT_BYTES, MAX_BODY_BYTES } from '../../../../lambda/contract/limits.ts';
import { OUTCOMES, type OutcomeCode } from '../../../../lambda/contract/outcomes.ts';
import { POLICY_CODE_FILE } from '../../../../lambda/contract/policy.ts';
import { proofFile } from '../../../../lambda/contract/proofs.ts';
import { PAYLOAD_BUCKET_FILE, SCHEMAS_FILE } from '../../../../lambda/contract/registry.ts';
import type { EventOverrides } from '../../../support/alb-event.ts';
import { anAwsEnvironment } from '../../../support/environments.ts';
import { test as base } from '../../../support/fixtures.ts';
import { type OpenTask, putCode, putTask } from '../../../support/receiver.ts';
import { TEXT_SCHEMA } from '../../../support/registry.ts';
import { type ShippedReceiver, startShippedReceiver } from '../../../support/shipped-receiver.ts';
import { aSigningKeyItem, putSigningKey } from '../../../support/signing-keys.ts';
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

/** Times of a token that was issued now, by the clock that the function has. */
const fresh = (age = 0) => {
  const iat = Math.floor(Date.now() / 1000) - age;
  return { iat, nbf: iat, exp: iat + 600 };
};
const JSON_TYPE = { 'content-type': 'application/json' };
const withToken = (task: OpenTask, token = task.tokens.result, more: EventOverrides = {}): EventOverrides => ({
  path: task.path('result'),
  body: '{"text":"Total"}',
  ...more,
  headers: { ...JSON_TYPE, authorization: `Bearer ${token}`, ...more.headers },
});

const USE = 'TransactWriteItems';

/** A callback needs no KMS. Nothing listens here. */
const UNUSED = 'http://127.0.0.1:1';

const test = base
  .extend(
    'aTask',
    { scope: 'file' },
    ({ key, store }) =>
      (processor = 'acme-ocr', claims: object = {}, item: object = {}): Promise<OpenTask> =>
        putTask(store, key, { processor, ...item }, { ...fresh(), ...claims }),
  )
  .extend('start', { scope: 'file' }, async ({ key, openProxy, store }) => {
    await putSigningKey(store, aSigningKeyItem(key));
    return (input = environment) =>
      startShippedReceiver({
        environment: input,
        store,
        endpoints: { dynamodb: openProxy.endpoint, kms: UNUSED },
      });
  })
  /** The process of most tests. */
  .extend('shipped', { scope: 'file' }, async ({ start }, { onCleanup }) => {
    const shipped = await start();
    onCleanup(shipped.stop);
    return shipped;
  })
  /** Starts a new process, for one test. */
  .extend('another', ({ start }, { onCleanup }) => {
    const processes: ShippedReceiver[] = [];
    onCleanup(async () => {
      await Promise.all(processes.map((process) => process.stop()));
    });
    return async (...input: Parameters<typeof start>): Promise<ShippedReceiver> => {
      const process = await start(...input);
      processes.push(process);
      return process;
    };
  })
  /**
   * Delivers, and lists the requests to AWS for it. The delivery before makes the process read its keys if they are old, and is
   * refused. So no request for keys is in the list.
   */
  .extend('delivered', ({ aTask, key, proxy, shipped }) => async (event: EventOverrides, by = shipped) => {
    const task = await aTask();
    await by.deliver(withToken(task, await aToken(key, task.claims('result'), { kid: 'another' })));
    proxy.clear();
    const answer = await by.deliver(event);
    return { answer, requests: proxy.requests.map(({ operation }) => operation) };
  });

describe('the requests of an accepted callback', () => {
  test('are one transaction, with the token in the path or in a header', async ({ aTask, delivered }) => {
    const byPath = await aTask();
    const event = { path: `${byPath.path('result')}/${byPath.tokens.result}`, headers: JSON_TYPE, body: '{}' };
    for (const each of [event, withToken(await aTask()), withToken(await aTask('schema-ocr'))]) {
      const { answer, requests } = await delivered(each);
      expect(answer.status).toBe(200);
      expect(requests).toEqual([USE]);
    }
  });

  test('are one transaction for every other capability', async ({ aTask, delivered }) => {
    const task = await aTask();
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

  test('include one read of a short code', async ({ aTask, delivered, store }) => {
    const task = await aTask('short-ocr');
    const code = await putCode(store, task, 'result');
    const { answer, requests } = await delivered({ path: `/c/${code}`, headers: JSON_TYPE, body: '{}' });
    expect(answer.status).toBe(200);
    expect(requests).toEqual(['GetItem', USE]);
  });

  test('include one write for the single use of a DPoP proof', async ({ aTask, delivered }) => {
    const task = await aTask('dpop-ocr', { cnf });
    const dpop = await generateProof(pair, `${ORIGIN}${task.path('result')}`, 'POST', undefined, task.tokens.result);
    const event = withToken(task, '', { headers: { authorization: `DPoP ${task.tokens.result}`, dpop } });
    const { answer, requests } = await delivered(event);
    expect(answer.status).toBe(200);
    expect(requests).toEqual(['UpdateItem', USE]);
  });

  test('are the same for a repeat with the same payload', async ({ aTask, delivered, shipped }) => {
    const event = withToken(await aTask());
    await shipped.deliver(event);
    const { answer, requests } = await delivered(event);
    expect(answer.headers['Idempotency-Replayed']).toBe('true');
    expect(requests).toEqual([USE]);
  });
});

interface Given {
  readonly aTask: (processor?: string, claims?: object, item?: object) => Promise<OpenTask>;
  readonly key: SigningKey;
  readonly shipped: ShippedReceiver;
}

/** One refusal of a callback: a request that gets it, and the requests to AWS before it. */
interface Refused {
  readonly code: OutcomeCode;
  readonly requests?: readonly string[];
  make(given: Given): Promise<EventOverrides>;
}

const claiming =
  (claims: object, processor?: string) =>
  async ({ aTask }: Given) =>
    withToken(await aTask(processor, claims));
const headed =
  (headerOfToken: Record<string, unknown>) =>
  async ({ aTask, key }: Given) => {
    const task = await aTask();
    return withToken(task, await aToken(key, task.claims('result'), headerOfToken));
  };
/** A callback after another of the same task. */
const after =
  (first: (task: OpenTask) => EventOverrides, then: (task: OpenTask) => EventOverrides) =>
  async ({ aTask, shipped }: Given) => {
    const task = await aTask();
    expect((await shipped.deliver(first(task))).status).toBe(200);
    return then(task);
  };
const progress = (body: string) => (task: OpenTask) =>
  withToken(task, task.tokens.progress, { path: task.path('progress'), body });

const REFUSED: readonly Refused[] = [
  { code: 'not_found', make: async () => ({ path: '/v1/results' }) },
  { code: 'method_not_allowed', make: async ({ aTask }) => withToken(await aTask(), undefined, { method: 'PUT' }) },
  {
    code: 'payload_too_large',
    make: async ({ aTask }) => withToken(await aTask(), undefined, { body: 'x'.repeat(MAX_BODY_BYTES + 1) }),
  },
  {
    code: 'content_type_refused',
    make: async ({ aTask }) => withToken(await aTask(), undefined, { headers: { 'content-type': 'text/html' } }),
  },
  {
    code: 'token_missing',
    make: async ({ aTask }) => withToken(await aTask(), undefined, { headers: { authorization: undefined } }),
  },
  {
    code: 'token_ambiguous',
    make: async ({ aTask }) =>
      withToken(await aTask(), undefined, {
        headers: { 'callback-token': 'x', authorization: ['Bearer a', 'Bearer b'] },
      }),
  },
  { code: 'token_malformed', make: async ({ aTask }) => withToken(await aTask(), 'nothing') },
  { code: 'token_header_refused', make: headed({ alg: 'none' }) },
  { code: 'token_key_unknown', make: headed({ kid: 'another' }) },
  {
    code: 'token_signature_invalid',
    make: async ({ aTask }) => {
      const [task, other] = [await aTask(), await aTask()];
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
    make: async ({ aTask }) => {
      const task = await aTask('dpop-ocr', { cnf });
      return withToken(task, '', { headers: { authorization: `DPoP ${task.tokens.result}`, dpop: 'nothing' } });
    },
  },
  { code: 'source_refused', make: claiming({}, 'office-ocr') },
  {
    code: 'payload_invalid',
    make: async ({ aTask }) => withToken(await aTask('schema-ocr'), undefined, { body: '{"total":1}' }),
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
    make: async ({ aTask }) => withToken(await aTask('acme-ocr', {}, { status: 'cancelled' })),
  },
  {
    code: 'token_exhausted',
    requests: [USE],
    make: async ({ aTask, shipped }) => {
      const task = await aTask('acme-ocr', { max_uses: 2 });
      for (const percent of [1, 2]) await shipped.deliver(progress(`{"percent":${percent}}`)(task));
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
    make: async ({ key }) => {
      const token = await aToken(key, claimsOf(fresh(), 'result', 'gone'));
      return { path: '/v1/results/gone', headers: { ...JSON_TYPE, authorization: `Bearer ${token}` }, body: '{}' };
    },
  },
];

describe('the requests of a refused callback', () => {
  const named = REFUSED.map(
    (refused) => [refused.code, (refused.requests ?? ['nothing']).join(', '), refused] as const,
  );

  test.for(named)(
    'are those of %s: %s',
    async ([code, _, { make, requests: expected = [] }], { aTask, delivered, key, shipped }) => {
      const { answer, requests } = await delivered(await make({ aTask, key, shipped }));
      expect(answer.json).toMatchObject({ code });
      expect(requests).toEqual(expected);
    },
  );

  test('do not exist for policy_denied', async ({ aTask, another, delivered }) => {
    const asking = await another(withPolicies);
    const { answer, requests } = await delivered(withToken(await aTask('denied-ocr')), asking);
    expect(answer.json).toMatchObject({ code: 'policy_denied' });
    expect(requests).toEqual([]);
  });

  test('are listed here for every refusal of a callback', () => {
    const ofCallbacks = Object.entries(OUTCOMES).filter(([, { metric }]) => metric !== null);
    const here = [...REFUSED.map(({ code }) => code), 'policy_denied', 'unavailable'];
    expect(here.toSorted()).toEqual(ofCallbacks.map(([code]) => code).sort());
  });
});

describe('a new process', () => {
  test('loads one file, and another at the first callback that needs it', async ({ aTask, another }) => {
    const starting = await another(withPolicies);
    await starting.deliver({ path: '/v1/results' });
    await starting.deliver(withToken(await aTask(), 'nothing'));
    expect(starting.files()).toEqual(['index.js']);
    await starting.deliver(withToken(await aTask()));
    expect(starting.files()).toEqual(['index.js', POLICY_CODE_FILE]);
    await starting.deliver(withToken(await aTask('schema-ocr')));
    await starting.deliver(withToken(await aTask('dpop-ocr', { cnf })));
    await starting.deliver(
      withToken(await aTask(), undefined, { body: `"${'x'.repeat(INLINE_LIMIT_BYTES.default)}"` }),
    );
    expect(starting.files()).toEqual([
      'index.js',
      POLICY_CODE_FILE,
      SCHEMAS_FILE,
      proofFile('dpop'),
      PAYLOAD_BUCKET_FILE,
    ]);
  });

  test('loads no module of Node’s that a callback does not need', async ({ aTask, another }) => {
    const starting = await another();
    expect((await starting.deliver(withToken(await aTask('schema-ocr')))).status).toBe(200);
    const builtin = starting.builtins();
    expect(builtin).toContain('crypto');
    // `fetch`, `performance`, promises of timers, a compressor: each is a part of a cold start.
    const costly = /undici|perf_hooks|timers\/promises|zlib|readline|https|webcrypto|webstreams/;
    expect(builtin.filter((name) => costly.test(name))).toEqual([]);
  });
});
