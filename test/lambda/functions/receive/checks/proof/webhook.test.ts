import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HandshakeEvent } from '../../../../../../lambda/contract/handshake.ts';
import { INVOKE_PREFIX, serveInvoke } from '../../../../../../local/stand-ins/lambda.ts';
import { startStandIns } from '../../../../../../local/stand-ins/server.ts';
import { openStore, type TestStore } from '../../../../../support/engine.ts';
import {
  aHandshakeFunction,
  type HandshakeFixture,
  openCaller,
  type TestCaller,
} from '../../../../../support/handshake.ts';
import '../../../../../support/matchers.ts';
import { expectUntouched } from '../../../../../support/proofs.ts';
import { aReceiver, type OpenTask, putTask, type ReceiverFixture, readTask } from '../../../../../support/receiver.ts';
import { aProcessor, REGISTRY } from '../../../../../support/registry.ts';
import { aSigningKey, ORIGIN } from '../../../../../support/tokens.ts';

const key = await aSigningKey();
const folder = mkdtempSync(join(tmpdir(), 'webhook-'));
const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:handshake:live';
let store: TestStore;
let standIns: Awaited<ReturnType<typeof startStandIns>>;
let alice: TestCaller;
let bob: TestCaller;
let handshake: HandshakeFixture;
let receiver: ReceiverFixture;
let invoked: string[];

beforeAll(async () => {
  [store, alice, bob] = await Promise.all([openStore(), openCaller(), openCaller()]);
  standIns = await startStandIns({
    dataDirectory: folder,
    bucketsDirectory: join(folder, 'buckets'),
    eventsFile: join(folder, 'events.jsonl'),
    onServiceEvent: () => undefined,
  });
  standIns.route(
    INVOKE_PREFIX,
    serveInvoke(async (name, event) => {
      invoked.push(name);
      if (name !== FUNCTION) throw new Error(`There is no function ${name}.`);
      const { verify } = event as Extract<HandshakeEvent, { verify: unknown }>;
      if (verify.hash.startsWith('$2b$05$')) throw new Error('it fails');
      return handshake.verifyCaller(verify, handshake.originsOf(verify.processor));
    }),
  );
});
afterAll(async () => {
  await Promise.all([store.close(), standIns.stop(), alice.close(), bob.close()]);
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  // The code of a proof creates its own client from these variables.
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', standIns.endpoint);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const registry = {
    ...REGISTRY,
    'webhook-ocr': aProcessor({ id: 'webhook-ocr', proof: { kind: 'webhook', origins: [alice.origin] } }),
    'path-ocr': aProcessor({ id: 'path-ocr', proof: { kind: 'webhook', origins: [alice.confirmUrl] } }),
    'bob-ocr': aProcessor({ id: 'bob-ocr', proof: { kind: 'webhook', origins: [bob.origin] } }),
  };
  invoked = [];
  handshake = aHandshakeFunction(store, registry);
  receiver = aReceiver({ store, keys: [key], registry, variables: { HANDSHAKE_FUNCTION: FUNCTION } });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const aTask = (processor = 'webhook-ocr') => putTask(store, key, { processor });
const urlOf = (task: OpenTask) => `${ORIGIN}${task.path('result')}`;
const deliver = (task: OpenTask, authorization: string | readonly string[], more: object = {}) =>
  receiver.deliver({
    path: task.path('result'),
    headers: { 'content-type': 'application/json', 'callback-token': task.tokens.result, authorization, ...more },
    body: '{}',
  });

test('a callback that its processor’s address confirms is recorded', async () => {
  const task = await aTask();
  const hash = await alice.hashFor(urlOf(task));
  expect((await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).status).toBe(200);
  expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
  expect(invoked).toEqual([FUNCTION]);
});

test('the scheme may be written in any case', async () => {
  const task = await aTask();
  const hash = await alice.hashFor(urlOf(task));
  expect((await deliver(task, `WEBHOOK ${alice.confirmUrl} ${hash}`)).status).toBe(200);
});

describe('a refused callback consumes nothing', () => {
  test.each<[string, (task: OpenTask) => object]>([
    ['without Authorization', () => ({ authorization: [] })],
    [
      'with its token in Authorization',
      (task) => ({ authorization: `Bearer ${task.tokens.result}`, 'callback-token': [] }),
    ],
    ['with another scheme', () => ({ authorization: 'Basic eDp5' })],
  ])('sends no request for a callback %s', async (_, headers) => {
    const task = await aTask();
    expect(await deliver(task, [], headers(task))).toBeRefusedWith('proof_missing');
    expect(invoked).toEqual([]);
    await expectUntouched(store, task);
  });

  test('P1 refuses a bearer token beside Callback-Token', async () => {
    const task = await aTask();
    expect(await deliver(task, `Bearer ${task.tokens.result}`)).toBeRefusedWith('token_ambiguous');
    await expectUntouched(store, task);
  });

  test.each(['Webhook', 'Webhook http://127.0.0.1/', 'Webhook http://127.0.0.1/ hash'])(
    'sends no request for a malformed header: %j',
    async (authorization) => {
      const task = await aTask();
      expect(await deliver(task, authorization)).toBeRefusedWith('proof_invalid');
      expect(invoked).toEqual([]);
      await expectUntouched(store, task);
    },
  );

  test('refuses a caller that names the processor’s address as its own', async () => {
    const task = await aTask();
    const hash = await bob.hashFor(urlOf(task));
    expect(await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('S1 refuses the address of another processor of the environment', async () => {
    const task = await aTask();
    const before = bob.server.asked.length;
    const hash = await bob.hashFor(urlOf(task));
    expect(await deliver(task, `Webhook ${bob.confirmUrl} ${hash}`)).toBeRefusedWith('proof_invalid');
    expect(bob.server.asked.length).toBe(before);
    await expectUntouched(store, task);
  });

  test('S1 refuses a URL that is not the registered URL of its processor', async () => {
    const task = await aTask('path-ocr');
    const before = alice.server.asked.length;
    const hash = await alice.hashFor(urlOf(task));
    expect(await deliver(task, `Webhook ${alice.confirmUrl}?again ${hash}`)).toBeRefusedWith('proof_invalid');
    expect(alice.server.asked.length).toBe(before);
    await expectUntouched(store, task);
    expect((await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).status).toBe(200);
  });

  test('refuses a hash that was sent to another task', async () => {
    const [task, other] = [await aTask(), await aTask()];
    const hash = await alice.hashFor(urlOf(other));
    expect(await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('refuses a used hash', async () => {
    const task = await aTask();
    const hash = await alice.hashFor(urlOf(task));
    expect((await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).status).toBe(200);
    expect(await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).toBeRefusedWith('proof_invalid');
    const again = await alice.hashFor(urlOf(task));
    expect((await deliver(task, `Webhook ${alice.confirmUrl} ${again}`)).headers['Idempotency-Replayed']).toBe('true');
  });

  test('C7 answers 503 if the handshake fails', async () => {
    const task = await aTask();
    const hash = await alice.hashFor(urlOf(task), 'secret', 5);
    expect(await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).toBeRefusedWith('unavailable');
    await expectUntouched(store, task);
  });

  test('counts it by its reason and writes no secret to the log', async () => {
    const task = await aTask();
    const hash = await bob.hashFor(urlOf(task));
    await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`);
    expect(receiver.counts()).toMatchObject({ 'TokenRefused/proof_invalid': 1 });
    for (const secret of [hash, task.tokens.result]) expect(JSON.stringify(receiver.lines)).not.toContain(secret);
  });
});

test('a processor without the handshake has no use for it: the header is ignored', async () => {
  const task = await putTask(store, key, { processor: 'header-ocr' });
  const hash = await alice.hashFor(urlOf(task));
  expect((await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).status).toBe(200);
  expect(invoked).toEqual([]);
});
