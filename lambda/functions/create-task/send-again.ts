import type { Processor, Registry } from '../../contract/registry.ts';
import { inSeconds, type TaskView } from '../../contract/task.ts';
import type { Sender } from '../../shared/access-token/sender.ts';
import type { ConflictRetries } from '../../shared/aws/transaction-conflicts.ts';
import type { CallbackIssuer } from '../../shared/callbacks/callback-issuer.ts';
import { namedCapabilities, namesInput } from '../../shared/dispatch/placeholders.ts';
import {
  attemptNowUpdate,
  type DispatchedProcessor,
  isDispatched,
  newIssueOf,
  planSendingAgain,
  sendAgainUpdate,
} from '../../shared/dispatch/send-again.ts';
import type { Fields } from '../../shared/log/logger.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import type { AskSenderPolicy } from '../../shared/policy/ask-sender-policy.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { retryRaces } from '../../shared/retry-races.ts';
import { keptOrUnknown } from '../../shared/tables/owned-task.ts';
import { showTask } from '../../shared/tables/task-view.ts';
import { findProcessor } from './find-destination.ts';
import type { QueuedAgain, SendableIssuedTask, TaskCreationStore } from './task-creation-store.ts';

export interface AgainSenderOptions {
  readonly registry: Registry;
  readonly issuer: Pick<CallbackIssuer, 'name'>;
  readonly askPolicy: AskSenderPolicy;
  readonly store: Pick<TaskCreationStore, 'findSendable' | 'findInput' | 'queueAgain' | 'findShown'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly retries: ConflictRetries;
}

/** A task that is queued again, as the sender API shows it. */
export interface SentAgain {
  readonly task: TaskView;
  readonly logFields: Fields;
}

export type AgainSender = (sender: Sender, taskId: string) => Promise<SentAgain | Refusal>;

/** The timeline shows it to operators. */
const REASON = 'The sender sends the work again.';

/** Sends the work of a task to its processor again. The status of the task decides whether its callbacks are new. */
export const createAgainSender = (options: AgainSenderOptions): AgainSender => {
  const { askPolicy, issuer, now, registry, retries, store } = options;

  const findReceiver = (task: SendableIssuedTask, { application }: Sender): DispatchedProcessor | Refusal => {
    const processor: Processor | Refusal = findProcessor(task.processor, registry, application);
    return !isRefusal(processor) && isDispatched(processor)
      ? processor
      : refuse('not_dispatched', 'the application sends no work to the processor any more');
  };

  /** Prepares new callbacks. Nothing is signed: the dispatcher does that when it sends them. */
  const prepareIssue = (
    task: SendableIssuedTask,
    how: 'issue' | 'reopening',
    receiver: DispatchedProcessor,
    milliseconds: number,
  ): Required<Pick<QueuedAgain, 'after' | 'update'>> & Pick<QueuedAgain, 'input'> => {
    const callbacks = issuer.name(namedCapabilities(receiver.dispatch), receiver);
    const after = newIssueOf(task, receiver, callbacks, inSeconds(milliseconds));
    const issue = (task.dispatch?.issue ?? 0) + 1;
    return {
      after,
      update: sendAgainUpdate(task, how, after, milliseconds, { reason: REASON }),
      ...(namesInput(receiver.dispatch) && { input: { issue } }),
    };
  };

  /** Returns undefined if the task has changed since it was read. */
  const attempt = async (sender: Sender, taskId: string): Promise<Fields | Refusal | undefined> => {
    const milliseconds = now();
    const application = sender.application.id;
    const found = await orUnavailable('tasks table', store.findSendable(application, taskId));
    const task = keptOrUnknown(found, inSeconds(milliseconds));
    if (isRefusal(task)) return task;
    const how = planSendingAgain(task, inSeconds(milliseconds));
    if (isRefusal(how)) return how;
    const receiver = findReceiver(task, sender);
    if (isRefusal(receiver)) return receiver;
    const change =
      how === 'attempt'
        ? { update: attemptNowUpdate(task, milliseconds, { reason: REASON }) }
        : prepareIssue(task, how, receiver, milliseconds);
    const parameters = 'after' in change && {
      parameters: {
        callbacks: namedCapabilities(receiver.dispatch),
        carrier: change.after.carrier,
        expiresIn: change.after.expiresIn,
      },
    };
    const logFields = askPolicy({ sender, action: 'dispatch', task, ...parameters });
    if (isRefusal(logFields)) return { ...logFields, fields: { ...logFields.fields, taskId } };
    if ('input' in change && (await orUnavailable('lookups table', store.findInput(taskId))) === undefined) {
      return refuse('not_dispatched', 'the input of the task was deleted');
    }
    const isWritten = await orUnavailable('tables', store.queueAgain(application, { before: task, ...change }));
    return isWritten ? logFields : undefined;
  };

  return async (sender, taskId) => {
    const logFields = await retryRaces(() => attempt(sender, taskId), retries);
    if (isRefusal(logFields)) return logFields;
    const shown = await orUnavailable('tasks table', store.findShown(sender.application.id, taskId));
    const seconds = inSeconds(now());
    const task = keptOrUnknown(shown, seconds);
    return isRefusal(task) ? task : { task: showTask(task, seconds), logFields };
  };
};
