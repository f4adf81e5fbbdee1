import {
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { ensureTable } from '../../../local/dynamodb/tables.ts';
import type { ResolvedResource } from '../../../local/resource.ts';
import { aTasksTable } from '../../support/engine.ts';
import { test as base } from '../../support/fixtures.ts';

const changed = (table: ResolvedResource, properties: Readonly<Record<string, unknown>>): ResolvedResource => ({
  ...table,
  properties: { ...table.properties, ...properties },
});

const NO_INDEX = {
  AttributeDefinitions: [{ AttributeName: 'taskId', AttributeType: 'S' }],
  GlobalSecondaryIndexes: undefined,
};

const INDEX = {
  AttributeDefinitions: [
    { AttributeName: 'taskId', AttributeType: 'S' },
    { AttributeName: 'status', AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byStatus',
      KeySchema: [{ AttributeName: 'status', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['processor'] },
    },
  ],
};

const test = base
  /** Names of tables to delete. */
  .extend('names', { scope: 'file' }, ({ store }, { onCleanup }) => {
    const names: string[] = [];
    onCleanup(async () => {
      await Promise.all(names.map((TableName) => store.client.send(new DeleteTableCommand({ TableName }))));
    });
    return names;
  })
  .extend('aTable', ({ names }) => (properties: Readonly<Record<string, unknown>> = {}): ResolvedResource => {
    const table = aTasksTable();
    names.push(String(table.properties.TableName));
    return { ...table, properties: { ...table.properties, ...properties } };
  })
  .extend(
    'describeTable',
    ({ store }) =>
      async (TableName: string) =>
        (await store.client.send(new DescribeTableCommand({ TableName }))).Table,
  );

describe('a table of the template', () => {
  test('comes into being with keys, indexes, stream and time to live', async ({ aTable, describeTable, store }) => {
    const { tableName, tableArn, streamArn } = await ensureTable(
      store.client,
      aTable({
        ...INDEX,
        // Properties that an engine on one machine ignores.
        BillingMode: 'PAY_PER_REQUEST',
        Replicas: [{ Region: 'eu-west-1', DeletionProtectionEnabled: true }],
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      }),
    );

    expect(await describeTable(tableName)).toMatchObject({
      TableArn: tableArn,
      LatestStreamArn: streamArn,
      KeySchema: [{ AttributeName: 'taskId', KeyType: 'HASH' }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
      GlobalSecondaryIndexes: [
        expect.objectContaining({
          IndexName: 'byStatus',
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['processor'] },
        }),
      ],
    });
    const { TimeToLiveDescription } = await store.client.send(new DescribeTimeToLiveCommand({ TableName: tableName }));
    expect(TimeToLiveDescription).toMatchObject({ AttributeName: 'purgeAt' });
  });

  test('is left as it is on a restart', async ({ aTable, store }) => {
    const table = aTable(INDEX);
    const first = await ensureTable(store.client, table);
    const Item = { taskId: { S: 'kept' } };
    await store.client.send(new PutItemCommand({ TableName: first.tableName, Item }));

    expect(await ensureTable(store.client, table)).toEqual(first);
    const kept = await store.client.send(new GetItemCommand({ TableName: first.tableName, Key: Item }));
    expect(kept.Item).toEqual(Item);
  });

  test('gets what came into the template since: an index, a stream', async ({ aTable, describeTable, store }) => {
    const table = aTable({ ...NO_INDEX, StreamSpecification: undefined });
    const { tableName, streamArn } = await ensureTable(store.client, table);
    expect(streamArn).toBeUndefined();

    const now = await ensureTable(
      store.client,
      changed(table, { ...INDEX, StreamSpecification: { StreamViewType: 'NEW_IMAGE' } }),
    );
    expect(now.streamArn).toEqual(expect.stringContaining(tableName));
    expect((await describeTable(tableName))?.GlobalSecondaryIndexes).toHaveLength(1);
  });

  test('with another key is refused with both keys and what to do', async ({ aTable, store }) => {
    const table = aTable();
    await ensureTable(store.client, table);
    const otherKey = changed(table, {
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    });
    await expect(ensureTable(store.client, otherKey)).rejects.toThrow(
      /has the key \(HASH taskId S\), the template says \(HASH id S\).*Use another data folder/,
    );
  });

  test('with a property that is no table’s is refused by name', async ({ store }) => {
    await expect(
      ensureTable(store.client, { logicalId: 'Tasks', type: 'AWS::DynamoDB::Table', properties: { KeySchema: 'id' } }),
    ).rejects.toThrow('Table Tasks: AttributeDefinitions');
  });
});
