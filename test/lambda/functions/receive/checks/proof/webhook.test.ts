import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import type { HandshakeEvent } from '../../../../../../lambda/contract/handshake.ts';
import { FunctionError } from '../../../../../../local/functions/function-error.ts';
import { INVOKE_PREFIX, serveInvoke } from '../../../../../../local/stand-ins/lambda.ts';
import { startStandIns } from '../../../../../../local/stand-ins/server.ts';
import { test as base } from '../../../../../support/fixtures.ts';
import { aHandshakeFunction, openCaller } from '../../../../../support/handshake.ts';
import '../../../../../support/matchers.ts';
import { expectUntouched } from '../../../../../support/proofs.ts';
import { aReceiver, type OpenTask, putTask, readTask } from '../../../../../support/receiver.ts';
import { aProcessor, REGISTRY } from '../../../../../support/registry.ts';
import { ORIGIN } from '../../../../../support/tokens.ts';

const FAILURE = { errorType: 'Error', errorMessage: 'it fails', trace: ['Error: it fails'] };
const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:handshake:live';

const urlOf = (task: OpenTask) => `${ORIGIN}${task.path('result')}`;

const test = base
  .extend('alice', { scope: 'file' }, async ({}, { onCleanup }) => {
    const alice = await openCaller();
    onCleanup(alice.close);
    return alice;
  })
  .extend('bob', { scope: 'file' }, async ({}, { onCleanup }) => {
    const bob = await openCaller();
    onCleanup(bob.close);
    return bob;
  })
  .extend('registry', { scope: 'file' }, ({ alice, bob }) => ({
    ...REGISTRY,
    'webhook-ocr': aProcessor({ id: 'webhook-ocr', proof: { kind: 'webhook', origins: [alice.origin] } }),
    'path-ocr': aProcessor({ id: 'path-ocr', proof: { kind: 'webhook', origins: [alice.confirmUrl] } }),
    'bob-ocr': aProcessor({ id: 'bob-ocr', proof: { kind: 'webhook', origins: [bob.origin] } }),
  }))
  /** Names of the functions that one test has invoked. */
  .extend('invoked', (): string[] => [])
  .extend('standIns', async ({ folder, invoked, registry, store }, { onCleanup }) => {
    const standIns = await startStandIns({
      dataDirectory: folder,
      bucketsDirectory: join(folder, 'buckets'),
      eventsFile: join(folder, 'events.jsonl'),
      onServiceEvent: () => undefined,
    });
    onCleanup(standIns.stop);
    const handshake = aHandshakeFunction(store, registry);
    standIns.route(
      INVOKE_PREFIX,
      serveInvoke(async (name, event) => {
        invoked.push(name);
        if (name !== FUNCTION) throw new Error(`There is no function ${name}.`);
        const { verify } = event as Extract<HandshakeEvent, { verify: unknown }>;
        if (verify.hash.startsWith('$2b$05$')) throw new FunctionError('error', 'Error', FAILURE);
        return handshake.verifyCaller(verify, handshake.originsOf(verify.processor));
      }),
    );
    return standIns;
  })
  .extend('receiver', ({ key, registry, standIns, store }, { onCleanup }) => {
    // The code of a proof creates its own client from these variables.
    vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', standIns.endpoint);
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    onCleanup(() => void vi.unstubAllEnvs());
    return aReceiver({ store, keys: [key], registry, variables: { HANDSHAKE_FUNCTION: FUNCTION } });
  })
  .extend(
    'aTask',
    ({ key, store }) =>
      (processor = 'webhook-ocr') =>
        putTask(store, key, { processor }),
  )
  .extend(
    'deliver',
    ({ receiver }) =>
      (task: OpenTask, authorization: string | readonly string[], more: object = {}) =>
        receiver.deliver({
          path: task.path('result'),
          headers: { 'content-type': 'application/json', 'callback-token': task.tokens.result, authorization, ...more },
          body: '{}',
        }),
  );

test('records a callback that the processor’s address confirms', async ({ aTask, alice, deliver, invoked, store }) => {
  const task = await aTask();
  const hash = await alice.hashFor(urlOf(task));
  expect((await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).status).toBe(200);
  expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
  expect(invoked).toEqual([FUNCTION]);
});

test('accepts the scheme in any case', async ({ aTask, alice, deliver }) => {
  const task = await aTask();
  const hash = await alice.hashFor(urlOf(task));
  expect((await deliver(task, `WEBHOOK ${alice.confirmUrl} ${hash}`)).status).toBe(200);
});

describe('a refused callback consumes nothing', () => {
  test.for<[string, (task: OpenTask) => object]>([
    ['without Authorization', () => ({ authorization: [] })],
    [
      'with its token in Authorization',
      (task) => ({ authorization: `Bearer ${task.tokens.result}`, 'callback-token': [] }),
    ],
    ['with another scheme', () => ({ authorization: 'Basic eDp5' })],
  ])('sends no request for a callback %s', async ([_, headers], { aTask, deliver, invoked, store }) => {
    const task = await aTask();
    expect(await deliver(task, [], headers(task))).toBeRefusedWith('proof_missing');
    expect(invoked).toEqual([]);
    await expectUntouched(store, task);
  });

  test('P1 refuses a bearer token beside Callback-Token', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, `Bearer ${task.tokens.result}`)).toBeRefusedWith('token_ambiguous');
    await expectUntouched(store, task);
  });

  test.for(['Webhook', 'Webhook http://127.0.0.1/', 'Webhook http://127.0.0.1/ hash'])(
    'sends no request for a malformed header: %j',
    async (authorization, { aTask, deliver, invoked, store }) => {
      const task = await aTask();
      expect(await deliver(task, authorization)).toBeRefusedWith('proof_invalid');
      expect(invoked).toEqual([]);
      await expectUntouched(store, task);
    },
  );

  test('refuses a caller that names the processor’s address as its own', async ({
    aTask,
    alice,
    bob,
    deliver,
    store,
  }) => {
    const task = await aTask();
    const hash = await bob.hashFor(urlOf(task));
    expect(await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('S1 refuses the address of another processor of the environment', async ({ aTask, bob, deliver, store }) => {
    const task = await aTask();
    const before = bob.server.asked.length;
    const hash = await bob.hashFor(urlOf(task));
    expect(await deliver(task, `Webhook ${bob.confirmUrl} ${hash}`)).toBeRefusedWith('proof_invalid');
    expect(bob.server.asked.length).toBe(before);
    await expectUntouched(store, task);
  });

  test('S1 refuses a URL that is not the registered URL of its processor', async ({ aTask, alice, deliver, store }) => {
    const task = await aTask('path-ocr');
    const before = alice.server.asked.length;
    const hash = await alice.hashFor(urlOf(task));
    expect(await deliver(task, `Webhook ${alice.confirmUrl}?again ${hash}`)).toBeRefusedWith('proof_invalid');
    expect(alice.server.asked.length).toBe(before);
    await expectUntouched(store, task);
    expect((await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).status).toBe(200);
  });

  test('refuses a hash that was sent to another task', async ({ aTask, alice, deliver, store }) => {
    const [task, other] = [await aTask(), await aTask()];
    const hash = await alice.hashFor(urlOf(other));
    expect(await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('refuses a used hash', async ({ aTask, alice, deliver }) => {
    const task = await aTask();
    const hash = await alice.hashFor(urlOf(task));
    expect((await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).status).toBe(200);
    expect(await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).toBeRefusedWith('proof_invalid');
    const again = await alice.hashFor(urlOf(task));
    expect((await deliver(task, `Webhook ${alice.confirmUrl} ${again}`)).headers['Idempotency-Replayed']).toBe('true');
  });

  test('C7 answers 503 if the handshake fails', async ({ aTask, alice, deliver, store }) => {
    const task = await aTask();
    const hash = await alice.hashFor(urlOf(task), 'secret', 5);
    expect(await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).toBeRefusedWith('unavailable');
    await expectUntouched(store, task);
  });

  test('counts it by its reason and writes no secret to the log', async ({ aTask, alice, bob, deliver, receiver }) => {
    const task = await aTask();
    const hash = await bob.hashFor(urlOf(task));
    await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`);
    expect(receiver.counts()).toMatchObject({ 'TokenRefused/proof_invalid': 1 });
    for (const secret of [hash, task.tokens.result]) expect(JSON.stringify(receiver.lines)).not.toContain(secret);
  });
});

test('ignores the header if the processor has no handshake', async ({ alice, deliver, invoked, key, store }) => {
  const task = await putTask(store, key, { processor: 'header-ocr' });
  const hash = await alice.hashFor(urlOf(task));
  expect((await deliver(task, `Webhook ${alice.confirmUrl} ${hash}`)).status).toBe(200);
  expect(invoked).toEqual([]);
});
