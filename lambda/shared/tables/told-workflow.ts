import type { ResumeState } from '../../contract/resume.ts';
import type { TaskItem } from '../../contract/task.ts';
import { type Refusal, refuse } from '../refusal.ts';
import type { Condition } from './task-updates.ts';

/** Refuses to reopen a task whose workflow was told its outcome, or may have been told. */
export const refuseToldWorkflow = ({ resume }: Pick<TaskItem, 'resume'>): Refusal | undefined => {
  if (resume?.state === 'delivered') return refuse('task_resumed', 'its workflow was told');
  return resume?.isUncertain === true ? refuse('task_resumed', 'its workflow is being told') : undefined;
};

/** The workflow of the task, if it has one, was not told, and is not being told. */
export const IS_NOT_TOLD = {
  condition: '(#resume.#state <> :delivered AND attribute_not_exists(#resume.isUncertain))',
  names: { '#resume': 'resume', '#state': 'state' },
  values: { ':delivered': { S: 'delivered' satisfies ResumeState } },
} as const satisfies Condition;
