import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { heartbeatKey } from '../../../../lambda/shared/tables/hashed-keys.ts';
import { aServiceError, closedAs, FUNCTION, storeWaited, TASK_TOKEN } from '../../../support/resuming.ts';
import { test } from '../../../support/resuming-fixtures.ts';
import { NOW } from '../../../support/tokens.ts';

const PROGRESSED = { sequence: 2, change: 'progressed' } as const;

describe('progress of a pending task', () => {
  test.for(['stepFunctions', 'durableFunction'] as const)('is a heartbeat of %s', async (kind, { world }) => {
    const task = await storeWaited(world.tables, PROGRESSED, { kind });
    const before = await world.read(task);
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toMatchObject([{ action: 'heartbeat', token: TASK_TOKEN, destination: { kind } }]);
    // A write to the task could conflict with a callback.
    expect(await world.read(task)).toEqual(before);
    expect(world.lines).toMatchObject([{ level: 'INFO', message: 'heartbeat sent', taskId: task.taskId, sequence: 2 }]);
  });

  test.for([
    ['10 seconds without a heartbeat', {}, 10],
    ['a third of the heartbeat', { heartbeat: 30 }, 10],
    ['a third of a long heartbeat', { heartbeat: 3_600 }, 1_200],
  ] as const)('is at most one heartbeat in %s', async ([, overrides, seconds], { world }) => {
    const task = await storeWaited(world.tables, {
      ...PROGRESSED,
      ...overrides,
      ...('heartbeat' in overrides && { heartbeatDeadline: NOW + 3_600 }),
    });
    await world.receive(task);
    world.pass(seconds - 1);
    expect(await world.receive({ ...task, sequence: 3 })).toBe(true);
    expect(world.calls).toHaveLength(1);
    world.pass(1);
    await world.receive({ ...task, sequence: 4 });
    expect(world.calls).toHaveLength(2);
    await world.receive({ ...task, sequence: 5 });
    expect(world.calls).toHaveLength(2);
  });

  test('leaves a record in the lookups table that DynamoDB deletes soon', async ({ world }) => {
    const task = await storeWaited(world.tables, PROGRESSED);
    await world.receive(task);
    const { Item: item } = await world.tables.client.send(
      new GetItemCommand({
        TableName: world.tables.lookupsTable,
        Key: { lookupKey: { S: heartbeatKey(task.taskId) } },
      }),
    );
    expect(item).toEqual({
      lookupKey: { S: heartbeatKey(task.taskId) },
      beganAt: { N: `${NOW * 1000}` },
      expiresAt: { N: `${NOW + 11}` },
    });
  });

  test.for([
    ['InvalidToken', 400],
    ['TaskTimedOut', 400],
    ['ThrottlingException', 400],
    ['ServiceUnavailable', 503],
    ['TimeoutError', 0],
  ] as const)('is tried once: %s changes nothing', async ([name, status], { world }) => {
    const task = await storeWaited(world.tables, PROGRESSED);
    const before = await world.read(task);
    world.answer(aServiceError(name, status));
    expect(await world.receive(task)).toBe(true);
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toHaveLength(1);
    expect(world.delays).toEqual([]);
    expect(await world.read(task)).toEqual(before);
    expect(world.lines[0]).toMatchObject({ level: 'ERROR', message: 'heartbeat not sent', error: name });
    expect(JSON.stringify(world.lines)).not.toContain(TASK_TOKEN);
  });

  test('is no heartbeat while the lookups table is unavailable, and the message is done', async ({ aWorld }) => {
    const world = aWorld({
      wrap: (parts) => ({
        ...parts,
        heartbeats: { begin: () => Promise.reject(Object.assign(new Error(''), { name: 'ThrottlingException' })) },
      }),
    });
    const task = await storeWaited(world.tables, PROGRESSED);
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toEqual([]);
  });

  test('is no heartbeat of a task that is overdue', async ({ world }) => {
    const task = await storeWaited(world.tables, { ...PROGRESSED, heartbeat: 30, heartbeatDeadline: NOW });
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toEqual([]);
  });

  test('is no heartbeat of a workflow that the application may not resume any more', async ({ aWorld }) => {
    const world = aWorld({ targets: { invoices: [{ arn: FUNCTION }] } });
    const task = await storeWaited(world.tables, PROGRESSED);
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toEqual([]);
    expect((await world.read(task)).resume).toEqual({ kind: 'stepFunctions', state: 'pending' });
  });

  test('is no heartbeat of a workflow that was told before the task was reopened', async ({ world }) => {
    const task = await storeWaited(world.tables, {
      ...PROGRESSED,
      resume: { kind: 'stepFunctions', state: 'delivered', at: new Date(NOW * 1000).toISOString() },
    });
    expect(await world.receive(task)).toBe(true);
    expect(world.calls).toEqual([]);
  });

  test('is not a heartbeat if the task is closed', async ({ world }) => {
    const task = await storeWaited(world.tables, { ...closedAs('cancelled'), sequence: 3 });
    await world.receive({ ...task, sequence: 2 });
    expect(world.calls).toMatchObject([{ action: 'fail', error: 'Postern.TaskCancelled' }]);
  });
});
