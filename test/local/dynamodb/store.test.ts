import { GetItemCommand, TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { test } from '../../support/fixtures.ts';

describe('the engine of the test run', () => {
  test('C6 50 simultaneous transactions on one key: one wins, every loser sees the winner’s record', async ({
    store,
  }) => {
    const use = (number: number) =>
      store.client.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            {
              Update: {
                TableName: store.jtiTable,
                Key: { jti: { S: 'iss#one' } },
                UpdateExpression: 'SET winner = :number ADD uses :one',
                ConditionExpression: 'attribute_not_exists(jti)',
                ExpressionAttributeValues: { ':number': { N: String(number) }, ':one': { N: '1' } },
                ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
              },
            },
            {
              Update: {
                TableName: store.tasksTable,
                Key: { taskId: { S: 'task-one' } },
                UpdateExpression: 'SET winner = :number',
                ConditionExpression: 'attribute_not_exists(winner)',
                ExpressionAttributeValues: { ':number': { N: String(number) } },
                ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
              },
            },
          ],
        }),
      );

    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, number) => use(number)));

    const winners = outcomes.flatMap(({ status }, number) => (status === 'fulfilled' ? [number] : []));
    expect(winners).toHaveLength(1);
    const { Item } = await store.client.send(
      new GetItemCommand({ TableName: store.tasksTable, Key: { taskId: { S: 'task-one' } } }),
    );
    expect(Item?.winner).toEqual({ N: String(winners[0]) });
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue;
      expect(outcome.reason).toBeInstanceOf(TransactionCanceledException);
      expect(outcome.reason.CancellationReasons).toMatchObject([
        { Code: 'ConditionalCheckFailed', Item: { winner: { N: String(winners[0]) }, uses: { N: '1' } } },
        { Code: 'ConditionalCheckFailed', Item: { winner: { N: String(winners[0]) } } },
      ]);
    }
  });
});
