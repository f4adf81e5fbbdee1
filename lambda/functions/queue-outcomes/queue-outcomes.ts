import { TASK_ID_PATTERN } from '../../contract/claims.ts';
import type { OutcomeMessage, ResumeState } from '../../contract/resume.ts';
import { type TaskChange, type TaskStatus, WORKFLOW_CHANGES } from '../../contract/task.ts';
import { MAX_BATCH_MESSAGES } from '../../shared/aws/send-batch.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import type { ChangeRecord } from '../../shared/tables/stream-records.ts';
import type { OutcomeQueue } from './outcome-queue.ts';

export interface OutcomeQueuerOptions {
  readonly queue: OutcomeQueue;
  readonly logger: Logger;
}

/**
 * Queues the outcomes and the progress of tasks whose workflow waits, in order for each task.
 * @returns the sequence number of the first change to retry, together with all after it; undefined if all are done
 */
export type OutcomeQueuer = (records: readonly ChangeRecord[]) => Promise<string | undefined>;

/** A message, and the position of its change in the stream. */
interface QueuedChange {
  readonly sequenceNumber: string;
  readonly message: OutcomeMessage;
}

export const createOutcomeQueuer = ({ logger, queue }: OutcomeQueuerOptions): OutcomeQueuer => {
  const read = (record: ChangeRecord): readonly QueuedChange[] => {
    if (!concernsWorkflow(record)) return [];
    const { image, sequenceNumber } = record;
    const taskId = image.taskId?.S ?? '';
    const sequence = Number(image.sequence?.N);
    if (TASK_ID_PATTERN.test(taskId) && Number.isSafeInteger(sequence)) {
      return [{ sequenceNumber, message: { taskId, sequence } }];
    }
    // A retry would fail as well. The function `publish` reads the same record and keeps it as a dead letter.
    logger.error('outcome not queued: the change is not of a task', { sequenceNumber });
    return [];
  };

  const fail = ({ message, sequenceNumber }: QueuedChange, error: string): string => {
    logger.error('outcome not queued', { sequenceNumber, ...message, error });
    return sequenceNumber;
  };

  const send = async (batch: readonly [QueuedChange, ...QueuedChange[]]): Promise<string | undefined> => {
    try {
      const errors = await queue.send(batch.map(({ message }) => message));
      const failed = batch.findIndex((_, i) => errors[i] !== undefined);
      return failed < 0 ? undefined : fail(batch[failed] as QueuedChange, errors[failed] as string);
    } catch (error) {
      return fail(batch[0], describeError(error));
    }
  };

  return async (records) => {
    const changes = records.flatMap(read);
    for (const batch of toBatches(changes)) {
      const failed = await send(batch);
      if (failed !== undefined) return failed;
    }
    if (changes.length > 0) logger.info('outcomes queued', { records: records.length, outcomes: changes.length });
    return undefined;
  };
};

/** True for a change that the workflow of the task is to hear of. The mapping's filter passes no other changes. */
const concernsWorkflow = ({ image }: ChangeRecord): boolean =>
  image.resume?.M?.state?.S === ('pending' satisfies ResumeState) &&
  (WORKFLOW_CHANGES as readonly unknown[]).includes(image.change?.S) &&
  // A dispatch that failed is an outcome only if the task failed by it.
  !(
    image.change?.S === ('dispatchFailed' satisfies TaskChange) && image.status?.S === ('pending' satisfies TaskStatus)
  );

/** Returns batches in the order of the changes. No batch has two changes of one task: the queue may refuse only the first. */
const toBatches = (changes: readonly QueuedChange[]): readonly (readonly [QueuedChange, ...QueuedChange[]])[] => {
  const batches: [QueuedChange, ...QueuedChange[]][] = [];
  for (const change of changes) {
    const batch = batches.at(-1);
    const fits =
      batch !== undefined &&
      batch.length < MAX_BATCH_MESSAGES &&
      batch.every(({ message }) => message.taskId !== change.message.taskId);
    if (fits) batch.push(change);
    else batches.push([change]);
  }
  return batches;
};
