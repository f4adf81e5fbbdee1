import { expect } from 'vitest';
import { TASK } from '../../cost/usage.ts';
import { callBySdk } from '../../lambda/shared/aws/dynamodb-sdk.ts';
import { test } from '../support/fixtures.ts';
import { aReceiver, putTask } from '../support/receiver.ts';

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
