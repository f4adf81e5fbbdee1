import { TASK_STATUSES, type TaskStatus } from '../../lambda/contract/task.ts';
import { CallbackError } from './callback-error.ts';
import type { Accepted } from './send-callback.ts';

/** What the gateway recorded. */
export interface Receipt {
  readonly taskId: string;
  /** Status of the task after the delivery. `pending` after progress, and until an upload was looked at. */
  readonly status: TaskStatus;
  /** Time of receipt of the first delivery, RFC 3339 in UTC. */
  readonly receivedAt: string;
  /** True if it was recorded before: this delivery repeats it. */
  readonly replayed: boolean;
}

/** @throws {CallbackError} if the answer is not one of a gateway */
export const readReceipt = ({ answer, replayed }: Accepted): Receipt => {
  const { receivedAt, status, taskId } = answer;
  const known = TASK_STATUSES.find((name) => name === status);
  if (typeof taskId === 'string' && typeof receivedAt === 'string' && known !== undefined) {
    return { taskId, status: known, receivedAt, replayed };
  }
  throw new CallbackError({
    code: 'answer_invalid',
    message: 'The answer has no taskId, status and receivedAt. Use the URL exactly as you got it.',
    retryable: false,
  });
};
