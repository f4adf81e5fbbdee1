import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import { itemBytes } from '../../capacity/item-size.ts';
import { TASK } from '../../cost/usage.ts';
import { callBySdk } from '../../lambda/shared/aws/dynamodb-sdk.ts';
import { test } from '../support/fixtures.ts';
import { aReceiver, putTask } from '../support/receiver.ts';
import type { Opened } from '../support/sender-world.ts';

interface Consumed {
  readonly CapacityUnits?: number;
}

/** Capacity units that DynamoDB reports for each request. The engine in Java counts a transaction's units twice. */
const EXPECTED = {
  native: [TASK.writeUnits.open, TASK.writeUnits.callback],
  jar: [TASK.writeUnits.open, 20],
} as const;

test('a task with a result of 1 KB takes as many write units as its price is made from', async ({ store, key }) => {
  const units: number[] = [];
  store.client.middlewareStack.add(
    (next) => async (given) => {
      Object.assign(given.input, { ReturnConsumedCapacity: 'TOTAL' });
      const result = await next(given);
      const { ConsumedCapacity } = result.output as unknown as { ConsumedCapacity?: Consumed | readonly Consumed[] };
      units.push([ConsumedCapacity ?? []].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0));
      return result;
    },
    { step: 'initialize' },
  );
  const receiver = aReceiver({ store, keys: [key], dynamodb: callBySdk(store.client) });
  const task = await putTask(store, key);
  const answer = await receiver.deliver({
    path: `${task.path('result')}/${task.tokens.result}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'x'.repeat(1_000) }),
  });
  expect(answer.status).toBe(200);
  expect(units).toEqual(EXPECTED[store.engine as keyof typeof EXPECTED]);
});

test('a task with a result of 256 bytes fits into 1,024 bytes: its callback takes 4 write units', async ({
  open,
  sender,
}) => {
  const receiver = await sender.receiver();
  const resource = 'urn:example:invoice:2026-11-30:000000077';
  const body = JSON.stringify({ processor: 'acme-ocr', resource, expiresIn: 3_600, carrier: 'path' });
  const headers = { 'content-type': 'application/json' };
  const { callbacks, taskId } = (await open.send({ path: '/v1/tasks', headers, body })).json as Opened;
  const path = new URL(callbacks.result?.url ?? '').pathname;
  const result = JSON.stringify({ text: 'x'.repeat(256 - JSON.stringify({ text: '' }).length) });
  expect((await receiver.deliver({ path, headers, body: result })).status).toBe(200);
  const Key = { taskId: { S: taskId } };
  const { Item = {} } = await sender.store.client.send(new GetItemCommand({ TableName: sender.store.tasksTable, Key }));
  expect(Item.status).toEqual({ S: 'succeeded' });
  // The client id of the fixture has 12 characters, and real ones have 26.
  expect(Item.openedBy).toEqual({ S: 'local-sender' });
  const bytes = itemBytes(Item) + 14;
  expect(bytes).toBeLessThanOrEqual(1_024);
  // The rest is for longer names of applications, processors and media types.
  expect(1_024 - bytes).toBeGreaterThanOrEqual(35);
  expect(Buffer.byteLength(result)).toBe(256);
  expect(resource).toHaveLength(40);
});
