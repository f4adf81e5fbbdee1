import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as v from 'valibot';

/** Position in a shard: after a sequence number, at its beginning, or at its end. */
export type Position = { readonly after: string } | 'beginning' | 'end';

const Stored = v.object({
  streamArn: v.string(),
  shards: v.record(v.string(), v.union([v.object({ after: v.string() }), v.literal('beginning'), v.literal('end')])),
});

/** Position in a stream, kept in a file. Only handled records are in it, so a restart may repeat records but never skips one. */
export class Checkpoint {
  readonly #file: string;
  readonly #streamArn: string;
  readonly #shards: Map<string, Position>;
  /** True if this stream was never read before. */
  readonly isNew: boolean;

  /** A file about another stream (the table was made anew) counts for nothing. */
  constructor(file: string, streamArn: string) {
    this.#file = file;
    this.#streamArn = streamArn;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const stored = existsSync(file) ? v.parse(Stored, JSON.parse(readFileSync(file, 'utf8'))) : undefined;
    this.isNew = stored?.streamArn !== streamArn;
    this.#shards = new Map(this.isNew ? [] : Object.entries(stored?.shards ?? {}));
  }

  positionOf(shardId: string): Position {
    return this.#shards.get(shardId) ?? 'beginning';
  }

  /** Written before it returns, whole or not at all. */
  set(shardId: string, position: Position): void {
    this.#shards.set(shardId, position);
    const text = JSON.stringify({ streamArn: this.#streamArn, shards: Object.fromEntries(this.#shards) });
    writeFileSync(`${this.#file}.new`, text, { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
