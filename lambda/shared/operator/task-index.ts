import type { OperatorReadAttribute } from '../../contract/operator-attributes.ts';
import type { TaskItem } from '../../contract/task.ts';
import { VIEW_ATTRIBUTES } from '../../contract/view-attributes.ts';
import type { PartitionPage } from '../tables/merge-partitions.ts';

/** Attributes of a task in lists of operators. */
export const LISTED_ATTRIBUTES = [
  ...VIEW_ATTRIBUTES,
  'quarantinedKey',
  'replayedKey',
] as const satisfies readonly OperatorReadAttribute[];

export type OperatorListedTask = Pick<TaskItem, (typeof LISTED_ATTRIBUTES)[number]>;

/** A task in an index. */
export interface IndexEntry {
  readonly taskId: string;
  /** Its sort key. */
  readonly position: string;
}

/** Entries of an index, up to a limit. */
export interface IndexCount {
  readonly count: number;
  /** False if there may be more. */
  readonly ended: boolean;
}

/** Positions between two others, in one order. */
export interface IndexRange {
  /** Only greater positions. */
  readonly above: string | undefined;
  /** Only smaller positions. */
  readonly below: string | undefined;
  readonly order: 'newest' | 'oldest';
  readonly limit: number;
}

/** Indexes of the tasks of all applications, for operators. Methods reject if the table is unavailable. */
export interface OperatorTaskIndex {
  /** Tasks of one shard of an application. */
  listApplication(application: string, shard: number, range: IndexRange): Promise<PartitionPage<IndexEntry>>;
  /** Tasks of one shard of an application about a resource or for an owner. */
  search(
    application: string,
    attribute: 'resource' | 'owner',
    value: string,
    shard: number,
    range: IndexRange,
  ): Promise<PartitionPage<IndexEntry>>;
  /** Tasks of one shard with deliveries in quarantine, or with replays, by the time of the last one. */
  listSparse(kind: 'quarantine' | 'replay', shard: number, range: IndexRange): Promise<PartitionPage<IndexEntry>>;
  /** Counts the first tasks of one shard with deliveries in quarantine, or with replays. Expired items may be among them. */
  countSparse(kind: 'quarantine' | 'replay', shard: number, limit: number): Promise<IndexCount>;
  /**
   * Tasks of each shard that are due before a time, in no order. They have every pending task, and closed ones too. The
   * position is the one in the order of creation.
   * @param due seconds since 1970
   * @param limit of each shard
   */
  listDue(indexShards: number, due: number, limit: number): Promise<readonly PartitionPage<IndexEntry>[]>;
  /** Reads tasks, in any order. Tasks that do not exist are omitted. */
  load<N extends OperatorReadAttribute>(
    taskIds: readonly string[],
    attributes: readonly N[],
  ): Promise<readonly Pick<TaskItem, N>[]>;
}
