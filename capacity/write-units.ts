import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { ORIGIN, PROCESSOR } from '../benchmarks/harness/names.ts';
import { aTask } from '../benchmarks/harness/task-fixture.ts';
import { INDEX_SHARDS } from '../lambda/contract/limits.ts';
import { BY_CREATION_INDEX, BY_DEADLINE_INDEX, jtiKey, TASKS_TABLE } from '../lambda/contract/tables.ts';
import type { JtiItem, TaskItem } from '../lambda/contract/task.ts';
import { itemBytes, writeUnits } from './item-size.ts';

/** A table or index, and what one task with one callback writes to it. */
export interface Store {
  readonly name: 'tasks' | 'jti' | 'byCreation' | 'byDeadline';
  /** Partition keys that there are at all; of a table, one for each item. */
  readonly shards: number | 'one for each item';
  /** Write units of the task's opening, and of its callback. */
  readonly opening: number;
  readonly callback: number;
}

/** A transaction writes everything twice; an index is not part of it. */
const TRANSACTION = 2;

const AT = Date.UTC(2026, 10, 26) / 1000;
const ID = 'A'.repeat(22);

const OPENED: TaskItem = {
  ...aTask({ taskId: ID, jti: ID, iat: AT, exp: AT + 3_600 }),
  callbacks: { result: { jti: ID, maxUses: 1 }, failure: { jti: ID, maxUses: 1 } },
};
const CLOSED_AT = new Date((AT + 60) * 1000).toISOString();

/** With a result of so many bytes on it. */
const closed = (payloadBytes: number): Partial<TaskItem> => {
  const { due: _due, dueShard: _dueShard, ...task } = OPENED;
  return {
    ...task,
    status: 'succeeded',
    change: 'succeeded',
    changedAt: CLOSED_AT,
    closedAt: CLOSED_AT,
    sequence: 2,
    result: {
      contentType: 'application/json',
      size: payloadBytes,
      sha256: '0'.repeat(64),
      receivedAt: CLOSED_AT,
    },
    payload: Buffer.alloc(payloadBytes),
    history: [...OPENED.history, { at: CLOSED_AT, status: 'succeeded' }],
  };
};

const RECORD: JtiItem = {
  jti: jtiKey(ORIGIN, ID),
  taskId: ID,
  processor: PROCESSOR,
  usedAt: CLOSED_AT,
  payloadSha256: '0'.repeat(64),
  uses: 1,
  expiresAt: AT + 90_000,
};

type Item = Readonly<Record<string, AttributeValue>>;

/** What an index has of an item; nothing, where the item lacks one of its keys. */
const projection = (
  item: Item,
  { partitionKey, sortKey }: { readonly partitionKey: string; readonly sortKey: string },
  projected: readonly string[],
): Item => {
  if (item[partitionKey] === undefined || item[sortKey] === undefined) return {};
  const names = new Set([partitionKey, sortKey, TASKS_TABLE.partitionKey, ...projected]);
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)));
};

/** A write counts by the larger of what was there and what is there after it. */
const unitsOf = (before: Item, after: Item): number => writeUnits(Math.max(itemBytes(before), itemBytes(after)));

/**
 * What a task and its callback write, by table and index.
 * @param payloadBytes of the result, which lies on the task
 */
export const storesOf = (payloadBytes: number): readonly Store[] => {
  const before = marshall(OPENED);
  const after = marshall(closed(payloadBytes));
  const indexOf = (
    name: Store['name'],
    index: { readonly partitionKey: string; readonly sortKey: string },
    projected: readonly string[],
  ): Store => {
    const [opened, changed] = [projection(before, index, projected), projection(after, index, projected)];
    return { name, shards: INDEX_SHARDS.default, opening: unitsOf({}, opened), callback: unitsOf(opened, changed) };
  };
  return [
    {
      name: 'tasks',
      shards: 'one for each item',
      opening: unitsOf({}, before),
      callback: TRANSACTION * unitsOf(before, after),
    },
    {
      name: 'jti',
      shards: 'one for each item',
      opening: 0,
      callback: TRANSACTION * unitsOf({}, marshall(RECORD)),
    },
    indexOf('byCreation', BY_CREATION_INDEX, BY_CREATION_INDEX.projected),
    indexOf('byDeadline', BY_DEADLINE_INDEX, []),
  ];
};
