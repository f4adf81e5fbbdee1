import { randomBytes, randomUUID } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { itemBytes } from '../../capacity/item-size.ts';
import { type KeptOnTask, largestTaskBytes } from '../../lib/config/rules/item-size.ts';
import { test as base } from '../support/fixtures.ts';
import '../support/matchers.ts';
import { aReceiver, putTask } from '../support/receiver.ts';
import { worstTask } from '../support/worst-task.ts';

/** Limits that synth takes together, each as high as the others leave room for. */
const LIMITS: readonly [string, KeptOnTask][] = [
  ['the largest payload on the task', { inlineLimit: 61_440, quarantineLimit: 0, uploadUses: 3 }],
  ['the longest quarantine', { inlineLimit: 13_390, quarantineLimit: 20, uploadUses: 3 }],
  ['the most upload offers', { inlineLimit: 1, quarantineLimit: 0, uploadUses: 362 }],
  ['the defaults, and the most upload offers', { inlineLimit: 4_096, quarantineLimit: 5, uploadUses: 314 }],
];

const test = base.extend('storedBytes', ({ store }) => async (taskId: string): Promise<number> => {
  const Key = { taskId: { S: taskId } };
  const { Item = {} } = await store.client.send(
    new GetItemCommand({ TableName: store.tasksTable, Key, ConsistentRead: true }),
  );
  return itemBytes(Item);
});

describe('a task with everything at its limit', () => {
  test.for(LIMITS)(
    'with %s is closed by its result, and fits as reckoned',
    async ([_, limits], { key, store, storedBytes }) => {
      const reckoned = largestTaskBytes(limits);
      expect(reckoned).toBeLessThanOrEqual(409_600);
      const taskId = randomUUID();
      const task = await putTask(store, key, worstTask(taskId, limits));
      const receiver = aReceiver({ store, keys: [key], inlineLimit: limits.inlineLimit, patient: true });
      const contentType = `text/plain;x=${'y'.repeat(255 - 13)}`;
      const answer = await receiver.deliver({
        path: task.path('result'),
        headers: { 'content-type': contentType, authorization: `Bearer ${task.tokens.result}` },
        body: randomBytes(limits.inlineLimit),
      });
      expect(answer).toMatchObject({ status: 200, json: { status: 'succeeded' } });
      const bytes = await storedBytes(taskId);
      expect(bytes).toBeLessThanOrEqual(reckoned);
      // It is the worst one: what is left is the slack of the reckoning alone.
      expect(bytes).toBeGreaterThan(limits.inlineLimit * (6 + limits.quarantineLimit));
    },
  );

  test.each(LIMITS)('with %s is as large as synth accepts: more payload or one more offer is refused', (_, limits) => {
    const larger = { ...limits, inlineLimit: limits.inlineLimit + 64 };
    const more = { ...limits, uploadUses: limits.uploadUses + 1 };
    expect(Math.max(largestTaskBytes(larger), largestTaskBytes(more))).toBeGreaterThan(409_600);
  });
});
