import type { DispatchMessage } from '../../contract/dispatch.ts';
import type { RepublishRequest } from '../../contract/redrive.ts';
import type { OutcomeMessage } from '../../contract/resume.ts';
import { type ReceivedLetter, readLetter } from '../../shared/operator/dead-letter.ts';
import { describeError } from '../../shared/refusal.ts';
import { type ChangeRecord, type Changes, isLost } from './changes.ts';
import type { Functions } from './functions.ts';

/** Result of one attempt. Without `failure` the work is done. */
export interface Attempt {
  readonly taskId?: string;
  /** Reason for the log. It has no content of the letter. */
  readonly failure?: string;
}

/** Does the work of a dead letter again. */
export type Redo = (queue: string, letter: ReceivedLetter) => Promise<Attempt>;

/** Records of one call of a function that reads a stream: as many as the event source mapping passes. */
const MAX_RECORDS = 100;
/** Functions that read a stream. Their letters name changes. */
const STREAM_READERS: readonly string[] = ['publish', 'queue-outcomes'];
/** Functions that read queues. Their letters are messages of these queues, or events of a schedule. */
const OUTCOME_READER = 'resume';
const DISPATCHER = 'dispatch';
/** Functions that may run longer than `redrive` can wait. Their work counts as done when Lambda has accepted the event. */
const LONG_RUNNING: readonly string[] = ['revoke-callbacks'];

export const createRedo = (changes: Changes, functions: Functions): Redo => {
  /** Calls a function that reports partial failures. */
  const invokeBatch = async (name: string, event: unknown): Promise<string | undefined> => {
    const result = await functions.invoke(name, event);
    if ('error' in result) return `${name}: ${result.error}`;
    const { batchItemFailures } = result.value as { readonly batchItemFailures: readonly unknown[] };
    return batchItemFailures.length > 0 ? `${name} could not process it; its log has the error` : undefined;
  };

  const readAgain = async (name: string, records: readonly ChangeRecord[]): Promise<string | undefined> => {
    for (let start = 0; start < records.length; start += MAX_RECORDS) {
      const request: RepublishRequest = { Records: records.slice(start, start + MAX_RECORDS), redrive: true };
      const failure = await invokeBatch(name, request);
      if (failure !== undefined) return failure;
    }
    return undefined;
  };

  /** The event is like one of the queue's mapping, without a receipt: the letter stays until the work is done. */
  const receiveAgain = (
    reader: string,
    messageId: string,
    message: OutcomeMessage | DispatchMessage,
  ): Promise<string | undefined> => invokeBatch(reader, { Records: [{ messageId, body: JSON.stringify(message) }] });

  const attempt = async (queue: string, received: ReceivedLetter): Promise<string | undefined> => {
    const { work } = readLetter(received);
    const reader = queue === 'queue-outcomes' ? queue : 'publish';
    switch (work?.kind) {
      case undefined:
        return 'the dead letter is not readable';
      case 'change': {
        const record = await changes.readOne(work);
        return isLost(record) ? record.lost : readAgain(reader, [record]);
      }
      case 'batch': {
        const records = await changes.readBatch(work);
        return isLost(records) ? records.lost : readAgain(reader, records);
      }
      case 'outcome':
        if (queue !== OUTCOME_READER) return 'the dead letter is an outcome, which this function does not read';
        return receiveAgain(OUTCOME_READER, received.id, work.outcome);
      case 'dispatch':
        if (queue !== DISPATCHER)
          return 'the dead letter is a message about a dispatch, which this function does not read';
        return receiveAgain(DISPATCHER, received.id, work.message);
      case 'event': {
        // An event in a letter would be published, or told a workflow, as the sender of the letter wrote it.
        if (STREAM_READERS.includes(queue)) return 'the dead letter names no change of a stream';
        if (queue === OUTCOME_READER) return 'the dead letter names no outcome of a task';
        if (LONG_RUNNING.includes(queue)) {
          await functions.enqueue(queue, work.event);
          return undefined;
        }
        const result = await functions.invoke(queue, work.event);
        return 'error' in result ? `${queue}: ${result.error}` : undefined;
      }
    }
  };

  return async (queue, received) => {
    const { taskId } = readLetter(received);
    const known = { ...(taskId !== undefined && { taskId }) };
    try {
      const failure = await attempt(queue, received);
      return { ...known, ...(failure !== undefined && { failure }) };
    } catch (error) {
      return { ...known, failure: describeError(error) };
    }
  };
};
