import type { DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Registry } from '../../contract/registry.ts';
import { TASKS_TABLE } from '../../contract/tables.ts';
import { revisionOf, type TaskItem } from '../../contract/task.ts';
import { callBySdk } from '../../shared/aws/dynamodb-sdk.ts';
import { transact } from '../../shared/aws/transact-write.ts';
import { CONDITION_FAILED, type ConflictRetries } from '../../shared/aws/transaction-conflicts.ts';
import { keepInput } from '../../shared/dispatch/input-item.ts';
import { SENDABLE_ATTRIBUTES } from '../../shared/dispatch/send-again.ts';
import type { RevocationJob } from '../../shared/operator/revocation-job.ts';
import { findSending, sendAgainChange } from '../../shared/operator/send-again.ts';
import { isPlannedSending } from '../../shared/operator/sending-plan.ts';
import { isRefusal } from '../../shared/refusal.ts';
import { readBatches } from '../../shared/tables/batch-read.ts';
import { completeTask } from '../../shared/tables/complete-task.ts';
import type { JobAudit } from './job-audit.ts';
import type { JobTaskResult, JobTasks } from './job-tasks.ts';

export interface DynamoDBTaskSendingsOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  readonly lookupsTable: string;
  readonly registry: Registry;
  readonly audit: JobAudit;
  /** 128 random bits or more, base64url. */
  readonly randomId: () => string;
}

const ATTRIBUTES = [...SENDABLE_ATTRIBUTES, 'application'] as const;

type ReadTask = Pick<TaskItem, (typeof ATTRIBUTES)[number]>;

/** Tasks of jobs that send work again. */
export const createDynamoDBTaskSendings = (options: DynamoDBTaskSendingsOptions): JobTasks => {
  const { audit, client, lookupsTable, randomId, registry, tasksTable } = options;

  const change = async (job: RevocationJob, task: ReadTask, now: number): Promise<JobTaskResult> => {
    const possible = findSending(task, registry, now);
    if (isRefusal(possible)) return 'failed';
    const { operator, reason } = job;
    const { keepsRevision, keptInput, update } = sendAgainChange(task, possible, randomId, now, { operator, reason });
    const before = revisionOf(task);
    const revision = { before, after: keepsRevision === true ? before : before + 1 };
    const items: readonly TransactWriteItem[] = [
      { Update: { TableName: tasksTable, Key: { [TASKS_TABLE.partitionKey]: { S: task.taskId } }, ...update } },
      audit.put(job, task, { action: 'dispatch', revision }),
      ...(keptInput === undefined
        ? []
        : [{ Update: keepInput(lookupsTable, { ...task, purgeAt: keptInput.purgeAt }, keptInput.issue) }]),
    ];
    const reasons = await transact(callBySdk(client), items, options);
    if (reasons === undefined) return 'done';
    if (reasons[1]?.Code === CONDITION_FAILED) return 'repeated';
    // The input was deleted.
    return reasons[0]?.Code === CONDITION_FAILED ? 'changed' : 'failed';
  };

  return {
    read: async (job, taskIds) => {
      const keys = taskIds.map((taskId) => ({ [TASKS_TABLE.partitionKey]: { S: taskId } }));
      return (await readBatches(options, tasksTable, keys, ATTRIBUTES)).map((item) => {
        const task = completeTask(unmarshall(item), ATTRIBUTES);
        return {
          taskId: task.taskId,
          isWanted: (now) => isPlannedSending(task, job, registry, now),
          change: (now) => change(job, task, now),
        };
      });
    },

    findDone: (job, taskIds) => audit.findWritten(job, taskIds),
  };
};
