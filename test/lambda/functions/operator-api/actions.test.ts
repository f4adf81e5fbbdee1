import { ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import type { AuditEntry } from '../../../../lambda/contract/audit.ts';
import type { OperatorTaskView } from '../../../../lambda/contract/operator-api.ts';
import { revisionOf, type TaskItem } from '../../../../lambda/contract/task.ts';
import { createPolicy } from '../../../../lambda/shared/policy/cedar.ts';
import type { Delivered } from '../../../support/delivered.ts';
import { test as base } from '../../../support/fixtures.ts';
import { operatorApiOf, operatorTokens } from '../../../support/operator-api.ts';
import { readTask } from '../../../support/receiver.ts';
import '../../../support/matchers.ts';
import { aTaskBody, type Opened, type SenderWorld } from '../../../support/sender-world.ts';
import { NOW } from '../../../support/tokens.ts';

const test = base
  .extend('tokens', { scope: 'file' }, ({ openSender }) => operatorTokens(openSender.idp))
  .extend('api', ({ sender }) => operatorApiOf(sender))
  .extend('receiverOf', { scope: 'file' }, ({ openSender }) => openSender.receiver());

const openTask = async (sender: SenderWorld, overrides: Record<string, unknown> = {}): Promise<Opened> => {
  const answer = await sender.opener().send({
    method: 'POST',
    path: '/v1/tasks',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(aTaskBody({ processor: 'header-ocr', ...overrides })),
  });
  expect(answer.status).toBe(201);
  return answer.json as Opened;
};

const anAction = (taskId: string, action: string, body: unknown = { reason: 'asked by phone', revision: 1 }) => ({
  method: 'POST',
  path: `/v1/operator/tasks/${taskId}/${action}`,
  headers: { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.7' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const deliverResult = (task: Opened, text = 'Total 42.00') => ({
  method: 'POST',
  path: `/v1/results/${task.taskId}`,
  headers: { authorization: `Bearer ${task.callbacks.result?.token}`, 'content-type': 'text/plain' },
  body: text,
});

const viewOf = ({ json, status }: Delivered): OperatorTaskView => {
  expect(status).toBe(200);
  return json as OperatorTaskView;
};

/** The current revision of a task. */
const revisionNow = async ({ store }: SenderWorld, taskId: string): Promise<number> =>
  revisionOf((await readTask(store, taskId)) as TaskItem);

/** An action with the revision that the task has. */
const anActionNow = async (sender: SenderWorld, taskId: string, action: string, reason = 'r') =>
  anAction(taskId, action, { reason, revision: await revisionNow(sender, taskId) });

/** Every audit item of a target. */
const auditOf = async ({ store }: SenderWorld, target: string): Promise<readonly AuditEntry[]> => {
  const { Items = [] } = await store.client.send(
    new ScanCommand({ TableName: store.auditTable, ConsistentRead: true }),
  );
  return Items.map((item) => unmarshall(item) as AuditEntry).filter((entry) => entry.target === target);
};

const AT = new Date(NOW * 1000).toISOString();

describe('the view of a task', () => {
  test('shows the task, its revision, timeline and callbacks, and no secret', async ({
    api,
    receiverOf,
    sender,
    tokens,
  }) => {
    const task = await openTask(sender, { callbacks: ['result', 'progress'] });
    await receiverOf.deliver({
      method: 'POST',
      path: `/v1/progress/${task.taskId}`,
      headers: { authorization: `Bearer ${task.callbacks.progress?.token}`, 'content-type': 'application/json' },
      body: '{"percent":40}',
    });
    const answer = await api.send(tokens.reading, { method: 'GET', path: `/v1/operator/tasks/${task.taskId}` });
    const view = viewOf(answer);
    const stored = await readTask(sender.store, task.taskId);
    expect(view).toMatchObject({
      taskId: task.taskId,
      application: 'default',
      status: 'pending',
      revision: 1,
      progress: { percent: 40 },
      quarantine: [],
      timeline: [
        { at: AT, kind: 'opened' },
        { at: AT, kind: 'progressed' },
      ],
      callbacks: [
        { capability: 'result', carrier: 'header', grade: 'C', uses: 0, maxUses: 1, expiresAt: task.expiresAt },
        { capability: 'progress', carrier: 'header', grade: 'C', uses: 1, maxUses: 5, expiresAt: task.expiresAt },
      ],
    });
    expect(view.callbacks[0]?.jtiEnd).toBe(stored?.callbacks.result?.jti.slice(-6));
    for (const { jti } of Object.values(stored?.callbacks ?? {})) expect(answer.body.toString()).not.toContain(jti);
    expect(answer.body.toString()).not.toContain(task.callbacks.result?.token);
    expect(answer.headers['Cache-Control']).toBe('no-store');
  });

  test('never has bytes of a delivery, also of one in quarantine', async ({ api, receiverOf, sender, tokens }) => {
    const task = await openTask(sender);
    const stored = await readTask(sender.store, task.taskId);
    await sender.tasks().send({ method: 'DELETE', path: `/v1/tasks/${task.taskId}` });
    expect((await receiverOf.deliver(deliverResult(task, 'a secret total'))).status).toBe(401);
    const other = await openTask(sender);
    await receiverOf.deliver(deliverResult(other, 'a secret total'));
    for (const { taskId } of [task, other]) {
      const answer = await api.send(tokens.reading, { method: 'GET', path: `/v1/operator/tasks/${taskId}` });
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).not.toContain('secret total');
      expect(answer.body.toString()).not.toContain(Buffer.from('a secret total').toString('base64'));
    }
    expect(stored).toBeDefined();
  });

  test('of an unknown task is refused, and the refusal of a read is not in the audit', async ({
    api,
    sender,
    tokens,
  }) => {
    const answer = await api.send(tokens.reading, { method: 'GET', path: '/v1/operator/tasks/unknown' });
    expect(answer).toBeRefusedWith('task_unknown');
    expect(await auditOf(sender, 'unknown')).toEqual([]);
  });
});

describe('access', () => {
  test('needs an access token, the scope of the method, and a role', async ({ api, sender, tokens }) => {
    const { taskId } = await openTask(sender);
    const read = { method: 'GET', path: `/v1/operator/tasks/${taskId}` };
    const cancel = anAction(taskId, 'cancel');
    const codeOf = async (token: string, event: object) =>
      ((await api.send(token, event)).json as { readonly code?: string }).code;
    expect(await codeOf(tokens.writeScope, read)).toBe('access_token_insufficient');
    expect(await codeOf(tokens.readScope, cancel)).toBe('access_token_insufficient');
    expect(await codeOf(sender.accessToken, read)).toBe('access_token_insufficient');
    expect(await codeOf(tokens.nobody, read)).toBe('operator_role_missing');
    expect(await codeOf(tokens.payloadOnly, read)).toBe('operator_role_missing');
    expect(await codeOf(tokens.reading, cancel)).toBe('operator_role_missing');
    expect(await codeOf('x', read)).toBe('access_token_invalid');
    // Only refusals of operators with at least one role are in the audit.
    expect(await codeOf(tokens.nobody, cancel)).toBe('operator_role_missing');
    expect(await codeOf(tokens.payloadOnly, cancel)).toBe('operator_role_missing');
    const audit = await auditOf(sender, taskId);
    expect(audit.map(({ operator, outcome, reason }) => ({ sub: operator.sub, outcome, reason }))).toEqual(
      expect.arrayContaining([
        { sub: 'rita', outcome: 'operator_role_missing', reason: '' },
        { sub: 'pia', outcome: 'operator_role_missing', reason: '' },
      ]),
    );
    expect(audit).toHaveLength(2);
    expect((await readTask(sender.store, taskId))?.status).toBe('pending');
  });

  test('maps the values of the identity provider to roles', async ({ sender }) => {
    const { taskId } = await openTask(sender);
    const roles = { values: { operator_read: ['Readers'], operator: ['Actors'], operator_payload: [] } };
    const api = operatorApiOf(sender, { roles });
    const token = await sender.idp.accessToken({ sub: 'x', scope: 'operator_read', roles: ['Readers'] });
    const named = await sender.idp.accessToken({ sub: 'x', scope: 'operator_read', roles: ['operator_read'] });
    const read = { method: 'GET', path: `/v1/operator/tasks/${taskId}` };
    expect((await api.send(token, read)).status).toBe(200);
    expect(await api.send(named, read)).toBeRefusedWith('operator_role_missing');
  });
});

describe('actions', () => {
  test('cancel closes the task and writes the audit item in one transaction', async ({ api, sender, tokens }) => {
    const { taskId } = await openTask(sender);
    sender.clear();
    const view = viewOf(await api.send(tokens.acting, anAction(taskId, 'cancel')));
    expect(sender.dynamodb.count('TransactWriteItems')).toBe(1);
    expect(view).toMatchObject({ status: 'cancelled', revision: 2, closedAt: AT });
    const by = { operator: { sub: 'ada', issuer: sender.idp.issuer }, reason: 'asked by phone' };
    expect(view.timeline.at(-1)).toEqual({ at: AT, kind: 'cancelled', ...by });
    const [entry, ...more] = await auditOf(sender, taskId);
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      ...by,
      at: AT,
      action: 'cancel',
      taskId,
      revision: { before: 1, after: 2 },
      from: '198.51.100.7',
      outcome: 'done',
    });
    expect(entry).toHaveProperty('expiresAt', NOW + 365 * 86_400);
    const again = await api.send(tokens.acting, anAction(taskId, 'cancel', { reason: 'again', revision: 2 }));
    expect(again).toBeRefusedWith('task_closed');
    expect((await auditOf(sender, taskId)).map(({ outcome }) => outcome).sort()).toEqual(['done', 'task_closed']);
    expect(api.lines.at(-2)).toMatchObject({ operator: 'ada', action: 'cancel', taskId, application: 'default' });
    expect(api.lines.at(-2)).toHaveProperty('OperatorActions', 1);
    expect(api.lines.at(-2)).toHaveProperty('Action', 'cancel');
    expect(api.lines.at(-1)).not.toHaveProperty('OperatorActions');
  });

  test('a revision of the past or of the future is refused with the current one', async ({ api, sender, tokens }) => {
    const { taskId } = await openTask(sender);
    for (const revision of [0, 2, 1_000_000]) {
      const answer = await api.send(tokens.acting, anAction(taskId, 'cancel', { reason: 'r', revision }));
      expect(answer).toBeRefusedWith('task_changed');
      expect(answer.json).toHaveProperty('revision', 1);
    }
    expect((await auditOf(sender, taskId)).map(({ outcome }) => outcome)).toEqual(Array(3).fill('task_changed'));
  });

  test('revoke stops every callback, and again changes nothing but the audit', async ({
    api,
    receiverOf,
    sender,
    tokens,
  }) => {
    const task = await openTask(sender);
    const { taskId } = task;
    const view = viewOf(await api.send(tokens.acting, anAction(taskId, 'revoke')));
    expect(view).toMatchObject({ status: 'pending', revision: 2, expiresAt: task.expiresAt });
    expect(view.callbacks.map(({ revokedAt }) => revokedAt)).toEqual([AT, AT]);
    expect(view.timeline.at(-1)).toMatchObject({ kind: 'revoked', reason: 'asked by phone' });
    const stored = await readTask(sender.store, taskId);
    expect(stored).toMatchObject({ callbacks: {}, change: 'revoked', sequence: 2, revokedAt: AT });
    expect(await receiverOf.deliver(deliverResult(task))).toBeRefusedWith('token_revoked');
    expect((await readTask(sender.store, taskId))?.quarantine).toEqual({});

    const again = viewOf(await api.send(tokens.acting, anAction(taskId, 'revoke', { reason: 'again', revision: 2 })));
    expect(again.revision).toBe(2);
    expect(await readTask(sender.store, taskId)).toMatchObject({ sequence: 2, change: 'revoked' });
    const audit = await auditOf(sender, taskId);
    expect(audit.map(({ outcome, revision }) => ({ outcome, ...revision }))).toEqual(
      expect.arrayContaining([
        { outcome: 'done', before: 1, after: 2 },
        { outcome: 'done', before: 2, after: 2 },
      ]),
    );
    expect(api.lines.at(-1)).not.toHaveProperty('OperatorActions');
    // The sender issues new ones; they work.
    const reissued = await sender.opener().send({ method: 'POST', path: `/v1/tasks/${taskId}/callbacks` });
    expect(reissued.status).toBe(201);
    expect(Object.keys((reissued.json as Opened).callbacks)).toEqual(['result', 'failure']);
    expect((await receiverOf.deliver(deliverResult(reissued.json as Opened))).status).toBe(200);
    const closed = { reason: 'r', revision: await revisionNow(sender, taskId) };
    expect(await api.send(tokens.acting, anAction(taskId, 'revoke', closed))).toBeRefusedWith('task_closed');
  });

  test('a repeat of a use before the revocation is still acknowledged', async ({ api, receiverOf, sender, tokens }) => {
    const task = await openTask(sender);
    await receiverOf.deliver(deliverResult(task));
    const reopened = viewOf(await api.send(tokens.acting, await anActionNow(sender, task.taskId, 'reopen')));
    expect(reopened.status).toBe('pending');
    const repeat = await receiverOf.deliver(deliverResult(task));
    expect(repeat.status).toBe(200);
    expect(repeat.headers['Idempotency-Replayed']).toBe('true');
    expect((await readTask(sender.store, task.taskId))?.status).toBe('pending');
  });

  test('reopen makes no callbacks, keeps the delivery, and the sender issues new ones', async ({
    api,
    receiverOf,
    sender,
    tokens,
  }) => {
    const task = await openTask(sender, { expiresIn: 600, heartbeat: 60 });
    const { taskId } = task;
    expect(await api.send(tokens.acting, anAction(taskId, 'reopen'))).toBeRefusedWith('task_pending');
    await receiverOf.deliver(deliverResult(task));
    api.at((NOW + 100) * 1000);
    const before = await revisionNow(sender, taskId);
    const view = viewOf(await api.send(tokens.acting, await anActionNow(sender, taskId, 'reopen', 'wrong')));
    expect(view).toMatchObject({
      status: 'pending',
      revision: before + 1,
      callbacks: [],
      expiresAt: new Date((NOW + 700) * 1000).toISOString(),
      quarantine: [{ why: 'reopened', capability: 'result', size: 11 }],
    });
    expect(view).not.toHaveProperty('result');
    expect(view).not.toHaveProperty('closedAt');
    expect(view.history.map(({ status }) => status)).toEqual(['pending', 'succeeded', 'pending']);
    expect(view.timeline.map(({ kind }) => kind)).toEqual(['opened', 'delivered', 'reopened']);
    const stored = await readTask(sender.store, taskId);
    expect(stored).not.toHaveProperty('payload');
    expect(Buffer.from(stored?.[`kept#${view.quarantine[0]?.id}`] ?? [])).toHaveLength(11);
    expect(stored).toMatchObject({
      callbacks: {},
      change: 'reopened',
      deadline: NOW + 705,
      heartbeatDeadline: NOW + 160,
      due: NOW + 160,
      dueShard: stored?.shard,
      quarantineShard: stored?.shard,
      reopenings: [{ from: 'succeeded', reason: 'wrong' }],
    });
    const opener = sender.opener();
    opener.at((NOW + 101) * 1000);
    const reissued = await opener.send({ method: 'POST', path: `/v1/tasks/${taskId}/callbacks` });
    expect(Object.keys((reissued.json as Opened).callbacks)).toEqual(['result', 'failure']);
  });

  test('reopen is possible five times, senders’ reopenings included', async ({ api, receiverOf, sender, tokens }) => {
    const task = await openTask(sender);
    const { taskId } = task;
    let current: Opened = task;
    for (let time = 1; time <= 6; time += 1) {
      await receiverOf.deliver(deliverResult(current, `delivery ${time}`));
      const { revision } = viewOf(
        await api.send(tokens.acting, { method: 'GET', path: `/v1/operator/tasks/${taskId}` }),
      );
      if (time === 1) {
        const reopened = await sender.opener().send({
          method: 'POST',
          path: `/v1/tasks/${taskId}/reopen`,
          headers: { 'content-type': 'application/json' },
          body: '{"reason":"wrong"}',
        });
        current = reopened.json as Opened;
        continue;
      }
      const answer = await api.send(tokens.acting, anAction(taskId, 'reopen', { reason: 'r', revision }));
      if (time === 6) expect(answer).toBeRefusedWith('reopen_limit');
      else {
        expect(answer.status).toBe(200);
        current = (await sender.opener().send({ method: 'POST', path: `/v1/tasks/${taskId}/callbacks` }))
          .json as Opened;
      }
    }
  });

  test('reopen is refused if the workflow of the task was told its outcome', async ({
    api,
    receiverOf,
    sender,
    tokens,
  }) => {
    const task = await openTask(sender);
    const { taskId } = task;
    await receiverOf.deliver(deliverResult(task, 'delivery'));
    const { revision } = viewOf(await api.send(tokens.acting, { method: 'GET', path: `/v1/operator/tasks/${taskId}` }));
    const reopenWith = async (resume: Record<string, unknown>) => {
      await sender.store.client.send(
        new UpdateItemCommand({
          TableName: sender.store.tasksTable,
          Key: { taskId: { S: taskId } },
          UpdateExpression: 'SET #resume = :resume',
          ExpressionAttributeNames: { '#resume': 'resume' },
          ExpressionAttributeValues: { ':resume': { M: marshall({ kind: 'stepFunctions', ...resume }) } },
        }),
      );
      return api.send(tokens.acting, anAction(taskId, 'reopen', { reason: 'r', revision }));
    };
    expect(await reopenWith({ state: 'delivered', at: '2026-11-29T09:41:00.500Z' })).toBeRefusedWith('task_resumed');
    expect(await reopenWith({ state: 'pending', isUncertain: true })).toBeRefusedWith('task_resumed');
    const refused = { state: 'refused', at: '2026-11-29T09:41:00.500Z', reason: 'TaskTimedOut' };
    const reopened = await reopenWith(refused);
    expect(reopened.status).toBe(200);
    expect(viewOf(reopened)).toMatchObject({ status: 'pending', resume: { kind: 'stepFunctions', ...refused } });
    expect(viewOf(reopened).timeline.map(({ kind }) => kind)).toContain('resumeRefused');
  });

  test('accept and discard decide about a late delivery', async ({ api, receiverOf, sender, tokens }) => {
    const tasks = await Promise.all([openTask(sender, { expiresIn: 60 }), openTask(sender, { expiresIn: 60 })]);
    receiverOf.at(NOW + 66);
    for (const task of tasks) expect(await receiverOf.deliver(deliverResult(task))).toBeRefusedWith('token_expired');
    receiverOf.at(NOW);
    api.at((NOW + 70) * 1000);
    const [accepted, discarded] = await Promise.all(
      tasks.map(async ({ taskId }) =>
        viewOf(await api.send(tokens.reading, { method: 'GET', path: `/v1/operator/tasks/${taskId}` })),
      ),
    );
    if (accepted === undefined || discarded === undefined) throw new Error('Two tasks.');
    expect(accepted.status).toBe('expired');
    expect(accepted.timeline.map(({ kind }) => kind)).toEqual(['opened', 'expired', 'late']);
    const idOf = ({ quarantine }: OperatorTaskView) => quarantine[0]?.id ?? '';
    const actOn = ({ revision, taskId }: OperatorTaskView, path: string) =>
      api.send(tokens.acting, anAction(taskId, path, { reason: 'checked', revision }));
    expect(await actOn(accepted, 'quarantine/unknown/accept')).toBeRefusedWith('quarantine_unknown');
    const after = viewOf(await actOn(accepted, `quarantine/${idOf(accepted)}/accept`));
    expect(after).toMatchObject({ status: 'succeeded', result: { size: 11 }, quarantine: [] });
    expect(after.revision).toBe(accepted.revision + 1);
    const [late] = accepted.timeline.slice(-1);
    expect(after.timeline.slice(2)).toEqual([
      late,
      expect.objectContaining({ kind: 'accepted', capability: 'result', reason: 'checked' }),
    ]);
    expect(await readTask(sender.store, after.taskId)).not.toHaveProperty('quarantinedKey');

    const gone = viewOf(await actOn(discarded, `quarantine/${idOf(discarded)}/discard`));
    expect(gone).toMatchObject({ status: 'expired', quarantine: [], revision: discarded.revision + 1 });
    const decision = expect.objectContaining({ kind: 'discarded', operator: expect.objectContaining({ sub: 'ada' }) });
    expect(gone.timeline).toEqual([...discarded.timeline, decision]);
    expect(await actOn(gone, `quarantine/${idOf(discarded)}/discard`)).toBeRefusedWith('quarantine_unknown');
  });

  test('accept of a pending or a closed task is refused by its state', async ({ api, receiverOf, sender, tokens }) => {
    const task = await openTask(sender);
    const { taskId } = task;
    await receiverOf.deliver(deliverResult(task));
    const pending = viewOf(await api.send(tokens.acting, await anActionNow(sender, taskId, 'reopen')));
    const path = `quarantine/${pending.quarantine[0]?.id}/accept`;
    expect(await api.send(tokens.acting, await anActionNow(sender, taskId, path))).toBeRefusedWith('task_pending');
    await api.send(tokens.acting, await anActionNow(sender, taskId, 'cancel'));
    expect(await api.send(tokens.acting, await anActionNow(sender, taskId, path))).toBeRefusedWith('task_closed');
  });

  test('of an unknown task is refused and audited with its reason', async ({ api, sender, tokens }) => {
    expect(await api.send(tokens.acting, anAction('no-such-task', 'cancel'))).toBeRefusedWith('task_unknown');
    expect(await auditOf(sender, 'no-such-task')).toMatchObject([
      { outcome: 'task_unknown', reason: 'asked by phone' },
    ]);
    expect(api.lines.at(-1)).not.toHaveProperty('taskId');
  });

  test('a reason keeps no token and no code', async ({ api, sender, tokens }) => {
    const task = await openTask(sender);
    const token = task.callbacks.result?.token ?? '';
    const code = 'A'.repeat(22);
    const reason = `see ${token.slice(0, 150)} or https://x.example/c/${code}`;
    const view = viewOf(await api.send(tokens.acting, anAction(task.taskId, 'cancel', { reason, revision: 1 })));
    const texts = JSON.stringify([view, await auditOf(sender, task.taskId), api.lines]);
    expect(texts).not.toContain(token.slice(0, 150));
    expect(texts).not.toContain(code);
    expect(view.timeline.at(-1)?.reason).toBe('see … or https://x.example/c/…');
  });
});

describe('the body of an action', () => {
  const faults: readonly (readonly [string, unknown, string])[] = [
    ['no reason', { revision: 1 }, '/reason'],
    ['an empty reason', { reason: '', revision: 1 }, '/reason'],
    ['a reason of 257 characters', { reason: 'x'.repeat(257), revision: 1 }, '/reason'],
    ['a reason that is no text', { reason: 7, revision: 1 }, '/reason'],
    ['a lone surrogate', '{"reason":"\\ud800","revision":1}', '/reason'],
    ['no revision', { reason: 'r' }, '/revision'],
    ['a negative revision', { reason: 'r', revision: -1 }, '/revision'],
    ['half a revision', { reason: 'r', revision: 1.5 }, '/revision'],
    ['a revision as text', { reason: 'r', revision: '1' }, '/revision'],
    ['an unknown property', { reason: 'r', revision: 1, more: true }, '/more'],
    ['a list', [], ''],
    ['null', null, ''],
    ['no JSON', 'reason=x', ''],
    ['a property twice', '{"reason":"a","reason":"b","revision":1}', ''],
  ];
  test.for(faults)(
    'with %s is refused, and is not in the audit',
    async ([, body, pointer], { api, sender, tokens }) => {
      const { taskId } = await openTask(sender);
      const answer = await api.send(tokens.acting, anAction(taskId, 'cancel', body));
      expect(answer).toBeRefusedWith('request_invalid');
      expect(answer.json).toMatchObject({ errors: [{ pointer }] });
      expect(await auditOf(sender, taskId)).toEqual([]);
    },
  );

  test('of another type, too large, or beside a query is refused', async ({ api, sender, tokens }) => {
    const { taskId } = await openTask(sender);
    const action = anAction(taskId, 'cancel');
    expect(await api.send(tokens.acting, { ...action, headers: { 'content-type': 'text/plain' } })).toBeRefusedWith(
      'content_type_refused',
    );
    expect(await api.send(tokens.acting, { ...action, body: `${' '.repeat(4_096)}{}` })).toBeRefusedWith(
      'payload_too_large',
    );
    expect(await api.send(tokens.acting, { ...action, query: { force: ['true'] } })).toBeRefusedWith('request_invalid');
    expect(await auditOf(sender, taskId)).toEqual([]);
  });

  test('may have a reason of 1 and of 256 characters, also of two code units each', async ({ api, sender, tokens }) => {
    for (const reason of ['x', '🦉'.repeat(256)]) {
      const { taskId } = await openTask(sender);
      const view = viewOf(await api.send(tokens.acting, anAction(taskId, 'cancel', { reason, revision: 1 })));
      expect(view.timeline.at(-1)?.reason).toBe(reason);
    }
  });
});

describe('actions that the environment switches off', () => {
  test('are refused by the setting before the task is looked at', async ({ sender, tokens }) => {
    const api = operatorApiOf(sender, { disabledActions: ['cancel'] });
    sender.clear();
    expect(await api.send(tokens.acting, anAction('unknown-1', 'cancel'))).toBeRefusedWith('action_disabled');
    expect(sender.dynamodb.count()).toBe(1);
    expect(await auditOf(sender, 'unknown-1')).toMatchObject([
      { outcome: 'action_disabled', reason: 'asked by phone', action: 'cancel' },
    ]);
    expect(await api.send(tokens.acting, anAction('unknown-1', 'revoke'))).toBeRefusedWith('task_unknown');
  });

  test('are refused by a policy that sees operator, reason, task and protection', async ({ sender, tokens }) => {
    const policies = {
      all: 'permit(principal is Operator, action, resource);',
      ticket:
        'forbid(principal is Operator, action, resource) when { context.protected } unless { context.reason like "INC-*" };',
      application: 'forbid(principal is Operator, action == Action::"revoke", resource in Application::"default");',
    };
    const policy = createPolicy(policies);
    const api = operatorApiOf(sender, { policy: () => policy, isProtected: true });
    const { taskId } = await openTask(sender);
    expect(await api.send(tokens.acting, anAction(taskId, 'cancel'))).toBeRefusedWith('action_disabled');
    const ticket = { reason: 'INC-7', revision: 1 };
    expect(await api.send(tokens.acting, anAction(taskId, 'revoke', ticket))).toBeRefusedWith('action_disabled');
    expect((await api.send(tokens.acting, anAction(taskId, 'cancel', ticket))).status).toBe(200);
    const unprotected = operatorApiOf(sender, { policy: () => policy });
    const other = await openTask(sender);
    expect((await unprotected.send(tokens.acting, anAction(other.taskId, 'cancel'))).status).toBe(200);
  });
});

test('the log line has the requests to DynamoDB, retries included', async ({ api, sender, tokens }) => {
  const { taskId } = await openTask(sender);
  sender.clear();
  sender.dynamodb.injectNext('TransactWriteItems', { kind: 'error', status: 500 });
  await api.send(tokens.acting, anAction(taskId, 'cancel'));
  expect(sender.dynamodb.requests.map(({ operation }) => operation)).toEqual([
    'GetItem',
    'TransactWriteItems',
    'TransactWriteItems',
    'GetItem',
    'BatchGetItem',
  ]);
  expect(api.lines.at(-1)).toMatchObject({ storeRequests: 5 });
  await api.send(tokens.nobody, { method: 'GET', path: '/v1/operator/tasks' });
  expect(api.lines.at(-1)).toMatchObject({ storeRequests: 0, code: 'operator_role_missing', operator: 'nobody' });
});

describe('action and audit item together, or neither', () => {
  test('after transaction conflicts, both once', async ({ api, sender, tokens }) => {
    const { taskId } = await openTask(sender);
    sender.dynamodb.injectNext('TransactWriteItems', { kind: 'conflict' }, { kind: 'conflict' });
    expect(viewOf(await api.send(tokens.acting, anAction(taskId, 'cancel'))).status).toBe('cancelled');
    expect(await auditOf(sender, taskId)).toHaveLength(1);
  });

  test('if the response is lost, both once', async ({ api, sender, tokens }) => {
    const { taskId } = await openTask(sender);
    sender.dynamodb.injectNext('TransactWriteItems', { kind: 'lostAnswer' });
    expect(viewOf(await api.send(tokens.acting, anAction(taskId, 'cancel')))).toMatchObject({ revision: 2 });
    expect((await auditOf(sender, taskId)).map(({ outcome }) => outcome)).toEqual(['done']);
  });

  test('if the table does not answer, neither', async ({ api, sender, tokens }) => {
    const { taskId } = await openTask(sender);
    sender.dynamodb.inject(({ operation }) => (operation === 'TransactWriteItems' ? { kind: 'reset' } : undefined));
    expect(await api.send(tokens.acting, anAction(taskId, 'cancel'))).toBeRefusedWith('unavailable');
    sender.clear();
    expect(await auditOf(sender, taskId)).toEqual([]);
    expect((await readTask(sender.store, taskId))?.status).toBe('pending');
  });

  test('a refusal that cannot be written is 503', async ({ api, sender, tokens }) => {
    sender.dynamodb.inject(({ operation }) => (operation === 'PutItem' ? { kind: 'reset' } : undefined));
    expect(await api.send(tokens.reading, anAction('unknown-2', 'cancel'))).toBeRefusedWith('unavailable');
    sender.clear();
    expect(await auditOf(sender, 'unknown-2')).toEqual([]);
  });

  test('64 operators at once: each action once, and each with its audit item', async ({ api, sender, tokens }) => {
    const { taskId } = await openTask(sender);
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, i) =>
        api.send(tokens.acting, anAction(taskId, i % 2 === 0 ? 'cancel' : 'revoke', { reason: `${i}`, revision: 1 })),
      ),
    );
    const done = answers.filter(({ status }) => status === 200);
    expect(done).toHaveLength(1);
    for (const { json, status } of answers) {
      if (status !== 200) expect(json).toMatchObject({ code: 'task_changed', revision: 2 });
    }
    const audit = await auditOf(sender, taskId);
    expect(audit).toHaveLength(64);
    expect(audit.filter(({ outcome }) => outcome === 'done')).toHaveLength(1);
    const stored = (await readTask(sender.store, taskId)) as TaskItem;
    expect(revisionOf(stored)).toBe(2);
    expect(stored.journal).toHaveLength(1);
  });
});
