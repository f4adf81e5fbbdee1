import type { LetterWork } from '../../shared/operator/dead-letter.ts';

/** A record of the tasks' stream in the form in which Lambda passes it to `publish`, without payloads. */
export type ChangeRecord = object;

/** The reason for which a change cannot be read any more. */
export interface LostChange {
  readonly lost: string;
}

/** Changes of tasks that were given up. Methods reject if the stream or the table is unavailable. */
export interface Changes {
  /** Reads a change from the stream, or from the table if it is the last change of its task. */
  readOne(change: Extract<LetterWork, { kind: 'change' }>): Promise<ChangeRecord | LostChange>;
  /** Reads the records between two positions of a shard, both included. */
  readBatch(batch: Extract<LetterWork, { kind: 'batch' }>): Promise<readonly ChangeRecord[] | LostChange>;
}

export const isLost = (change: ChangeRecord | readonly ChangeRecord[] | LostChange): change is LostChange =>
  'lost' in change;
