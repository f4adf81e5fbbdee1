import { DescribeTableCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import type { TestStore } from './engine.ts';
import { EVENTUALLY } from './patience.ts';

type Tasks = Pick<TestStore, 'client' | 'tasksTable'>;

/** Returns the names of the indexes of the tasks table, sorted. */
export const indexNames = async ({ client, tasksTable }: Tasks): Promise<readonly string[]> => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: tasksTable }));
  return (Table?.GlobalSecondaryIndexes ?? []).map(({ IndexName = '' }) => IndexName).sort();
};

/** Removes indexes of the tasks table, one in each update, as CloudFormation does. */
export const removeIndexes = async (store: Tasks, names: readonly string[]): Promise<void> => {
  const { client, tasksTable: TableName } = store;
  for (const IndexName of names) {
    await client.send(new UpdateTableCommand({ TableName, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName } }] }));
    await expect.poll(() => indexNames(store), EVENTUALLY).not.toContain(IndexName);
  }
};
