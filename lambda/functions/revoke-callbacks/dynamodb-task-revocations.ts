import type { DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { TASKS_TABLE } from '../../contract/tables.ts';
import { revisionOf } from '../../contract/task.ts';
import { callBySdk } from '../../shared/aws/dynamodb-sdk.ts';
import { transact } from '../../shared/aws/transact-write.ts';
import { CONDITION_FAILED, type ConflictRetries } from '../../shared/aws/transaction-conflicts.ts';
import { revokeUpdate } from '../../shared/operator/revoke-update.ts';
import { readBatches } from '../../shared/tables/batch-read.ts';
import { completeTask } from '../../shared/tables/complete-task.ts';
import { createJobAudit, type JobAuditOptions } from './job-audit.ts';
import type { RevocableTask, TaskRevocations } from './task-revocations.ts';

export interface DynamoDBTaskRevocationsOptions extends ConflictRetries, JobAuditOptions {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
}

const ATTRIBUTES = [
  'taskId',
  'application',
  'status',
  'processor',
  'createdAt',
  'deadline',
  'heartbeatDeadline',
  'callbacks',
  'reissuedAt',
  'revision',
  'journal',
] as const satisfies readonly (keyof RevocableTask)[];

/** Tasks and audit items of bulk revocations. */
export const createDynamoDBTaskRevocations = (options: DynamoDBTaskRevocationsOptions): TaskRevocations => {
  const { client, tasksTable } = options;
  const audit = createJobAudit(options);
  return {
    read: async (taskIds) => {
      const keys = taskIds.map((taskId) => ({ [TASKS_TABLE.partitionKey]: { S: taskId } }));
      return (await readBatches(options, tasksTable, keys, ATTRIBUTES)).map((item) =>
        completeTask(unmarshall(item), ATTRIBUTES),
      );
    },

    findRevoked: (job, taskIds) => audit.findWritten(job, taskIds),

    revoke: async (job, task, now) => {
      const items: readonly TransactWriteItem[] = [
        {
          Update: {
            TableName: tasksTable,
            Key: { [TASKS_TABLE.partitionKey]: { S: task.taskId } },
            ...revokeUpdate(task, now, { operator: job.operator, reason: job.reason }),
          },
        },
        audit.put(job, task, {
          action: 'revoke',
          revision: { before: revisionOf(task), after: revisionOf(task) + 1 },
        }),
      ];
      const reasons = await transact(callBySdk(client), items, options);
      if (reasons === undefined) return 'revoked';
      return reasons[1]?.Code === CONDITION_FAILED ? 'repeated' : 'changed';
    },
  };
};
