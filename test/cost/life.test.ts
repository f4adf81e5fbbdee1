import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it, test } from 'vitest';
import { openLifeWorld, type Usage } from '../../benchmarks/harness/life.ts';
import { live, payloadOf } from '../../benchmarks/harness/life-steps.ts';
import { scope } from '../../benchmarks/harness/scope.ts';
import { anEvent, resultPath } from '../../benchmarks/harness/test-bed.ts';
import { itemBytes } from '../../capacity/item-size.ts';
import { storedBytes } from '../../capacity/write-units.ts';
import { LIFE, STORED, type StepUsage } from '../../cost/life.ts';
import { TASK } from '../../cost/usage.ts';
import { LOOK_BACK_SECONDS } from '../../lambda/contract/limits.ts';

/** Bytes differ by the digits of durations and by random ids. */
const TOLERATED_BYTES = 20;

const RESULT_BYTES = 1_024;

test('the steps of a task use what the costs are made from, by the shipped functions', {
  timeout: 240_000,
}, async () => {
  await scope(async (defer) => {
    const world = await openLifeWorld(defer, 4_096);
    // The first requests of a process also read its keys.
    await live(world, RESULT_BYTES);
    const life: Readonly<Record<string, Usage>> = await live(world, RESULT_BYTES);
    for (const [name, expected] of Object.entries(LIFE) as [string, StepUsage][]) {
      const { bytesIn = 0, bytesOut = 0, logBytes = 0, readUnits, writeUnits } = life[name] ?? {};
      expect({ readUnits, writeUnits }, name).toEqual({
        readUnits: expected.readUnits,
        writeUnits: expected.writeUnits,
      });
      const differences = [logBytes - expected.logBytes, bytesIn - expected.bytesIn, bytesOut - expected.bytesOut];
      for (const difference of differences) expect(Math.abs(difference), name).toBeLessThan(TOLERATED_BYTES);
    }

    const [{ task, token } = { task: { taskId: '' }, token: '' }] = await world.bed.callbacks(1);
    await world.measure('receive', anEvent(resultPath(task.taskId), token, { body: payloadOf(1_000) }));
    const { Item: item = {} } = await world.bed.dynamodb.send(
      new GetItemCommand({ TableName: 'tasks', Key: { taskId: { S: task.taskId } } }),
    );
    expect(Math.abs(itemBytes(item) - STORED.task)).toBeLessThan(TOLERATED_BYTES);
  });
});

describe('what a task stores', () => {
  it('is the size of its items', () => {
    const { indexEntries, jti, task } = storedBytes(1_000);
    expect({ task, jti, indexEntries: Object.values(indexEntries) }).toEqual(STORED);
    expect(Object.keys(indexEntries)).toEqual(['ofApplication', 'byResource', 'byDue']);
  });
});

describe('the looks of `expire` at a closed task', () => {
  it('are two and a half: a run each minute looks back 30 seconds, and once after 15 minutes', () => {
    const { late, recent } = LOOK_BACK_SECONDS;
    expect([recent, late]).toEqual([30, 900]);
    const looks = (60 + recent) / 60 + 1;
    expect(TASK.readUnits).toBeCloseTo(1 + looks * (0.5 + (0.5 * STORED.indexEntries[2]) / 4_096), 10);
  });
});
