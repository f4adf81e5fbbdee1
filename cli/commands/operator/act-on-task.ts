import type { OperatorActionRequest, OperatorTaskView, PosternOperator } from '@postern/client/operator';
import { confirmAction } from '../../confirm.ts';
import type { Context } from '../../context.ts';
import type { Exit } from '../../exit-codes.ts';
import { oneLine } from '../../io.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { readHold } from './read-hold.ts';
import { readWhole } from './shared-options.ts';
import { operatorTaskLines } from './show-operator-task.ts';

interface TaskAction {
  readonly taskId: string;
  /** Beginning of a sentence about the task: "Cancels". */
  readonly does: string;
  readonly options: { readonly reason: string; readonly revision: string | undefined; readonly yes: boolean };
  readonly act: (operator: PosternOperator, request: OperatorActionRequest) => Promise<OperatorTaskView>;
}

/**
 * Does an action of an operator on a task and prints the task afterwards. Without `--revision` it reads the task first, tells
 * the person what it is, and acts on exactly that: a task that changes in between is not changed.
 */
export const actOnTask = async (context: Context, { act, does, options, taskId }: TaskAction): Promise<Exit> => {
  const { io, now, settings, signal } = context;
  const { reason, yes } = options;
  const given = options.revision === undefined ? undefined : readWhole('--revision', options.revision);
  const operator = await operatorOf(context);
  let action = `${does} the task ${taskId}`;
  let revision = given;
  if (revision === undefined) {
    const task = await operator.tasks.get(taskId, { signal });
    revision = task.revision;
    action = `${does} the ${task.status} task ${taskId} of ${task.application} about "${oneLine(task.resource)}"`;
  }
  await confirmAction(context, { action, reason, yes });
  const task = await act(operator, { reason, revision });
  const hold = await readHold(operator, task, signal);
  io.print(task, () => operatorTaskLines(task, settings, now(), hold));
  return 'ok';
};
