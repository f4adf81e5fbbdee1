import type { Registry } from '../../contract/registry.ts';
import { inSeconds, type TaskItem } from '../../contract/task.ts';
import { nameCallbacks } from '../callbacks/name-callbacks.ts';
import { namedCapabilities, namesInput } from '../dispatch/placeholders.ts';
import {
  attemptNowUpdate,
  type DispatchedProcessor,
  isDispatched,
  newIssueOf,
  planSendingAgain,
  type SendableTask,
  type SendingAgain,
  sendAgainUpdate,
} from '../dispatch/send-again.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { Actor, TaskUpdate } from '../tables/task-updates.ts';

/** A way to send the work of a task again, and its processor. */
export interface PossibleSending {
  readonly how: SendingAgain;
  readonly processor: DispatchedProcessor;
}

/** The change of a task whose work is sent again. */
export interface SendAgainChange {
  readonly update: TaskUpdate;
  /** The input of the task is kept for this issue of its callbacks. */
  readonly keptInput?: { readonly purgeAt: number; readonly issue: number };
  /** True if the present callbacks are sent. */
  readonly keepsRevision?: true;
}

/**
 * Returns how an operator can send the work of a task again, or why that is not possible.
 * @param now milliseconds since 1970
 */
export const findSending = (task: SendableTask, registry: Registry, now: number): PossibleSending | Refusal => {
  const how = planSendingAgain(task, inSeconds(now));
  if (isRefusal(how)) return how;
  const processor = Object.hasOwn(registry, task.processor) ? registry[task.processor] : undefined;
  return processor !== undefined && isDispatched(processor)
    ? { how, processor }
    : refuse('not_dispatched', 'the environment sends no work to the processor any more');
};

/**
 * Sends the work of a task again. An operator never sees its new callbacks: the dispatcher signs them.
 * @param randomId 128 random bits or more, base64url
 * @param now milliseconds since 1970
 */
export const sendAgainChange = (
  task: SendableTask & Pick<TaskItem, 'dispatch'>,
  { how, processor }: PossibleSending,
  randomId: () => string,
  now: number,
  actor: Required<Actor>,
): SendAgainChange => {
  if (how === 'attempt') return { update: attemptNowUpdate(task, now, actor), keepsRevision: true };
  const callbacks = nameCallbacks(namedCapabilities(processor.dispatch), processor, randomId);
  const after = newIssueOf(task, processor, callbacks, inSeconds(now));
  return {
    update: sendAgainUpdate(task, how, after, now, actor),
    ...(namesInput(processor.dispatch) && {
      keptInput: { purgeAt: after.purgeAt, issue: (task.dispatch?.issue ?? 0) + 1 },
    }),
  };
};
