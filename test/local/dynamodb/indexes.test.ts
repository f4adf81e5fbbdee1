import { type AttributeValue, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect } from 'vitest';
import { OF_APPLICATION_INDEX, PENDING_INDEX } from '../../../lambda/contract/tables.ts';
import { test as base } from '../../support/fixtures.ts';

const test = base.extend(
  'query',
  ({ store }) =>
    async (index: { readonly name: string; readonly partitionKey: string }, shard: AttributeValue) =>
      (
        await store.client.send(
          new QueryCommand({
            TableName: store.tasksTable,
            IndexName: index.name,
            KeyConditionExpression: '#partition = :shard',
            ExpressionAttributeNames: { '#partition': index.partitionKey },
            ExpressionAttributeValues: { ':shard': shard },
          }),
        )
      ).Items ?? [],
);

test('gives the tasks table its indexes: no payload in any, no closed task among the pending', async ({
  query,
  store,
}) => {
  const open = {
    taskId: 'open',
    application: 'default',
    applicationShard: 'default#3',
    createdKey: '2026#open',
    status: 'pending',
    payload: new Uint8Array([1]),
  };
  const closed = { ...open, taskId: 'closed', createdKey: '2026#closed', status: 'succeeded' };
  for (const item of [{ ...open, dueShard: 3, due: 9 }, closed]) {
    await store.client.send(new PutItemCommand({ TableName: store.tasksTable, Item: marshall(item) }));
  }

  const created = await query(OF_APPLICATION_INDEX, { S: 'default#3' });
  expect(created).toEqual(
    ['closed', 'open'].map((taskId) => ({
      taskId: { S: taskId },
      applicationShard: { S: 'default#3' },
      createdKey: { S: `2026#${taskId}` },
    })),
  );
  expect(await query(PENDING_INDEX, { N: '3' })).toEqual([
    { taskId: { S: 'open' }, application: { S: 'default' }, dueShard: { N: '3' }, due: { N: '9' } },
  ]);
});
