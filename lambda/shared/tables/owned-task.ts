import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { applicationOf, DEFAULT_APPLICATION } from '../../contract/applications.ts';
import { isKept, type TaskItem } from '../../contract/task.ts';
import type { Measurement } from '../log/logger.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';

/** Stands for a task of another application. It has only the members of the task that the log line names. */
export interface ForeignTask {
  readonly kind: 'foreign';
  readonly taskId: string;
  /** The application that owns the task. */
  readonly owner: string;
}

/** Result of a search for a task of one application. */
export type Found<T extends object> = T | ForeignTask | undefined;

const isForeign = (found: Found<object>): found is ForeignTask =>
  (found as { readonly kind?: unknown } | undefined)?.kind === 'foreign';

/** Returns the stored task if it belongs to the application. */
export const ownedBy = <T extends Pick<TaskItem, 'taskId' | 'application'>>(
  application: string,
  task: T | undefined,
): Found<T> => {
  if (task === undefined) return undefined;
  const owner = applicationOf(task);
  return owner === application ? task : { kind: 'foreign', taskId: task.taskId, owner };
};

/** Log field with the application that owns the requested task. Only requests for tasks of other applications have it. */
const FOREIGN_FIELD = 'foreignApplication';

/**
 * Returns the task, or the refusal of a task that does not exist for the application. Foreign, forgotten and unknown tasks
 * get the same response; only their log lines differ.
 * @param now seconds since 1970
 */
export const keptOrUnknown = <T extends Pick<TaskItem, 'purgeAt'>>(found: Found<T>, now: number): T | Refusal => {
  if (isForeign(found)) {
    const { owner, taskId } = found;
    return {
      ...refuse('task_unknown', 'a task of another application'),
      fields: { taskId, [FOREIGN_FIELD]: owner },
    };
  }
  return isKept(found, now) ? found : refuse('task_unknown', 'no such task');
};

/** Counts a request for a task of another application. */
export const measureForeignTask = (outcome: object): readonly Measurement[] =>
  isRefusal(outcome) && outcome.fields?.[FOREIGN_FIELD] !== undefined
    ? [{ metric: 'ForeignTaskRequested', value: 1 }]
    : [];

/** The part of a conditional write that makes it fail on a task of another application. */
export interface OwnerCondition {
  readonly condition: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** Returns the condition that a task belongs to the application. Tasks from before applications belong to `default`. */
export const ownerCondition = (application: string): OwnerCondition => ({
  condition:
    application === DEFAULT_APPLICATION
      ? '(#application = :application OR attribute_not_exists(#application))'
      : '#application = :application',
  names: { '#application': 'application' },
  values: { ':application': { S: application } },
});
