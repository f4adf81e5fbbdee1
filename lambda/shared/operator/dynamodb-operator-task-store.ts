import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { OPERATOR_VIEW_ATTRIBUTES, type OperatorReadAttribute } from '../../contract/operator-attributes.ts';
import { JTI_TABLE, jtiKey } from '../../contract/tables.ts';
import { callBySdk } from '../aws/dynamodb-sdk.ts';
import { transact } from '../aws/transact-write.ts';
import { CONDITION_FAILED, type ConflictRetries } from '../aws/transaction-conflicts.ts';
import { keepInput } from '../dispatch/input-item.ts';
import { readBatches } from '../tables/batch-read.ts';
import { completeTask } from '../tables/complete-task.ts';
import type { AuditLog } from './audit-log.ts';
import type { OperatorTaskStore } from './operator-task-store.ts';

export interface DynamoDBOperatorTaskStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  readonly jtiTable: string;
  readonly lookupsTable: string;
  /** The gateway's origin: `iss` of its callback tokens. */
  readonly origin: string;
  readonly audit: Pick<AuditLog, 'put'>;
}

const ACTION_ATTRIBUTES = [
  ...OPERATOR_VIEW_ATTRIBUTES,
  'expiresIn',
  'reissuedAt',
  'payloadKey',
  'shard',
] as const satisfies readonly OperatorReadAttribute[];

/** The tables of tasks, used tokens and actions, for operators. */
export const createDynamoDBOperatorTaskStore = (options: DynamoDBOperatorTaskStoreOptions): OperatorTaskStore => {
  const { audit, client, jtiTable, lookupsTable, origin, tasksTable } = options;

  const get = async <N extends OperatorReadAttribute>(taskId: string, names: readonly N[]) => {
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: tasksTable,
        Key: { taskId: { S: taskId } },
        ConsistentRead: true,
        ProjectionExpression: names.map((name) => `#${name}`).join(', '),
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      }),
    );
    return Item && completeTask(unmarshall(Item), names);
  };

  return {
    find: (taskId) => get(taskId, OPERATOR_VIEW_ATTRIBUTES),

    findActionable: (taskId) => get(taskId, ACTION_ATTRIBUTES),

    countUses: async (jtis) => {
      if (jtis.length === 0) return new Map();
      const keys = jtis.map((jti) => ({ [JTI_TABLE.partitionKey]: { S: jtiKey(origin, jti) } }));
      const items = await readBatches(options, jtiTable, keys, [JTI_TABLE.partitionKey, 'uses']);
      const byKey = new Map(items.map(({ jti, uses }) => [jti?.S, Number(uses?.N ?? 0)]));
      return new Map(jtis.map((jti) => [jti, byKey.get(jtiKey(origin, jti)) ?? 0]));
    },

    change: async (taskId, { keptInput, update }, entry) => {
      const reasons = await transact(
        callBySdk(client),
        [
          {
            Update: {
              TableName: tasksTable,
              Key: { taskId: { S: taskId } },
              ...update,
            },
          },
          audit.put(entry),
          ...(keptInput === undefined
            ? []
            : [{ Update: keepInput(lookupsTable, { taskId, purgeAt: keptInput.purgeAt }, keptInput.issue) }]),
        ],
        options,
      );
      // The item exists only if an earlier attempt of this request wrote it and its response was lost: its id is random.
      if (reasons === undefined || reasons[1]?.Code === CONDITION_FAILED) return 'done';
      return reasons[0]?.Code === CONDITION_FAILED ? 'changed' : 'noInput';
    },
  };
};
