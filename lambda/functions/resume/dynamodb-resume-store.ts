import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { ResumeState, StoredResume } from '../../contract/resume.ts';
import { RESUME_READ_ATTRIBUTES } from '../../contract/resume-attributes.ts';
import { TASKS_TABLE } from '../../contract/tables.ts';
import type { TaskChange } from '../../contract/task.ts';
import { toAttributes } from '../../shared/aws/attribute-values.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import type { CallDynamoDB } from '../../shared/aws/dynamodb.ts';
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import { readTask } from '../../shared/tables/read-task.ts';
import type { ClosedTask, ResumeStore, WaitedTask } from './resume-store.ts';

export interface DynamoDBResumeStoreOptions extends ConflictRetries {
  readonly dynamodb: CallDynamoDB;
  readonly tasksTable: string;
}

/** The outcome was neither delivered nor refused. */
const WAITS = '#resume.#state = :pending';
const WAITS_NAMES = { '#resume': 'resume', '#state': 'state' } as const;
/** The outcome is the one that was read, so the task was neither reopened nor closed again, and can be delivered. */
const HAS_OUTCOME = '#status = :status AND closedAt = :closedAt AND attribute_exists(resumeToken)';

/** The tasks table, for workflows that wait. */
export const createDynamoDBResumeStore = (options: DynamoDBResumeStoreOptions): ResumeStore => {
  const { dynamodb, tasksTable } = options;

  const update = (input: UpdateItemCommandInput) =>
    writeConditionally(() => retryConflicts(() => dynamodb('UpdateItem', input), options));

  return {
    find: async (taskId) => {
      const task = await readTask(options, taskId, RESUME_READ_ATTRIBUTES);
      return task?.resume === undefined ? undefined : (task as WaitedTask);
    },

    claim: async (task) => {
      const claimed = await update(markUpdate(tasksTable, task, true));
      if (!claimed.written) return undefined;
      return { wasUncertain: claimed.output.Attributes?.resume?.M?.isUncertain?.BOOL === true };
    },

    release: async (task) => {
      await update(markUpdate(tasksTable, task, false));
    },

    deliver: async (task, at) => {
      await update(endUpdate(tasksTable, task, 'resumed', { state: 'delivered', at }));
    },

    refuse: async (task, reason, at) => {
      await update(endUpdate(tasksTable, task, 'resumeRefused', { state: 'refused', at, reason }));
    },
  };
};

/** Sets or removes the mark. The change is not published, and is not a new change of the outcome: `changedAt` stays. */
const markUpdate = (table: string, task: ClosedTask, isUncertain: boolean): UpdateItemCommandInput => ({
  TableName: table,
  Key: { [TASKS_TABLE.partitionKey]: { S: task.taskId } },
  UpdateExpression: isUncertain
    ? 'SET #resume.isUncertain = :true, #change = :change'
    : 'SET #change = :change REMOVE #resume.isUncertain',
  ConditionExpression: `${WAITS} AND ${HAS_OUTCOME}`,
  ExpressionAttributeNames: { ...WAITS_NAMES, '#status': 'status', '#change': 'change' },
  ExpressionAttributeValues: {
    ...toAttributes({
      ':pending': 'pending' satisfies ResumeState,
      ':status': task.status,
      ':closedAt': task.closedAt,
      ':change': 'resuming' satisfies TaskChange,
    }),
    ...(isUncertain && { ':true': { BOOL: true } }),
  },
  // Nothing else of the item, which may have hundreds of kilobytes.
  ReturnValues: 'UPDATED_OLD',
});

/** Ends the wait of the workflow. The change is published; status, history and revision stay. */
const endUpdate = (
  table: string,
  { taskId }: ClosedTask,
  change: TaskChange,
  { at, reason, state }: Pick<StoredResume, 'reason' | 'state'> & { readonly at: string },
): UpdateItemCommandInput => ({
  TableName: table,
  Key: { [TASKS_TABLE.partitionKey]: { S: taskId } },
  UpdateExpression: [
    `SET #resume.#state = :state, #resume.#at = :at, #change = :change, changedAt = :at`,
    ...(reason === undefined ? [] : [', #resume.#reason = :reason']),
    ' REMOVE resumeToken, #resume.isUncertain ADD #sequence :one',
  ].join(''),
  ConditionExpression: WAITS,
  ExpressionAttributeNames: {
    ...WAITS_NAMES,
    '#at': 'at',
    '#change': 'change',
    '#sequence': 'sequence',
    ...(reason !== undefined && { '#reason': 'reason' }),
  },
  ExpressionAttributeValues: toAttributes({
    ':pending': 'pending' satisfies ResumeState,
    ':state': state,
    ':at': at,
    ':reason': reason,
    ':change': change,
    ':one': 1,
  }),
});
