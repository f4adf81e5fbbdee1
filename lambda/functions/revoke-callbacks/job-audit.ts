import { createHash } from 'node:crypto';
import type { Put } from '@aws-sdk/client-dynamodb';
import { applicationOf } from '../../contract/applications.ts';
import type { AuditEntry } from '../../contract/audit.ts';
import { AUDIT_TABLE } from '../../contract/tables.ts';
import type { TaskItem } from '../../contract/task.ts';
import { auditKeyOf, auditPut } from '../../shared/operator/audit-item.ts';
import type { RevocationJob } from '../../shared/operator/revocation-job.ts';
import { type BatchReads, readBatches } from '../../shared/tables/batch-read.ts';

export interface JobAuditOptions extends BatchReads {
  readonly auditTable: string;
  /** Seconds for which audit items are kept. */
  readonly auditRetention: number;
}

/** Audit items of the tasks of a job: one of each task, with the same key in every attempt. */
export interface JobAudit {
  /** Returns the write of the item of a task. Its condition fails if an earlier attempt of the batch has written it. */
  put(
    job: RevocationJob,
    task: Pick<TaskItem, 'taskId' | 'application'>,
    change: Pick<AuditEntry, 'action' | 'revision'>,
  ): { readonly Put: Put };
  /** Returns those of the tasks that have an item of the job's current batch. */
  findWritten(job: RevocationJob, taskIds: readonly string[]): Promise<ReadonlySet<string>>;
}

export const createJobAudit = (options: JobAuditOptions): JobAudit => ({
  put: (job, task, change) => {
    const entry: AuditEntry = {
      id: auditIdOf(job, task.taskId),
      at: batchTimeOf(job),
      operator: job.operator,
      target: task.taskId,
      taskId: task.taskId,
      application: applicationOf(task),
      reason: job.reason,
      ...change,
      from: job.from,
      requestId: job.requestId,
      outcome: 'done',
      jobId: job.jobId,
    };
    return auditPut(options.auditTable, entry, options.auditRetention);
  },

  findWritten: async (job, taskIds) => {
    const keys = taskIds.map((taskId) => auditKeyOf({ at: batchTimeOf(job), id: auditIdOf(job, taskId) }));
    const found = await readBatches(options, options.auditTable, keys, [AUDIT_TABLE.partitionKey, 'taskId']);
    return new Set(found.map(({ taskId }) => taskId?.S ?? ''));
  },
});

/** The same for every attempt of a batch, so that an item of an earlier attempt is found. */
const batchTimeOf = ({ batchAt, startedAt }: RevocationJob): string => batchAt ?? startedAt;

/** Id of the audit item of one task of a job: the same in every attempt. */
const auditIdOf = ({ jobId }: Pick<RevocationJob, 'jobId'>, taskId: string): string =>
  createHash('sha256').update(`${jobId}#${taskId}`).digest('base64url').slice(0, 22);
