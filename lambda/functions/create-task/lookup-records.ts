import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { IDEMPOTENCY_KEY } from '../../contract/limits.ts';
import { LOOKUPS_TABLE } from '../../contract/tables.ts';
import { toAttributes } from '../../shared/aws/attribute-values.ts';
import type { StoredTask } from '../../shared/tables/complete-task.ts';
import { ownerCondition } from '../../shared/tables/owned-task.ts';
import { onlyIf } from '../../shared/tables/task-updates.ts';
import { forgottenAt, type IdempotentRequest, type RecordedRequest } from './idempotency.ts';
import type { Supersession } from './task-creation-store.ts';

/** Checks the age of a record, because DynamoDB may delete it days late. */
const IS_FREE = `attribute_not_exists(${LOOKUPS_TABLE.partitionKey}) OR recordedAt <= :forgotten`;

/** Records a request with an idempotency key, unless another request has the key. */
export const recordRequest = (
  table: string,
  request: IdempotentRequest,
  taskId: string,
  now: number,
): TransactWriteItem => ({
  Put: {
    TableName: table,
    Item: toAttributes({
      [LOOKUPS_TABLE.partitionKey]: request.lookupKey,
      requestSha256: request.requestSha256,
      taskId,
      recordedAt: now,
      [LOOKUPS_TABLE.timeToLive]: now + IDEMPOTENCY_KEY.seconds,
    }),
    ConditionExpression: IS_FREE,
    ExpressionAttributeValues: { ':forgotten': { N: `${forgottenAt(now)}` } },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  },
});

/** Reads the record of a request. */
export const readRecorded = (item: Readonly<Record<string, AttributeValue>> | undefined): RecordedRequest | undefined =>
  item && {
    requestSha256: item.requestSha256?.S ?? '',
    taskId: item.taskId?.S ?? '',
    recordedAt: Number(item.recordedAt?.N ?? 0),
  };

/** Records the task as the last one with its value of `supersedes`, and cancels the one before. */
export const supersede = (
  application: string,
  { cancellation, lookupKey, recordedTaskId }: Supersession,
  { purgeAt, taskId }: StoredTask,
  { lookupsTable, tasksTable }: { readonly lookupsTable: string; readonly tasksTable: string },
): readonly TransactWriteItem[] => [
  {
    Put: {
      TableName: lookupsTable,
      Item: toAttributes({
        [LOOKUPS_TABLE.partitionKey]: lookupKey,
        taskId,
        [LOOKUPS_TABLE.timeToLive]: purgeAt,
      }),
      ...(recordedTaskId === undefined
        ? { ConditionExpression: `attribute_not_exists(${LOOKUPS_TABLE.partitionKey})` }
        : {
            ConditionExpression: 'taskId = :recorded',
            ExpressionAttributeValues: { ':recorded': { S: recordedTaskId } },
          }),
    },
  },
  ...(cancellation === undefined
    ? []
    : [
        {
          Update: onlyIf(
            {
              TableName: tasksTable,
              Key: { taskId: { S: cancellation.taskId } },
              ...cancellation.update,
            },
            ownerCondition(application),
          ) as TransactWriteItem['Update'],
        },
      ]),
];
