import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect } from 'vitest';
import { BY_CREATION_INDEX, BY_DEADLINE_INDEX } from '../../../lambda/contract/tables.ts';
import { test as base } from '../../support/fixtures.ts';

const test = base.extend(
  'query',
  ({ store }) =>
    async (index: { readonly name: string; readonly partitionKey: string }, shard: number) =>
      (
        await store.client.send(
          new QueryCommand({
            TableName: store.tasksTable,
            IndexName: index.name,
            KeyConditionExpression: '#partition = :shard',
            ExpressionAttributeNames: { '#partition': index.partitionKey },
            ExpressionAttributeValues: { ':shard': { N: String(shard) } },
          }),
        )
      ).Items ?? [],
);

test('gives the tasks table both indexes: no payload in either, closed tasks in one only', async ({ query, store }) => {
  const open = { taskId: 'open', shard: 3, createdKey: '2026#open', status: 'pending', payload: new Uint8Array([1]) };
  const closed = { ...open, taskId: 'closed', createdKey: '2026#closed', status: 'succeeded' };
  for (const item of [{ ...open, dueShard: 3, due: 9 }, closed]) {
    await store.client.send(new PutItemCommand({ TableName: store.tasksTable, Item: marshall(item) }));
  }

  const created = await query(BY_CREATION_INDEX, 3);
  expect(created.map(({ createdKey, status }) => [createdKey?.S, status?.S])).toEqual([
    ['2026#closed', 'succeeded'],
    ['2026#open', 'pending'],
  ]);
  expect(created.some((item) => 'payload' in item)).toBe(false);
  expect(await query(BY_DEADLINE_INDEX, 3)).toEqual([{ taskId: { S: 'open' }, dueShard: { N: '3' }, due: { N: '9' } }]);
});
