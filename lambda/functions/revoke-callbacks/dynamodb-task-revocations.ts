import { createHash } from 'node:crypto';
import type { DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { applicationOf } from '../../contract/applications.ts';
import type { AuditEntry } from '../../contract/audit.ts';
import { AUDIT_TABLE, TASKS_TABLE } from '../../contract/tables.ts';
import { revisionOf } from '../../contract/task.ts';
import { callBySdk } from '../../shared/aws/dynamodb-sdk.ts';
import { transact } from '../../shared/aws/transact-write.ts';
import { CONDITION_FAILED, type ConflictRetries } from '../../shared/aws/transaction-conflicts.ts';
import { auditKeyOf, auditPut } from '../../shared/operator/audit-item.ts';
import type { RevocationJob } from '../../shared/operator/revocation-job.ts';
import { revokeUpdate } from '../../shared/operator/revoke-update.ts';
import { readBatches } from '../../shared/tables/batch-read.ts';
import { completeTask } from '../../shared/tables/complete-task.ts';
import type { RevocableTask, TaskRevocations } from './task-revocations.ts';

export interface DynamoDBTaskRevocationsOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  readonly auditTable: string;
  /** Seconds for which audit items are kept. */
  readonly auditRetention: number;
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
  const { auditRetention, auditTable, client, tasksTable } = options;
  return {
    read: async (taskIds) => {
      const keys = taskIds.map((taskId) => ({ [TASKS_TABLE.partitionKey]: { S: taskId } }));
      return (await readBatches(options, tasksTable, keys, ATTRIBUTES)).map((item) =>
        completeTask(unmarshall(item), ATTRIBUTES),
      );
    },

    findRevoked: async (job, taskIds) => {
      const keys = taskIds.map((taskId) => auditKeyOf({ at: batchTimeOf(job), id: auditIdOf(job, taskId) }));
      const names = [AUDIT_TABLE.partitionKey, 'taskId'];
      const found = await readBatches(options, auditTable, keys, names);
      return new Set(found.map(({ taskId }) => taskId?.S ?? ''));
    },

    revoke: async (job, task, now) => {
      const items: readonly TransactWriteItem[] = [
        {
          Update: {
            TableName: tasksTable,
            Key: { [TASKS_TABLE.partitionKey]: { S: task.taskId } },
            ...revokeUpdate(task, now, { operator: job.operator, reason: job.reason }),
          },
        },
        auditPut(auditTable, auditEntryOf(job, task), auditRetention),
      ];
      const reasons = await transact(callBySdk(client), items, options);
      if (reasons === undefined) return 'revoked';
      return reasons[1]?.Code === CONDITION_FAILED ? 'repeated' : 'changed';
    },
  };
};

/** The same for every attempt of a batch, so that an item of an earlier attempt is found. */
const batchTimeOf = ({ batchAt, startedAt }: RevocationJob): string => batchAt ?? startedAt;

/** Id of the audit item of one task of a job: the same in every attempt. */
const auditIdOf = ({ jobId }: Pick<RevocationJob, 'jobId'>, taskId: string): string =>
  createHash('sha256').update(`${jobId}#${taskId}`).digest('base64url').slice(0, 22);

const auditEntryOf = (job: RevocationJob, task: RevocableTask): AuditEntry => ({
  id: auditIdOf(job, task.taskId),
  at: batchTimeOf(job),
  operator: job.operator,
  action: 'revoke',
  target: task.taskId,
  taskId: task.taskId,
  application: applicationOf(task),
  reason: job.reason,
  revision: { before: revisionOf(task), after: revisionOf(task) + 1 },
  from: job.from,
  requestId: job.requestId,
  outcome: 'done',
  jobId: job.jobId,
});
