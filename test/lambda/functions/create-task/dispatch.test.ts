import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import type { StoredDispatch } from '../../../../lambda/contract/dispatch.ts';
import { inputKey } from '../../../../lambda/contract/tables.ts';
import { createPolicy } from '../../../../lambda/shared/policy/cedar.ts';
import { readPolicies } from '../../../../lib/config/policies.ts';
import { aDispatchedTask, aFailedDispatch, dispatchSettings } from '../../../support/dispatched.ts';
import type { TestStore } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import { deliverAfterFailedDispatch } from '../../../support/late-after-failed-dispatch.ts';
import { readTask } from '../../../support/receiver.ts';
import { aProcessor, registryOf } from '../../../support/registry.ts';
import type { OpenFunction } from '../../../support/sender-api.ts';
import { storeTasks } from '../../../support/stored-task.ts';
import { NOW } from '../../../support/tokens.ts';

const REGISTRY = registryOf(
  aProcessor({ id: 'sent-ocr', carriers: ['path'], dispatch: dispatchSettings() }),
  aProcessor({ id: 'plain-ocr', carriers: ['path'] }),
  aProcessor({ id: 'mute-ocr', carriers: ['path'], dispatch: dispatchSettings({ body: '{{input}}' }) }),
);

const test = base.extend('open', ({ sender }) => sender.opener({ registry: REGISTRY }));

/** A dispatch that had failed its task when an answer of the processor came. */
const ACCEPTED_LATE: StoredDispatch = { state: 'accepted', attempts: 4, issue: 1, used: 4, lastStatus: 202 };

const aBody = (overrides: Record<string, unknown> = {}) => ({
  processor: 'sent-ocr',
  resource: 'invoice-77',
  expiresIn: 3_600,
  input: { document: 'https://files.example/77' },
  ...overrides,
});

const postTo = (open: OpenFunction, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  open.send({
    path,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
  });

const pointersOf = (answer: { readonly json: unknown }): readonly unknown[] =>
  ((answer.json as { errors?: readonly { pointer?: string }[] }).errors ?? []).map(({ pointer }) => pointer);

const readInput = async (store: TestStore, taskId: string) => {
  const Key = { lookupKey: { S: inputKey(taskId) } };
  const { Item } = await store.client.send(
    new GetItemCommand({ TableName: store.lookupsTable, Key, ConsistentRead: true }),
  );
  return Item && unmarshall(Item);
};

const codeOf = ({ json }: { readonly json: unknown }) => (json as { code?: string }).code;

const aStored = async (store: TestStore, task: ReturnType<typeof aDispatchedTask>) => {
  await storeTasks(store, [task]);
  return task.taskId;
};

describe('opening a task whose work Postern sends', () => {
  test('answers 201 without callbacks, and queues the work with its input', async ({ open, sender }) => {
    const answer = await postTo(open, '/v1/tasks', aBody({ heartbeat: 60 }));
    expect([answer.status, answer.json]).toEqual([
      201,
      expect.objectContaining({ status: 'pending', callbacks: {}, dispatch: { state: 'queued' } }),
    ]);
    const { taskId } = answer.json as { taskId: string };
    const task = await readTask(sender.store, taskId);
    expect(task).toMatchObject({
      dispatch: { state: 'queued', attempts: 0, issue: 1, used: 0 },
      queuedAt: NOW,
      dispatchAt: NOW,
      dispatchShard: `queued#sent-ocr#${task?.shard}`,
      heartbeat: 60,
      callbacks: { result: { jti: expect.any(String), maxUses: 1 } },
    });
    expect(Object.keys(task?.callbacks ?? {})).toEqual(['result']);
    expect(task?.due).toBe(task?.deadline);
    expect(await readInput(sender.store, taskId)).toEqual({
      lookupKey: `input#${taskId}`,
      input: '{"document":"https://files.example/77"}',
      taskId,
      issue: 1,
      expiresAt: task?.purgeAt,
    });
  });

  test.for<[string, Record<string, unknown>, string]>([
    ['an input of 16,385 bytes', { input: 'x'.repeat(16_383) }, '/input'],
    ['no input, which the template names', { input: undefined }, '/input'],
    ['an input if the sender sends the work', { dispatch: false }, '/input'],
    ['an input of another processor', { processor: 'plain-ocr' }, '/input'],
    ['a dispatch to another processor', { processor: 'plain-ocr', input: undefined, dispatch: true }, '/dispatch'],
    ['a dispatch that is a text', { dispatch: 'true' }, '/dispatch'],
    ['callbacks without one that the template names', { callbacks: ['failure'] }, '/callbacks'],
    ['less time than the time-out and leastTime', { expiresIn: 329 }, '/expiresIn'],
    ['URLs without tokens', { carrier: 'header' }, '/carrier'],
  ])('refuses %s', async ([, overrides, pointer], { open, sender }) => {
    const answer = await postTo(open, '/v1/tasks', aBody(overrides));
    expect([answer.status, pointersOf(answer)]).toEqual([400, [pointer]]);
    expect(sender.dynamodb.requests).toEqual([]);
  });

  test.for<[string, Record<string, unknown>, string]>([
    [
      'an input of 20,002 bytes',
      { input: 'x'.repeat(20_000) },
      'has 20002 bytes; expected at most 16384 bytes of JSON, counted without blanks. Store the document elsewhere, and send its URL.',
    ],
    [
      'half of a Unicode character',
      { input: '\ud800' },
      'must be JSON of Unicode characters and finite numbers, of at most 16384 bytes',
    ],
    [
      'too little time',
      { expiresIn: 329 },
      'must be at least 330 seconds for this processor: 300 for the work, and 30 for an attempt to send it',
    ],
    [
      'URLs without tokens',
      { carrier: 'header' },
      'must not be "header", because the work for this processor has URLs without tokens. Its carriers are: path',
    ],
    [
      'an unknown processor',
      { processor: 'sent-orc' },
      '"sent-orc" is not a processor of this environment. Ask its operators which ids your application may use.',
    ],
    [
      'an unknown processor whose id could be a short code',
      { processor: 'a'.repeat(22) },
      'this is not a processor of this environment. Ask its operators which ids your application may use.',
    ],
  ])('says what is wrong and what to do: %s', async ([, overrides, detail], { open }) => {
    const { json } = await postTo(open, '/v1/tasks', aBody(overrides));
    expect(json).toMatchObject({ errors: [{ detail }] });
  });

  test.for<[string, Record<string, unknown>]>([
    ['an input of 16,384 bytes', { input: 'x'.repeat(16_382) }],
    ['an input of 16,384 bytes in UTF-8', { input: 'ä'.repeat(8_191) }],
    ['the input null', { input: null }],
    ['more callbacks than the template names', { callbacks: ['failure', 'result'] }],
    ['just enough time', { expiresIn: 330 }],
    ['the dispatch that is the default', { dispatch: true }],
  ])('accepts %s', async ([, overrides], { open }) => {
    expect((await postTo(open, '/v1/tasks', aBody(overrides))).status).toBe(201);
  });

  test('with "dispatch": false writes one item in one request, and gives the URLs', async ({ open, sender }) => {
    const answer = await postTo(open, '/v1/tasks', aBody({ input: undefined, dispatch: false }));
    const { callbacks, taskId } = answer.json as { taskId: string; callbacks: object };
    expect([answer.status, Object.keys(callbacks)]).toEqual([201, ['result', 'failure']]);
    expect(answer.json).not.toHaveProperty('dispatch');
    expect(sender.dynamodb.requests.map(({ operation }) => operation)).toEqual(['PutItem']);
    expect(await readTask(sender.store, taskId)).not.toHaveProperty('dispatch');
  });

  test('a repeat with the same idempotency key sends nothing and gives no callbacks', async ({ open, sender }) => {
    const repeat = () => postTo(open, '/v1/tasks', aBody(), { 'idempotency-key': 'the-key' });
    const first = await repeat();
    const { taskId } = first.json as { taskId: string };
    const before = await readTask(sender.store, taskId);
    const again = await repeat();
    expect([again.status, again.json]).toEqual([201, first.json]);
    expect(await readTask(sender.store, taskId)).toEqual(before);
  });

  test('by invocation answers and stores the same', async ({ open, sender }) => {
    const invoked = await open.invoke(aBody());
    if ('error' in invoked) throw invoked.error;
    expect(invoked.answer).toMatchObject({ callbacks: {}, dispatch: { state: 'queued' } });
    expect(await readInput(sender.store, invoked.answer.taskId)).toMatchObject({ issue: 1 });
  });

  test('a later task with the same "supersedes" stops it', async ({ open, sender }) => {
    const first = (await postTo(open, '/v1/tasks', aBody({ supersedes: 'page-3' }))).json as { taskId: string };
    expect((await postTo(open, '/v1/tasks', aBody({ supersedes: 'page-3' }))).status).toBe(201);
    const task = await readTask(sender.store, first.taskId);
    expect(task).toMatchObject({ status: 'cancelled', dispatch: { state: 'stopped', reason: 'Superseded' } });
    expect(task).not.toHaveProperty('dispatchShard');
  });
});

describe('sending the work again', () => {
  const send = (open: OpenFunction, taskId: string) =>
    open.send({ method: 'POST', path: `/v1/tasks/${taskId}/dispatch` });

  test('makes the next attempt of a queued task now, with the present callbacks', async ({ open, sender }) => {
    const taskId = await aStored(sender.store, aDispatchedTask({ attempts: 1 }, { dispatchAt: NOW + 900 }));
    const answer = await send(open, taskId);
    expect([answer.status, answer.json]).toEqual([
      202,
      expect.objectContaining({ taskId, dispatch: { state: 'queued', attempts: 1 } }),
    ]);
    expect(await readTask(sender.store, taskId)).toMatchObject({
      dispatchAt: NOW,
      change: 'dispatchQueued',
      dispatch: { issue: 1 },
      callbacks: { result: { jti: `result-${taskId}` } },
    });
  });

  test.for(['accepted', 'failed', 'stopped'] as const)(
    'issues new callbacks if it was %s',
    async (state, { open, sender }) => {
      const { taskId: opened } = (await postTo(open, '/v1/tasks', aBody())).json as { taskId: string };
      const task = aDispatchedTask({ state, attempts: 3 }, { taskId: opened });
      await storeTasks(sender.store, [task]);
      expect((await send(open, opened)).status).toBe(202);
      const after = await readTask(sender.store, opened);
      expect(after).toMatchObject({
        dispatch: { state: 'queued', issue: 2, attempts: 3, attemptsBefore: 3, used: 0 },
        dispatchShard: `queued#sent-ocr#${after?.shard}`,
        revision: 2,
      });
      expect(after?.callbacks.result?.jti).not.toBe(task.callbacks.result?.jti);
      expect(await readInput(sender.store, opened)).toMatchObject({ issue: 2, expiresAt: after?.purgeAt });
    },
  );

  test.for([
    ['in the same second', 0.5, 1],
    ['by a clock that is 3 s ahead', 3.2, 4],
  ] as const)('is queued after a progress report %s', async ([, ahead, later], { open, sender }) => {
    const { taskId } = (await postTo(open, '/v1/tasks', aBody())).json as { taskId: string };
    const progress = { percent: 1, at: new Date((NOW + ahead) * 1000).toISOString() };
    await storeTasks(sender.store, [aDispatchedTask({ state: 'accepted', attempts: 1 }, { taskId, progress })]);
    expect((await send(open, taskId)).status).toBe(202);
    expect(await readTask(sender.store, taskId)).toMatchObject({ queuedAt: NOW + later, dispatchAt: NOW });
  });

  test('is possible if a late answer accepted the work after the task had failed', async ({ open, sender }) => {
    const { taskId } = (await postTo(open, '/v1/tasks', aBody())).json as { taskId: string };
    await storeTasks(sender.store, [aFailedDispatch({ taskId, dispatch: ACCEPTED_LATE })]);
    expect((await send(open, taskId)).status).toBe(202);
    expect(await readTask(sender.store, taskId)).toMatchObject({
      status: 'pending',
      reopenings: [{ from: 'failed' }],
      dispatch: { state: 'queued', issue: 2 },
    });
  });

  test('accepts the 20th issue of callbacks, and refuses the 21st', async ({ open, sender }) => {
    const { taskId } = (await postTo(open, '/v1/tasks', aBody())).json as { taskId: string };
    await storeTasks(sender.store, [aDispatchedTask({ state: 'accepted', attempts: 19, issue: 19 }, { taskId })]);
    expect((await send(open, taskId)).status).toBe(202);
    const { dispatch, ...twentieth } = (await readTask(sender.store, taskId)) ?? aDispatchedTask({});
    expect(dispatch).toMatchObject({ state: 'queued', issue: 20 });
    await storeTasks(sender.store, [
      { ...twentieth, dispatch: { state: 'accepted', attempts: 20, issue: 20, used: 0 } },
    ]);
    const refused = await send(open, taskId);
    expect([refused.status, codeOf(refused)]).toEqual([409, 'dispatch_limit']);
  });

  test('reopens a task that failed by its dispatch', async ({ open, sender }) => {
    const { taskId } = (await postTo(open, '/v1/tasks', aBody())).json as { taskId: string };
    await storeTasks(sender.store, [aFailedDispatch({ taskId })]);
    const answer = await send(open, taskId);
    expect([answer.status, answer.json]).toEqual([202, expect.objectContaining({ status: 'pending' })]);
    expect(await readTask(sender.store, taskId)).toMatchObject({
      change: 'reopened',
      sequence: 2,
      reopenings: [{ from: 'failed' }],
      dispatch: { state: 'queued', issue: 2 },
    });
  });

  test.for<[string, ReturnType<typeof aDispatchedTask>, string]>([
    ['an attempt is under way', aDispatchedTask({ attempts: 1, lease: NOW + 1 }), 'dispatch_running'],
    ['it was sent 20 times', aDispatchedTask({ state: 'accepted', issue: 20 }), 'dispatch_limit'],
    ['it was opened without dispatch', aDispatchedTask({}, { dispatch: undefined }), 'not_dispatched'],
    ['its input is gone', aDispatchedTask({ state: 'accepted' }), 'not_dispatched'],
    ['it has no callbacks', aDispatchedTask({ state: 'accepted' }, { processor: 'mute-ocr' }), 'not_dispatched'],
    ['it has succeeded', aDispatchedTask({ state: 'accepted' }, { status: 'succeeded' }), 'task_closed'],
    ['its time is over', aDispatchedTask({}, { deadline: NOW }), 'task_closed'],
  ])('is refused if %s', async ([, task, code], { open, sender }) => {
    const answer = await send(open, await aStored(sender.store, task));
    expect([answer.status, codeOf(answer)]).toEqual([409, code]);
  });
});

describe('the policies about sending again', () => {
  const MAY_DISPATCH = `
    permit (principal, action, resource);
    forbid (principal, action == Action::"dispatch", resource) unless { principal == Sender::"local-sender" };`;
  const NEEDS_OPEN = `
    permit (principal, action, resource);
    forbid (principal, action == Action::"open", resource);`;

  test.for<[string, string, Parameters<typeof aDispatchedTask>[0], number]>([
    ['allow it to the sender that they name', MAY_DISPATCH, {}, 202],
    ['refuse it to another sender', MAY_DISPATCH.replace('local-sender', 'another-sender'), {}, 403],
    ['that forbid to open a task allow the next attempt', NEEDS_OPEN, {}, 202],
    ['that forbid to open a task forbid new callbacks', NEEDS_OPEN, { state: 'accepted' }, 403],
  ])('%s', async ([, policies, dispatch, status], { sender }) => {
    const open = sender.opener({ registry: REGISTRY, policy: () => createPolicy(readPolicies(policies)) });
    const taskId = await aStored(sender.store, aDispatchedTask(dispatch, { dispatchAt: NOW + 900 }));
    const before = await readTask(sender.store, taskId);
    const answer = await open.send({ method: 'POST', path: `/v1/tasks/${taskId}/dispatch` });
    expect(answer.status).toBe(status);
    if (status === 202) return;
    expect(codeOf(answer)).toBe('policy_denied');
    expect(await readTask(sender.store, taskId)).toEqual(before);
  });
});

test('new callbacks of a task that Postern sends are given to nobody', async ({ open, sender }) => {
  const taskId = await aStored(sender.store, aDispatchedTask({ state: 'accepted' }));
  const answer = await postTo(open, `/v1/tasks/${taskId}/callbacks`, {});
  expect([answer.status, codeOf(answer)]).toEqual([409, 'task_dispatched']);
});

describe('reopening a task whose work Postern sends', () => {
  const result = {
    contentType: 'text/plain',
    size: 2,
    sha256: 'a'.repeat(64),
    receivedAt: new Date(NOW * 1000).toISOString(),
  };
  const ACCEPTED_AT = new Date((NOW - 30) * 1000).toISOString();
  const succeeded = () =>
    aDispatchedTask(
      { state: 'accepted', attempts: 1, acceptedAt: ACCEPTED_AT },
      { status: 'succeeded', closedAt: result.receivedAt, result, payload: Buffer.from('ok') },
    );
  const reopen = (open: OpenFunction, taskId: string, more: object = {}) =>
    postTo(open, `/v1/tasks/${taskId}/reopen`, { reason: 'It was the wrong page.', ...more });

  test('needs the input again if it was deleted', async ({ open, sender }) => {
    const answer = await reopen(open, await aStored(sender.store, succeeded()));
    expect([answer.status, pointersOf(answer)]).toEqual([400, ['/input']]);
  });

  test('is possible if a late answer accepted the work after the task had failed', async ({ open, sender }) => {
    const taskId = await aStored(sender.store, aFailedDispatch({ dispatch: ACCEPTED_LATE }));
    expect((await reopen(open, taskId, { input: 'page 4' })).status).toBe(201);
    expect(await readTask(sender.store, taskId)).toMatchObject({ status: 'pending', dispatch: { issue: 2 } });
  });

  test('is queued after the last progress report', async ({ open, sender }) => {
    const progress = { percent: 1, at: new Date((NOW + 3.2) * 1000).toISOString() };
    const taskId = await aStored(sender.store, { ...succeeded(), progress });
    expect((await reopen(open, taskId, { input: 'page 4' })).status).toBe(201);
    expect(await readTask(sender.store, taskId)).toMatchObject({ queuedAt: NOW + 4, dispatchAt: NOW });
  });

  test('queues the work with another input, and gives no callbacks', async ({ open, sender }) => {
    const taskId = await aStored(sender.store, succeeded());
    const answer = await reopen(open, taskId, { input: 'page 4' });
    expect([answer.status, answer.json]).toEqual([
      201,
      expect.objectContaining({ status: 'pending', callbacks: {}, dispatch: { state: 'queued' } }),
    ]);
    expect(await readTask(sender.store, taskId)).toMatchObject({
      dispatch: { state: 'queued', issue: 2 },
      dispatchAt: NOW,
      // The first acceptance stays in the timeline.
      journal: [{ at: ACCEPTED_AT, kind: 'dispatched' }, { kind: 'reopened' }],
    });
    expect(await readInput(sender.store, taskId)).toMatchObject({ input: '"page 4"', issue: 2 });
  });

  test('also brings the input of a task that an operator has reopened', async ({ open, sender }) => {
    const taken = aDispatchedTask(
      { state: 'stopped', reason: 'Revoked', attempts: 1 },
      { callbacks: {}, reopenings: [{ at: result.receivedAt, from: 'succeeded', reason: 'wrong' }] },
    );
    const taskId = await aStored(sender.store, taken);
    const without = await reopen(open, taskId);
    expect([without.status, pointersOf(without)]).toEqual([400, ['/input']]);
    const answer = await reopen(open, taskId, { input: 'page 4' });
    expect([answer.status, answer.json]).toEqual([201, expect.objectContaining({ callbacks: {} })]);
    expect(await readTask(sender.store, taskId)).toMatchObject({
      status: 'pending',
      dispatch: { state: 'queued', issue: 2 },
      reopenings: [{ from: 'succeeded' }],
    });
  });

  test('is not for a pending task that still has its callbacks', async ({ open, sender }) => {
    const answer = await reopen(open, await aStored(sender.store, aDispatchedTask({ state: 'accepted' })));
    expect([answer.status, codeOf(answer)]).toEqual([409, 'task_pending']);
  });

  test.for<[string, string, number, readonly string[]]>([
    ['takes an input of 16,384 bytes', 'x'.repeat(16_382), 201, []],
    ['refuses an input of 16,385 bytes, and names it', 'x'.repeat(16_383), 400, ['/input']],
  ])('%s', async ([, input, status, pointers], { open, sender }) => {
    const answer = await reopen(open, await aStored(sender.store, succeeded()), { input });
    expect([answer.status, pointersOf(answer)]).toEqual([status, pointers]);
  });

  test.for([
    [19, 201, undefined],
    [20, 409, 'dispatch_limit'],
  ] as const)('after %s issues of callbacks answers %s', async ([issue, status, code], { open, sender }) => {
    const task = succeeded();
    const taskId = await aStored(sender.store, {
      ...task,
      dispatch: { state: 'accepted', attempts: 1, issue, used: 0 },
    });
    const answer = await reopen(open, taskId, { input: 'page 4' });
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });
});

describe('a late delivery of a task that failed because its work could not be sent', () => {
  test('is task_closed at its first use, waits in quarantine, and can be accepted', async ({ key, sender, tasks }) => {
    const { taskId } = await deliverAfterFailedDispatch(sender.store, key);
    const quarantine = `/v1/tasks/${taskId}/quarantine`;
    const listed = (await tasks.send({ method: 'GET', path: quarantine })).json as { quarantine: { id: string }[] };
    expect(listed.quarantine).toEqual([expect.objectContaining({ capability: 'result', size: 4 })]);
    const accepted = await tasks.send({ path: `${quarantine}/${listed.quarantine[0]?.id}/accept` });
    expect([accepted.status, accepted.json]).toEqual([200, expect.objectContaining({ status: 'succeeded' })]);
  });

  test.for([
    ['failed', {}],
    ['accepted by a late answer', { dispatch: ACCEPTED_LATE }],
  ] as const)('can be accepted from quarantine; dispatch: %s', async ([, overrides], { sender, tasks }) => {
    const id = 'late-one';
    const entry = {
      id,
      jti: 'a-jti',
      capability: 'result' as const,
      contentType: 'text/plain',
      size: 2,
      sha256: 'a'.repeat(64),
      receivedAt: new Date(NOW * 1000).toISOString(),
      payload: Buffer.from('ok'),
    };
    const taskId = await aStored(sender.store, aFailedDispatch({ quarantine: { [id]: entry }, ...overrides }));
    const answer = await tasks.send({ method: 'POST', path: `/v1/tasks/${taskId}/quarantine/${id}/accept` });
    expect([answer.status, answer.json]).toEqual([200, expect.objectContaining({ status: 'succeeded' })]);
  });
});
