import type { RepublishRequest } from '../../contract/redrive.ts';
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

/** Records of one call of `publish`: as many as the event source mapping passes. */
const MAX_RECORDS = 100;
/** Functions that may run longer than `redrive` can wait. Their work counts as done when Lambda has accepted the event. */
const LONG_RUNNING: readonly string[] = ['revoke-callbacks'];

export const createRedo = (changes: Changes, functions: Functions): Redo => {
  const republish = async (records: readonly ChangeRecord[]): Promise<string | undefined> => {
    for (let start = 0; start < records.length; start += MAX_RECORDS) {
      const request: RepublishRequest = { Records: records.slice(start, start + MAX_RECORDS), redrive: true };
      const result = await functions.invoke('publish', request);
      if ('error' in result) return `publish: ${result.error}`;
      const { batchItemFailures } = result.value as { readonly batchItemFailures: readonly unknown[] };
      if (batchItemFailures.length > 0) return 'publish could not publish it; its log has the error';
    }
    return undefined;
  };

  const attempt = async (queue: string, received: ReceivedLetter): Promise<string | undefined> => {
    const { work } = readLetter(received);
    switch (work?.kind) {
      case undefined:
        return 'the dead letter is not readable';
      case 'change': {
        const record = await changes.readOne(work);
        return isLost(record) ? record.lost : republish([record]);
      }
      case 'batch': {
        const records = await changes.readBatch(work);
        return isLost(records) ? records.lost : republish(records);
      }
      case 'event': {
        // The work of `publish` is in streams. An event in a letter would be published as the sender of the letter wrote it.
        if (queue === 'publish') return 'the dead letter names no change of a stream';
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
