import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { clientCredentials, Postern, type Task, TaskCancelled } from '../../../sdk/client/index.ts';
import { clientCredentials as operatorCredentials, PosternOperator } from '../../../sdk/client/operator/index.ts';
import { test as base } from '../../local/start/gateway-fixtures.ts';
import { fetchDescribed } from '../../support/described-fetch.ts';
import { EVENTUALLY } from '../../support/patience.ts';

/** Every method of the package at a gateway of `npm start`, with a week of tasks in it. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TSX = import.meta.resolve('tsx');
const TASK = { processor: 'acme-ocr', resource: 'invoice-77', expiresIn: 3_600 } as const;
const REASON = 'a test';

const collect = async <T>(items: AsyncIterable<T>): Promise<readonly T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

const test = base
  .extend('options', { scope: 'file' }, (): readonly string[] => ['--seed'])
  .extend('described', ({ ready }) => fetchDescribed(ready.gateway))
  /** The client of a sender of an application. */
  .extend('senderOf', ({ described, ready: { clients, gateway, idp } }) => (application: 'sender' | 'orders') => {
    const { clientId, privateJwk } = clients[application];
    const credentials = clientCredentials({ ...idp, clientId, privateKey: privateJwk });
    return new Postern({ origin: gateway, credentials, fetch: described.fetch });
  })
  .extend('postern', ({ senderOf }) => senderOf('sender'))
  .extend('operator', ({ described, ready: { clients, gateway, idp } }) => {
    const { clientId, privateJwk } = clients.operator;
    const credentials = operatorCredentials({ ...idp, clientId, privateKey: privateJwk });
    return new PosternOperator({ origin: gateway, credentials, fetch: described.fetch });
  })
  /** Expired tasks with late deliveries. The gateway makes them after it has begun to answer. */
  .extend('expiredTasks', ({ operator }) => async (): Promise<readonly Task[]> => {
    const find = () => collect(operator.tasks.list({ status: 'expired', has: 'quarantine' }));
    await expect.poll(async () => (await find()).length, EVENTUALLY).toBeGreaterThanOrEqual(2);
    return find();
  })
  .extend('deliver', ({}) => async (url: string | undefined, body: string): Promise<number> => {
    const headers = { 'content-type': 'text/plain' };
    return (await fetch(url ?? '', { method: 'POST', headers, body })).status;
  });

describe('Postern', () => {
  test('makes every operation of senders, and the answers are those of the description', async ({
    deliver,
    described,
    expiredTasks,
    postern,
    senderOf,
  }) => {
    const large = 'a'.repeat(100_000);
    const text = async (bytes: Promise<Uint8Array>) => new TextDecoder().decode(await bytes);

    const task = await postern.tasks.open({ ...TASK, owner: 'user-12', metadata: { page: 3 } });
    const waiting = postern.tasks.wait(task.taskId);
    expect(await deliver(task.callbacks.result.url, large)).toBe(200);
    const done = await waiting;
    expect([done.status, done.task.metadata]).toEqual(['succeeded', { page: 3 }]);
    // The result is in the bucket, the failure on its task.
    expect(await text(done.result())).toBe(large);
    expect(await (await postern.tasks.result(task.taskId, { as: 'response' })).text()).toBe(large);

    const reopened = await postern.tasks.reopen(task.taskId, { reason: REASON });
    expect(await deliver(reopened.callbacks.failure?.url, 'page 3')).toBe(200);
    expect(await text(postern.tasks.failure(task.taskId))).toBe('page 3');
    const [kept] = await postern.tasks.quarantine.list(task.taskId);
    expect(kept).toMatchObject({ capability: 'result', size: large.length, why: 'reopened' });
    await postern.tasks.quarantine.discard(task.taskId, kept?.id ?? '');
    expect(await postern.tasks.quarantine.list(task.taskId)).toEqual([]);

    const second = await postern.tasks.open(TASK);
    const issued = await postern.tasks.reissue(second.taskId, { callbacks: ['result'], carrier: 'header' });
    expect(Object.keys(issued.callbacks)).toEqual(['result']);
    expect((await postern.tasks.cancel(second.taskId)).status).toBe('cancelled');
    await expect((await postern.tasks.wait(second.taskId)).result()).rejects.toThrow(TaskCancelled);

    const ids = (await collect(postern.tasks.list({ owner: 'user-12', limit: 1 }))).map(({ taskId }) => taskId);
    expect(ids).toContain(task.taskId);

    // The late deliveries that the gateway starts with belong to another application.
    const { taskId = '' } = (await expiredTasks()).at(-1) ?? {};
    const orders = senderOf('orders');
    const [late] = await orders.tasks.quarantine.list(taskId);
    expect(await orders.tasks.quarantine.accept(taskId, late?.id ?? '')).toMatchObject({ taskId, status: 'succeeded' });

    const seen = [...described.seen].filter((each) => !each.startsWith('operator')).sort();
    expect(seen).toEqual([
      'acceptQuarantined 200',
      'cancelTask 200',
      'discardQuarantined 204',
      'getTask 200',
      'getTaskFailure 200',
      'getTaskResult 303',
      'listQuarantine 200',
      'listTasks 200',
      'openTask 201',
      'reissueCallbacks 201',
      'reopenTask 201',
    ]);
  });

  test('opens one task for one idempotency key, and is refused for another body', async ({ postern }) => {
    const options = { idempotencyKey: 'invoice-78, page 1' };
    const first = await postern.tasks.open(TASK, options);
    expect((await postern.tasks.open(TASK, options)).taskId).toBe(first.taskId);
    await expect(postern.tasks.open({ ...TASK, resource: 'invoice-79' }, options)).rejects.toMatchObject({
      code: 'idempotency_conflict',
      status: 422,
      retryable: false,
    });
  });

  test('says what is wrong with a request, and with an access token', async ({ postern, ready }) => {
    await expect(postern.tasks.open({ ...TASK, expiresIn: 59 })).rejects.toMatchObject({
      code: 'request_invalid',
      problem: { errors: [{ pointer: '/expiresIn' }] },
      requestId: expect.stringMatching(/\S/),
    });
    await expect(postern.tasks.get('no-such-task')).rejects.toMatchObject({ code: 'task_unknown', status: 404 });
    // The load balancer's own answer, as HTML.
    const stranger = new Postern({ origin: ready.gateway, credentials: async () => 'no.access.token' });
    await expect(stranger.tasks.get('a')).rejects.toMatchObject({ code: 'access_token_invalid', status: 401 });
  });

  test('asks for the scopes of senders, and the provider says no to a wrong key', async ({
    ready: { clients, gateway, idp },
  }) => {
    const { clientId } = clients.sender;
    const credentials = clientCredentials({ ...idp, clientId, privateKey: clients.orders.privateJwk });
    await expect(new Postern({ origin: gateway, credentials }).tasks.get('a')).rejects.toMatchObject({
      code: 'access_token_refused',
      retryable: false,
      message: expect.stringContaining('invalid_client'),
    });
    const reader = clientCredentials({ ...idp, clientId, privateKey: clients.sender.privateJwk, scope: 'task_read' });
    await expect(new Postern({ origin: gateway, credentials: reader }).tasks.open(TASK)).rejects.toMatchObject({
      code: 'access_token_insufficient',
      status: 403,
    });
  });
});

describe('PosternOperator', () => {
  test('makes every operation of operators, and the answers are those of the description', async ({
    deliver,
    described,
    expiredTasks,
    operator,
    postern,
  }) => {
    const revisionOf = async (taskId: string) => (await operator.tasks.get(taskId)).revision;

    const { callbacks, taskId } = await postern.tasks.open(TASK);
    expect(await deliver(callbacks.result.url, 'Total 42.00')).toBe(200);
    const payload = await operator.tasks.payload(taskId, { of: 'result', reason: REASON });
    expect(payload.preview).toEqual({ kind: 'text', text: 'Total 42.00', truncated: false });
    const reopened = await operator.tasks.reopen(taskId, { reason: REASON, revision: await revisionOf(taskId) });
    await expect(
      operator.tasks.cancel(taskId, { reason: REASON, revision: reopened.revision - 1 }),
    ).rejects.toMatchObject({
      code: 'task_changed',
      problem: { revision: reopened.revision },
    });
    const revoked = await operator.tasks.revoke(taskId, { reason: REASON, revision: reopened.revision });
    const cancelled = await operator.tasks.cancel(taskId, { reason: REASON, revision: revoked.revision });
    expect(cancelled).toMatchObject({ status: 'cancelled', quarantine: [{ why: 'reopened' }] });

    const [first, second] = await expiredTasks();
    for (const [task, act] of [
      [first, operator.quarantine.accept.bind(operator.quarantine)],
      [second, operator.quarantine.discard.bind(operator.quarantine)],
    ] as const) {
      const seen = await operator.tasks.get(task?.taskId ?? '');
      const id = seen.quarantine[0]?.id ?? '';
      const after = await act(seen.taskId, id, { reason: REASON, revision: seen.revision });
      expect(after.quarantine.map((entry) => entry.id)).not.toContain(id);
    }
    expect((await collect(operator.quarantine.list({ order: 'oldest', limit: 2 }))).length).toBeGreaterThan(2);
    expect((await collect(operator.replays.list())).length).toBeGreaterThan(0);

    for (const index of [1, 2])
      await postern.tasks.open({ ...TASK, processor: 'bulk-ocr', resource: `invoice-${index}` });
    expect((await operator.processors.list()).map(({ id }) => id)).toContain('bulk-ocr');
    expect(await operator.processors.get('bulk-ocr')).toMatchObject({ id: 'bulk-ocr', grade: 'C' });
    const plan = await operator.processors.revoke('bulk-ocr', { plan: true });
    const { count: confirm, planId } = plan;
    expect(confirm).toBeGreaterThanOrEqual(2);
    const { jobId } = await operator.processors.revoke('bulk-ocr', { planId, confirm, reason: REASON });
    await expect.poll(() => operator.jobs.get(jobId), EVENTUALLY).toMatchObject({ state: 'done', count: confirm });
    expect(await operator.jobs.abort(jobId, { reason: REASON })).toMatchObject({ state: 'done' });

    const letters = async () =>
      (await operator.deadLetters.list()).find(({ queue }) => queue === 'publish')?.items ?? [];
    await expect.poll(letters, EVENTUALLY).not.toEqual([]);
    const [letter] = await letters();
    const redrive = { reason: REASON, ...(letter && { id: letter.id }) };
    expect(await operator.deadLetters.redrive('publish', redrive)).toEqual({ queue: 'publish', id: letter?.id });

    const [key] = (await operator.keys.list()).filter(({ state }) => state === 'signing');
    expect(await operator.keys.retire(key?.kid ?? '', { reason: REASON })).toMatchObject({ state: 'retired' });

    const [latest] = await collect(operator.audit.list({ action: 'retire' }));
    expect(latest).toMatchObject({ action: 'retire', target: key?.kid, outcome: 'done', reason: REASON });

    expect([...described.seen].filter((each) => each.startsWith('operator')).sort()).toEqual([
      'operatorAbortJob 200',
      'operatorAcceptQuarantined 200',
      'operatorCancelTask 200',
      'operatorCancelTask 409',
      'operatorDiscardQuarantined 200',
      'operatorGetJob 200',
      'operatorGetProcessor 200',
      'operatorGetTask 200',
      'operatorListAudit 200',
      'operatorListDeadLetters 200',
      'operatorListKeys 200',
      'operatorListProcessors 200',
      'operatorListQuarantine 200',
      'operatorListReplays 200',
      'operatorListTasks 200',
      'operatorRedrive 202',
      'operatorReopenTask 200',
      'operatorRetireKey 200',
      'operatorRevealPayload 200',
      'operatorRevokeAll 200',
      'operatorRevokeAll 202',
      'operatorRevokeCallbacks 200',
    ]);
  });
});

/** A program of the README, which begins with its file name. */
const programOf = (file: string): string => {
  const readme = readFileSync(join(ROOT, 'sdk/client/README.md'), 'utf8');
  const program = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].find(([, text]) =>
    text?.startsWith(`// ${file}\n`),
  )?.[1];
  if (program === undefined) throw new Error(`The README has no program ${file}.`);
  return program;
};

describe('the README', () => {
  const withFolder = test
    /** Below the project, where the package is found that a reader has installed. */
    .extend('work', ({}, { onCleanup }) => {
      mkdirSync(join(ROOT, '.build'), { recursive: true });
      const work = mkdtempSync(join(ROOT, '.build', 'client-'));
      onCleanup(() => rmSync(work, { recursive: true, force: true }));
      return work;
    })
    .extend(
      'runProgram',
      ({ ready: { clients, events, gateway, idp }, work }) =>
        async (file: string, name: 'sender' | 'operator'): Promise<string> => {
          const { clientId, privateJwk } = clients[name];
          const client = { ...idp, origin: gateway, clientId, privateKey: privateJwk };
          writeFileSync(join(work, 'client.json'), JSON.stringify(client));
          copyFileSync(events.file, join(work, 'events.jsonl'));
          writeFileSync(join(work, file), programOf(file));
          const options = { cwd: work, env: { ...process.env, NODE_OPTIONS: '' } };
          return (await promisify(execFile)(process.execPath, ['--import', TSX, file], options)).stdout;
        },
    );

  withFolder('has a program of senders that runs as it stands', async ({ runProgram }) => {
    const lines = (await runProgram('sender.mjs', 'sender')).split('\n');
    expect(lines.slice(0, 2)).toEqual(['Total 42.00', 'invoice-77 succeeded']);
  });

  withFolder('has a program for events that runs as it stands', async ({ deliver, postern, ready, runProgram }) => {
    const { callbacks, taskId } = await postern.tasks.open(TASK);
    expect(await deliver(callbacks.result.url, 'Total 42.00')).toBe(200);
    const isPublished = () => readFileSync(ready.events.file, 'utf8').includes(`/v1/tasks/${taskId}/result`);
    await expect.poll(isPublished, EVENTUALLY).toBe(true);
    expect(await runProgram('events.mjs', 'sender')).toContain(`${taskId} 11\n`);
  });

  withFolder('has a program of operators that runs as it stands', async ({ operator, postern, runProgram }) => {
    const { taskId } = await postern.tasks.open(TASK);
    expect(await runProgram('operator.mjs', 'operator')).toContain(`${taskId} is cancelled\n`);
    expect((await operator.tasks.get(taskId)).status).toBe('cancelled');
  });
});
