import { describe, expect } from 'vitest';
import type { ResumeTargets } from '../../../../lambda/contract/resume.ts';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { closedAs, closedWith, FUNCTION, STATE_MACHINE, storeWaited, TASK_TOKEN } from '../../../support/resuming.ts';
import { test } from '../../../support/resuming-fixtures.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';
import { describePayload } from '../../../support/waited-task.ts';

const at = (seconds: number) => new Date(seconds * 1000).toISOString();

/** Outcomes of a task, with what its workflow is told. */
const OUTCOMES: readonly (readonly [string, Partial<TaskItem>, object])[] = [
  [
    'a result',
    closedWith('succeeded', '[1]'),
    { action: 'succeed', output: expect.stringMatching(/^\{"taskId":"[^"]+","status":"succeeded".*"result":\[1\]\}$/) },
  ],
  [
    'a failure',
    closedWith('failed', '{"code":"Unreadable"}'),
    { action: 'fail', error: 'Processor.Unreadable', cause: expect.stringContaining('"failure":{"code"') },
  ],
  ['an expiry', closedAs('expired'), { action: 'fail', error: 'Postern.TaskExpired' }],
  ['a cancellation', closedAs('cancelled'), { action: 'fail', error: 'Postern.TaskCancelled' }],
];

describe('a workflow that waits', () => {
  test.for(OUTCOMES)('is told %s once, and the task says so', async ([, closed, told], { world }) => {
    const task = await storeWaited(world.tables, closed);
    world.pass(3);
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toEqual([expect.objectContaining({ token: TASK_TOKEN, ...told })]);

    const { change, changedAt, history, resume, resumeToken, revision, sequence } = await world.read(task);
    expect(resume).toEqual({ kind: 'stepFunctions', state: 'delivered', at: at(NOW + 3) });
    expect(resumeToken).toBeUndefined();
    expect({ change, changedAt, sequence, revision }).toEqual({
      change: 'resumed',
      changedAt: at(NOW + 3),
      sequence: task.sequence + 1,
      revision: task.revision,
    });
    expect(history.map(({ status }) => status)).toEqual(['pending', task.status]);
    expect(world.lines).toEqual([
      expect.objectContaining({
        level: 'INFO',
        message: 'workflow resumed',
        taskId: task.taskId,
        sequence: task.sequence,
        kind: 'stepFunctions',
        WorkflowResumed: 1,
        Application: 'invoices',
        ResumeDelay: 3_000,
      }),
    ]);

    // A repeat of the message tells nothing.
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toHaveLength(1);
  });

  test('of a durable function is told the same', async ({ world }) => {
    const task = await storeWaited(world.tables, closedWith('succeeded', '[1]'), { kind: 'durableFunction' });
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toMatchObject([{ action: 'succeed', destination: { arn: FUNCTION, kind: 'durableFunction' } }]);
    expect((await world.read(task)).resume).toMatchObject({ kind: 'durableFunction', state: 'delivered' });
  });

  test('is told a result in the bucket', async ({ world }) => {
    const payload = Buffer.from('{"total":12}');
    const task = await storeWaited(world.tables, {
      ...closedAs('succeeded'),
      result: describePayload(payload, 'application/json'),
      payloadKey: 'results/a/b/c',
    });
    world.objects.set('results/a/b/c', payload);
    await world.receive(task);
    expect(world.calls).toMatchObject([{ output: expect.stringContaining('"result":{"total":12}}') }]);
  });

  test('is told a reference to a result in the bucket that is too large, which is not read', async ({ world }) => {
    const result = { ...describePayload(Buffer.from('[]'), 'application/json'), size: 262_144 };
    const task = await storeWaited(world.tables, { ...closedAs('succeeded'), result, payloadKey: 'results/a/b/c' });
    await world.receive(task);
    const location = `${ORIGIN}/v1/tasks/${task.taskId}/result`;
    expect(world.calls).toMatchObject([{ output: expect.stringContaining(`"location":"${location}"}`) }]);
    expect(world.objectsRead).toEqual([]);
  });

  test('is told a reference to a result whose object is gone', async ({ world }) => {
    const result = describePayload(Buffer.from('[]'), 'application/json');
    const task = await storeWaited(world.tables, { ...closedAs('succeeded'), result, payloadKey: 'results/a/b/c' });
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toMatchObject([{ output: expect.stringContaining('"location":') }]);
  });

  test('is told the outcome at once if the message is of earlier progress', async ({ world }) => {
    const task = await storeWaited(world.tables, { ...closedWith('succeeded', '[1]'), sequence: 3 });
    expect(await world.receive({ ...task, sequence: 2 })).toBe(true);
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toMatchObject([{ action: 'succeed' }]);
  });

  test('is told the outcome that a delivery from quarantine has made of an expiry', async ({ world }) => {
    const task = await storeWaited(world.tables, { ...closedWith('succeeded', '[2]'), sequence: 4 });
    // The message of the expiry comes late.
    expect(await world.receive({ ...task, sequence: 2 })).toBe(true);
    expect(world.calls).toMatchObject([{ action: 'succeed', output: expect.stringContaining('"result":[2]') }]);
  });
});

describe('nothing is told', () => {
  test.for<readonly [string, Partial<TaskItem>]>([
    ['for a task whose workflow was told', { resume: { kind: 'stepFunctions', state: 'delivered', at: at(NOW) } }],
    [
      'for a task whose workflow was refused',
      { resume: { kind: 'stepFunctions', state: 'refused', at: at(NOW), reason: 'InvalidToken' } },
    ],
  ])('%s', async ([, overrides], { world }) => {
    const task = await storeWaited(world.tables, { ...closedWith('succeeded', '[1]'), ...overrides });
    const before = await world.read(task);
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toEqual([]);
    expect(await world.read(task)).toEqual(before);
  });

  test('for a task that does not exist any more', async ({ world }) => {
    expect(await world.receive({ taskId: 'gone', sequence: 2 })).toBe(true);
    expect(world.calls).toEqual([]);
  });

  test.for<readonly [string, Partial<TaskItem>]>([
    ['reopened', { status: 'pending', revision: 3 }],
    ['reopened and closed again', { closedAt: at(NOW + 1), revision: 4 }],
  ])('by the message of a task that is %s meanwhile', async ([, change], { aWorld, store }) => {
    const task = await storeWaited(store, closedWith('succeeded', '[1]'));
    const changed = { ...task, ...change };
    const world = aWorld({
      wrap: (parts) => ({
        ...parts,
        // It changes between the read and the call.
        decrypt: async (...input) => {
          await storeWaited(store, changed);
          return parts.decrypt(...input);
        },
      }),
    });
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toEqual([]);
    const { resume, resumeToken, sequence } = await world.read(task);
    expect(resume).toEqual({ kind: 'stepFunctions', state: 'pending' });
    expect(resumeToken).toBeDefined();
    expect(sequence).toBe(task.sequence);
  });
});

describe('the destination', () => {
  const OTHER_ACCOUNT = {
    arn: 'arn:aws:states:eu-central-1:111122223333:stateMachine:Theirs',
    roleArn: 'arn:aws:iam::111122223333:role/resume',
    externalId: 'our-secret-name',
  };
  const SEVERAL: ResumeTargets = { invoices: [{ arn: STATE_MACHINE }, OTHER_ACCOUNT, { arn: FUNCTION }] };

  test.for([
    [undefined, { arn: STATE_MACHINE, region: 'eu-west-1', account: '000000000000' }],
    [STATE_MACHINE, { arn: STATE_MACHINE, region: 'eu-west-1', account: '000000000000' }],
    [OTHER_ACCOUNT.arn, { ...OTHER_ACCOUNT, region: 'eu-central-1', account: '111122223333' }],
  ] as const)('of %s is an entry of the application, with its role', async ([arn, destination], { aWorld }) => {
    const world = aWorld({ targets: SEVERAL });
    const task = await storeWaited(world.tables, closedWith('succeeded', '[1]'), arn === undefined ? {} : { arn });
    await world.receive(task);
    expect(world.calls.map((call) => call.destination)).toEqual([{ ...destination, kind: 'stepFunctions' }]);
  });

  test.for<readonly [string, Partial<TaskItem>, ResumeTargets]>([
    ['of an application without entries', {}, {}],
    ['of another application', { application: 'orders' }, SEVERAL],
    ['that has the name of a member of all objects', { application: 'constructor' }, SEVERAL],
    ['of a kind that the application has no entry of', {}, { invoices: [{ arn: FUNCTION }] }],
    [
      'that is not an entry any more',
      { resume: { kind: 'stepFunctions', state: 'pending', arn: OTHER_ACCOUNT.arn } },
      { invoices: [{ arn: STATE_MACHINE }] },
    ],
    [
      'of another kind than its ARN',
      { resume: { kind: 'stepFunctions', state: 'pending', arn: FUNCTION } },
      { invoices: [{ arn: FUNCTION }] },
    ],
  ])('%s is refused with NotAllowed', async ([, overrides, targets], { aWorld }) => {
    const world = aWorld({ targets });
    const task = await storeWaited(world.tables, { ...closedWith('succeeded', '[1]'), ...overrides });
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toEqual([]);
    const { change, resume, resumeToken, sequence } = await world.read(task);
    expect(resume).toMatchObject({ state: 'refused', reason: 'NotAllowed', at: at(NOW) });
    expect({ change, resumeToken, sequence }).toEqual({
      change: 'resumeRefused',
      resumeToken: undefined,
      sequence: task.sequence + 1,
    });
    expect(world.lines).toEqual([
      expect.objectContaining({ level: 'ERROR', ResumeRefused: 1, Reason: 'NotAllowed', taskId: task.taskId }),
    ]);
  });
});

test('a token that KMS decrypts for another task only is refused with TokenUnreadable', async ({ world }) => {
  const other = await storeWaited(world.tables);
  const task = await storeWaited(world.tables, {
    ...closedWith('succeeded', '[1]'),
    ...(other.resumeToken && { resumeToken: other.resumeToken }),
  });
  expect(await world.receive(task)).toBe(true);
  expect(world.calls).toEqual([]);
  expect((await world.read(task)).resume).toMatchObject({ state: 'refused', reason: 'TokenUnreadable' });
});
