import { generateKeyPairSync, randomBytes, randomUUID, sign as signBytes } from 'node:crypto';
import { type GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Webhook } from 'standardwebhooks';
import { describe, expect, vi } from 'vitest';
import { SECRET_CACHE_SECONDS } from '../../../../../../lambda/contract/call-limits.ts';
import {
  MAX_SIGNATURES,
  MAX_WEBHOOK_ID_CHARS,
  SIGNATURE_WINDOW_SECONDS,
} from '../../../../../../lambda/contract/proof-limits.ts';
import { createSecrets } from '../../../../../../lambda/shared/aws/secrets-cache.ts';
import { startStandIns } from '../../../../../../local/stand-ins/server.ts';
import { LOCAL_CLIENT } from '../../../../../support/engine.ts';
import { test as base } from '../../../../../support/fixtures.ts';
import '../../../../../support/matchers.ts';
import { join } from 'node:path';
import { expectUntouched } from '../../../../../support/proofs.ts';
import { aReceiver, type OpenTask, putTask, readTask } from '../../../../../support/receiver.ts';
import { aProcessor, REGISTRY } from '../../../../../support/registry.ts';
import { NOW } from '../../../../../support/tokens.ts';

const aSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const SECRET = aSecret();
const NEXT = aSecret();
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const whpk = `whpk_${Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url').toString('base64')}`;
const registry = {
  ...REGISTRY,
  'standard-ocr': aProcessor({ id: 'standard-ocr', proof: { kind: 'standard_webhooks', secretName: 'standard-ocr' } }),
  'key-ocr': aProcessor({ id: 'key-ocr', proof: { kind: 'standard_webhooks', publicKeys: [whpk] } }),
  'both-ocr': aProcessor({
    id: 'both-ocr',
    proof: { kind: 'standard_webhooks', secretName: 'standard-ocr', publicKeys: [whpk] },
  }),
  'nowhere-ocr': aProcessor({ id: 'nowhere-ocr', proof: { kind: 'standard_webhooks', secretName: 'nowhere' } }),
  'broken-ocr': aProcessor({ id: 'broken-ocr', proof: { kind: 'standard_webhooks', secretName: 'broken' } }),
};

const BODY = '{"text":"Total 42.00"}';

interface Signing {
  readonly id?: string;
  readonly at?: number;
  readonly body?: string;
  readonly secret?: string;
}

/** Headers as the library of the specification's authors signs them. */
const sign = ({ at = NOW, body = BODY, id = `msg_${randomUUID()}`, secret = SECRET }: Signing = {}) => ({
  'webhook-id': id,
  'webhook-timestamp': `${at}`,
  'webhook-signature': new Webhook(secret).sign(id, new Date(at * 1000), body),
});

/** `v1a`, which that library does not have: Ed25519 over the same text. */
const signWithKey = (body = BODY, pair = privateKey) => {
  const id = `msg_${randomUUID()}`;
  return {
    'webhook-id': id,
    'webhook-timestamp': `${NOW}`,
    'webhook-signature': `v1a,${signBytes(null, Buffer.from(`${id}.${NOW}.${body}`), pair).toString('base64')}`,
  };
};

const test = base
  .extend('standIns', { scope: 'file' }, async ({ folder }, { onCleanup }) => {
    const standIns = await startStandIns({
      dataDirectory: folder,
      bucketsDirectory: join(folder, 'buckets'),
      eventsFile: join(folder, 'events.jsonl'),
      onServiceEvent: () => undefined,
    });
    onCleanup(standIns.stop);
    standIns.secrets.put('standard-ocr', SECRET);
    standIns.secrets.put('broken', 'not a secret of this kind');
    return standIns;
  })
  .extend('receiver', ({ key, standIns, store }, { onCleanup }) => {
    // The code of a proof creates its own client from these variables.
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', standIns.endpoint);
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    onCleanup(() => void vi.unstubAllEnvs());
    return aReceiver({ store, keys: [key], registry });
  })
  .extend(
    'aTask',
    ({ key, store }) =>
      (processor = 'standard-ocr') =>
        putTask(store, key, { processor }),
  )
  .extend(
    'deliver',
    ({ receiver }) =>
      (task: OpenTask, headers: Readonly<Record<string, string | readonly string[]>>, body = BODY) =>
        receiver.deliver({
          path: task.path('result'),
          headers: { 'content-type': 'application/json', authorization: `Bearer ${task.tokens.result}`, ...headers },
          body,
        }),
  )
  /** The real client; what it sends is counted, and can be made to fail. */
  .extend('aClient', ({ standIns }) => () => {
    const client = new SecretsManagerClient({ ...LOCAL_CLIENT, endpoint: standIns.endpoint, maxAttempts: 1 });
    const state = { asked: 0, fails: false };
    const send = (command: GetSecretValueCommand) => {
      state.asked += 1;
      return state.fails ? Promise.reject(new Error('down')) : client.send(command);
    };
    return { state, client: { send } as never };
  });

describe('a callback with a signature of Standard Webhooks', () => {
  test('is recorded', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    expect((await deliver(task, sign())).status).toBe(200);
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
  });

  test('is recorded if a key signed it; a processor with both may use key or secret', async ({ aTask, deliver }) => {
    expect((await deliver(await aTask('key-ocr'), signWithKey())).status).toBe(200);
    expect((await deliver(await aTask('both-ocr'), signWithKey())).status).toBe(200);
    expect((await deliver(await aTask('both-ocr'), sign())).status).toBe(200);
  });

  test('O3 is recorded with either of two secrets during a rotation', async ({ aTask, deliver, standIns }) => {
    standIns.secrets.put('standard-ocr', `${NEXT} ${SECRET}`);
    for (const secret of [SECRET, NEXT]) expect((await deliver(await aTask(), sign({ secret }))).status).toBe(200);
    standIns.secrets.put('standard-ocr', SECRET);
  });

  test('may carry several signatures, and others that are not known', async ({ aTask, deliver }) => {
    const headers = sign();
    const all = ['v2,abc', sign({ secret: NEXT })['webhook-signature'], headers['webhook-signature']].join(' ');
    expect((await deliver(await aTask(), { ...headers, 'webhook-signature': all })).status).toBe(200);
  });

  test.for([
    ['past', NOW - SIGNATURE_WINDOW_SECONDS],
    ['future', NOW + SIGNATURE_WINDOW_SECONDS],
  ] as const)('is recorded at the edge of the %s', async ([_, at], { aTask, deliver }) => {
    expect((await deliver(await aTask(), sign({ at }))).status).toBe(200);
  });

  test('is recorded if its body is not text', async ({ aTask, receiver }) => {
    const task = await aTask('key-ocr');
    const body = randomBytes(500);
    const signed = Buffer.concat([Buffer.from(`msg_bytes.${NOW}.`), body]);
    const signature = `v1a,${signBytes(null, signed, privateKey).toString('base64')}`;
    const answer = await receiver.deliver({
      path: task.path('result'),
      headers: {
        'content-type': 'application/pdf',
        authorization: `Bearer ${task.tokens.result}`,
        ...signWithKey(),
        'webhook-id': 'msg_bytes',
        'webhook-signature': signature,
      },
      body,
    });
    expect(answer.status).toBe(200);
  });
});

describe('a refused callback consumes nothing', () => {
  test('refuses a callback without a signature', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, {})).toBeRefusedWith('proof_missing');
    const { 'webhook-signature': _, ...others } = sign();
    expect(await deliver(task, others)).toBeRefusedWith('proof_missing');
    await expectUntouched(store, task);
  });

  test.for<[string, (headers: ReturnType<typeof sign>) => Readonly<Record<string, string | readonly string[]>>]>([
    ['no id', ({ 'webhook-id': _, ...headers }) => headers],
    ['no time', ({ 'webhook-timestamp': _, ...headers }) => headers],
    ['another id', (headers) => ({ ...headers, 'webhook-id': 'msg_2' })],
    ['another time', (headers) => ({ ...headers, 'webhook-timestamp': `${NOW + 1}` })],
    ['a time with a sign', (headers) => ({ ...headers, 'webhook-timestamp': `+${NOW}` })],
    ['a time with a fraction', (headers) => ({ ...headers, 'webhook-timestamp': `${NOW}.0` })],
    ['an id twice', (headers) => ({ ...headers, 'webhook-id': ['msg_1', 'msg_1'] })],
    [
      'signatures in two lines',
      (headers) => ({ ...headers, 'webhook-signature': [headers['webhook-signature'], 'v1,AAAA'] }),
    ],
    [
      'a signature of another version',
      (headers) => ({ ...headers, 'webhook-signature': headers['webhook-signature'].replace('v1,', 'v1a,') }),
    ],
    [
      'a signature that is cut',
      (headers) => ({ ...headers, 'webhook-signature': headers['webhook-signature'].slice(0, -8) }),
    ],
    ['a signature that is none', (headers) => ({ ...headers, 'webhook-signature': 'none' })],
  ])('refuses a callback with %s', async ([_, change], { aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, change(sign()))).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test.for<[string, Signing]>([
    ['by another secret', { secret: NEXT }],
    ['one second too old', { at: NOW - SIGNATURE_WINDOW_SECONDS - 1 }],
    ['one second too new', { at: NOW + SIGNATURE_WINDOW_SECONDS + 1 }],
    ['over another body', { body: '{"text":"Total 9,999.00"}' }],
    ['with a full stop in its id', { id: 'msg.1' }],
    ['with a long id', { id: 'm'.repeat(MAX_WEBHOOK_ID_CHARS + 1) }],
  ])('refuses a signature %s', async ([_, signing], { aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, sign(signing))).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('refuses signed text that is moved over a full stop', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    const headers = sign({ id: 'msg', body: `${NOW}.{}` });
    const moved = { ...headers, 'webhook-id': `msg.${NOW}` };
    expect(await deliver(task, moved, '{}')).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('T2 refuses an HMAC with the public key as its secret', async ({ aTask, deliver, store }) => {
    const task = await aTask('key-ocr');
    const headers = sign({ secret: whpk.replace('whpk_', 'whsec_') });
    expect(await deliver(task, headers)).toBeRefusedWith('proof_invalid');
    expect(await deliver(task, signWithKey(BODY, generateKeyPairSync('ed25519').privateKey))).toBeRefusedWith(
      'proof_invalid',
    );
    expect(await deliver(task, signWithKey('other'))).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('refuses a signature by a key if a secret is registered', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, signWithKey())).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('refuses more signatures than the limit', async ({ aTask, deliver }) => {
    const task = await aTask();
    const headers = sign();
    const many = [...Array.from({ length: MAX_SIGNATURES }, () => 'v1,AAAAAAAAAAAA'), headers['webhook-signature']];
    expect(await deliver(task, { ...headers, 'webhook-signature': many.join(' ') })).toBeRefusedWith('proof_invalid');
    expect((await deliver(task, { ...headers, 'webhook-signature': many.slice(1).join(' ') })).status).toBe(200);
  });

  test.for(['nowhere-ocr', 'broken-ocr'])(
    'C7 answers 503 for %s, whose secret cannot be read',
    async (processor, { aTask, deliver, receiver, store }) => {
      const task = await aTask(processor);
      expect(await deliver(task, sign())).toBeRefusedWith('unavailable');
      expect(JSON.stringify(receiver.lines)).not.toContain('not a secret of this kind');
      await expectUntouched(store, task);
    },
  );

  test('counts it by its reason and writes no secret to the log', async ({ aTask, deliver, receiver }) => {
    const headers = sign({ secret: NEXT });
    await deliver(await aTask(), headers);
    expect(receiver.counts()).toMatchObject({ 'TokenRefused/proof_invalid': 1 });
    for (const secret of [SECRET, headers['webhook-signature']]) {
      expect(JSON.stringify(receiver.lines)).not.toContain(secret);
    }
  });
});

describe('a processor’s secret', () => {
  test('is asked for once in five minutes, by one request for all that wait', async ({ aClient }) => {
    let now = NOW;
    const { client, state } = aClient();
    const secrets = createSecrets(() => now * 1000, client);
    expect(await Promise.all(Array.from({ length: 5 }, () => secrets.find('standard-ocr')))).toEqual(
      Array(5).fill(SECRET),
    );
    now += SECRET_CACHE_SECONDS.fresh - 1;
    await secrets.find('standard-ocr');
    expect(state.asked).toBe(1);
    now += 1;
    await secrets.find('standard-ocr');
    expect(state.asked).toBe(2);
  });

  test('C7 is used for at most an hour if it cannot be read again', async ({ aClient }) => {
    let now = NOW;
    const { client, state } = aClient();
    const secrets = createSecrets(() => now * 1000, client);
    await secrets.find('standard-ocr');
    state.fails = true;
    now += SECRET_CACHE_SECONDS.stale - 1;
    expect(await secrets.find('standard-ocr')).toBe(SECRET);
    now += 1;
    await expect(secrets.find('standard-ocr')).rejects.toThrow('down');
    state.fails = false;
    expect(await secrets.find('standard-ocr')).toBe(SECRET);
  });
});
