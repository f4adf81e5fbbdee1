import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { ORIGIN, PROCESSOR } from '../benchmarks/harness/names.ts';
import { aTask } from '../benchmarks/harness/task-fixture.ts';
import { BY_CREATION_INDEX, BY_DEADLINE_INDEX, jtiKey, TASKS_TABLE } from '../lambda/contract/tables.ts';
import type { JtiItem, TaskItem } from '../lambda/contract/task.ts';
import { itemBytes, writeUnits } from './item-size.ts';

/** Write units per task, with one callback, in one table or index. */
export interface StoreWrites {
  readonly name: 'tasks' | 'jti' | 'byCreation' | 'byDeadline';
  readonly kind: 'table' | 'index';
  /** Write units to create the task. */
  readonly creation: number;
  /** Write units to record its callback. */
  readonly callback: number;
}

/** A transaction doubles the units of its items. It does not double those of indexes. */
const TRANSACTION = 2;

const AT = Date.UTC(2026, 10, 26) / 1000;
const ID = 'A'.repeat(22);

const OPENED: TaskItem = {
  ...aTask({ taskId: ID, jti: ID, iat: AT, exp: AT + 3_600 }),
  callbacks: { result: { jti: ID, maxUses: 1 }, failure: { jti: ID, maxUses: 1 } },
};
const CLOSED_AT = new Date((AT + 60) * 1000).toISOString();

/** The task after its callback, with the result stored on it. */
const closed = (payloadBytes: number): Partial<TaskItem> => {
  const { due: _due, dueShard: _dueShard, ...task } = OPENED;
  return {
    ...task,
    status: 'succeeded',
    change: 'succeeded',
    changedAt: CLOSED_AT,
    closedAt: CLOSED_AT,
    sequence: 2,
    result: { contentType: 'application/json', size: payloadBytes, sha256: '0'.repeat(64), receivedAt: CLOSED_AT },
    payload: Buffer.alloc(payloadBytes),
    history: [...OPENED.history, { at: CLOSED_AT, status: 'succeeded' }],
  };
};

const JTI_RECORD: JtiItem = {
  jti: jtiKey(ORIGIN, ID),
  taskId: ID,
  processor: PROCESSOR,
  usedAt: CLOSED_AT,
  payloadSha256: '0'.repeat(64),
  uses: 1,
  expiresAt: AT + 90_000,
};

type Item = Readonly<Record<string, AttributeValue>>;
type Index = { readonly partitionKey: string; readonly sortKey: string };

/** Attributes that an index copies from an item. The result is empty if the item lacks a key of the index. */
const project = (item: Item, { partitionKey, sortKey }: Index, projected: readonly string[]): Item => {
  if (item[partitionKey] === undefined || item[sortKey] === undefined) return {};
  const names = new Set([partitionKey, sortKey, TASKS_TABLE.partitionKey, ...projected]);
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)));
};

/** DynamoDB counts a write by the larger of the item before it and the item after it. */
const unitsOf = (before: Item, after: Item): number => writeUnits(Math.max(itemBytes(before), itemBytes(after)));

/**
 * Write units per task, by table and index.
 * @param payloadBytes size of the result, which is stored on the task
 */
export const taskWrites = (payloadBytes: number): readonly StoreWrites[] => {
  const before = marshall(OPENED);
  const after = marshall(closed(payloadBytes));
  const indexWrites = (name: StoreWrites['name'], index: Index, projected: readonly string[]): StoreWrites => {
    const [opened, changed] = [project(before, index, projected), project(after, index, projected)];
    return { name, kind: 'index', creation: unitsOf({}, opened), callback: unitsOf(opened, changed) };
  };
  return [
    {
      name: 'tasks',
      kind: 'table',
      creation: unitsOf({}, before),
      callback: TRANSACTION * unitsOf(before, after),
    },
    { name: 'jti', kind: 'table', creation: 0, callback: TRANSACTION * unitsOf({}, marshall(JTI_RECORD)) },
    indexWrites('byCreation', BY_CREATION_INDEX, BY_CREATION_INDEX.projected),
    indexWrites('byDeadline', BY_DEADLINE_INDEX, []),
  ];
};

/** Write units of one task with its callback, in all of these tables and indexes. */
export const unitsPerTask = (stores: readonly StoreWrites[]): number =>
  stores.reduce((sum, { callback, creation }) => sum + creation + callback, 0);
