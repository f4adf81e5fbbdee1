import { TASK_ID_PATTERN } from '../../contract/claims.ts';
import type { DispatchMessage } from '../../contract/dispatch.ts';
import { DISPATCH_QUEUED_CHANGES, INPUT_ENDS } from '../../contract/dispatch-changes.ts';
import { MAX_BATCH_MESSAGES } from '../../shared/aws/send-batch.ts';
import type { DispatchQueues } from '../../shared/dispatch/dispatch-queues.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import type { ChangeRecord } from '../../shared/tables/stream-records.ts';
import type { InputStore } from './input-store.ts';

export interface DispatchQueuerOptions {
  readonly queues: DispatchQueues;
  readonly inputs: InputStore;
  readonly logger: Logger;
}

/**
 * Queues tasks whose work is to be sent, and tasks that ended before it was sent. Deletes the input of a task that needs it no
 * longer.
 * @returns the sequence number of the first change to retry, together with all after it; undefined if all are done
 */
export type DispatchQueuer = (records: readonly ChangeRecord[]) => Promise<string | undefined>;

/** A change of a task whose work Postern sends, and its position in the batch. */
interface DispatchChange {
  readonly position: number;
  readonly sequenceNumber: string;
  readonly message: DispatchMessage;
  /** The queue that gets the message. Undefined: the dispatcher need not look at the task. */
  readonly queue: string | undefined;
  readonly endsInput: boolean;
}

export const createDispatchQueuer = ({ inputs, logger, queues }: DispatchQueuerOptions): DispatchQueuer => {
  const read = ({ image, sequenceNumber }: ChangeRecord, position: number): readonly DispatchChange[] => {
    const dispatch = image.dispatch?.M;
    const taskId = image.taskId?.S ?? '';
    const issue = Number(dispatch?.issue?.N);
    const attempts = Number(dispatch?.attempts?.N);
    if (dispatch === undefined || !TASK_ID_PATTERN.test(taskId) || !Number.isSafeInteger(issue + attempts)) return [];
    const change = image.change?.S;
    const isQueued = dispatch.state?.S === 'queued' && includes(DISPATCH_QUEUED_CHANGES, change);
    return [
      {
        position,
        sequenceNumber,
        message: { taskId, issue, attempt: attempts + 1 },
        queue: isQueued ? queues.nameOf(image.processor?.S ?? '') : undefined,
        endsInput: includes(INPUT_ENDS, change),
      },
    ];
  };

  const fail = ({ message, position, sequenceNumber }: DispatchChange, what: string, error: string) => {
    logger.error(what, { sequenceNumber, taskId: message.taskId, error });
    return position;
  };

  /** Returns the position of the first message that the queue does not have; `Infinity` if it has all. */
  const send = async (queue: string, batch: readonly [DispatchChange, ...DispatchChange[]]): Promise<number> => {
    const what = 'dispatch not queued';
    try {
      const errors = await queues.send(
        queue,
        batch.map(({ message }) => message),
      );
      const failed = batch.flatMap((change, i) => (errors[i] === undefined ? [] : [fail(change, what, errors[i])]));
      return Math.min(...failed, Number.POSITIVE_INFINITY);
    } catch (error) {
      return fail(batch[0], what, describeError(error));
    }
  };

  const removeInput = async (change: DispatchChange): Promise<number> => {
    try {
      await inputs.remove(change.message.taskId, change.message.issue);
      return Number.POSITIVE_INFINITY;
    } catch (error) {
      return fail(change, 'input not deleted', describeError(error));
    }
  };

  return async (records) => {
    const changes = records.flatMap(read);
    const failures: number[] = [];
    for (const [queue, queued] of byQueue(changes)) {
      for (const batch of toBatches(queued)) failures.push(await send(queue, batch));
    }
    for (const change of changes) if (change.endsInput) failures.push(await removeInput(change));
    const queued = changes.filter(({ queue }) => queue !== undefined).length;
    if (queued > 0) logger.info('dispatches queued', { records: records.length, dispatches: queued });
    // A message that is sent again is only a hint, and an input that is gone stays gone.
    const first = Math.min(...failures, Number.POSITIVE_INFINITY);
    return records[first]?.sequenceNumber;
  };
};

const includes = (names: readonly unknown[], name: unknown): boolean => names.includes(name);

const byQueue = (changes: readonly DispatchChange[]): ReadonlyMap<string, readonly DispatchChange[]> => {
  const queued = new Map<string, DispatchChange[]>();
  for (const change of changes) {
    if (change.queue !== undefined) queued.set(change.queue, [...(queued.get(change.queue) ?? []), change]);
  }
  return queued;
};

const toBatches = (changes: readonly DispatchChange[]): readonly (readonly [DispatchChange, ...DispatchChange[]])[] => {
  const batches: [DispatchChange, ...DispatchChange[]][] = [];
  for (const change of changes) {
    const batch = batches.at(-1);
    if (batch !== undefined && batch.length < MAX_BATCH_MESSAGES) batch.push(change);
    else batches.push([change]);
  }
  return batches;
};
