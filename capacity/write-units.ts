import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { ORIGIN, PROCESSOR } from '../benchmarks/harness/names.ts';
import { aTask } from '../benchmarks/harness/task-fixture.ts';
import { DEFAULT_APPLICATION } from '../lambda/contract/applications.ts';
import type { AuditEntry } from '../lambda/contract/audit.ts';
import {
  BY_OWNER_INDEX,
  BY_RESOURCE_INDEX,
  jtiKey,
  searchShardKey,
  TASK_INDEXES,
  TASKS_TABLE,
  type TaskIndex,
  timeKey,
} from '../lambda/contract/tables.ts';
import type { JtiItem } from '../lambda/contract/task.ts';
import { putInput } from '../lambda/shared/dispatch/input-item.ts';
import { queueAttributes } from '../lambda/shared/dispatch/queue-attributes.ts';
import type { StoredTask } from '../lambda/shared/tables/complete-task.ts';
import { itemBytes, writeUnits } from './item-size.ts';

/** Write units per task, with one callback, in one table or index. */
export interface StoreWrites {
  /** `tasks`, `jti` or the name of an index. */
  readonly name: string;
  readonly kind: 'table' | 'index';
  /**
   * Where new entries go: to every partition, or to as many as there are shards. Resources differ from task to task, so their
   * index is even; one resource with very many tasks is limited like an index by shard.
   */
  readonly spread: 'even' | 'shards';
  /** Write units to create the task. */
  readonly creation: number;
  /** Write units to record its callback. */
  readonly callback: number;
}

/** A transaction doubles the units of its items. It does not double those of indexes. */
const TRANSACTION = 2;

const AT = Date.UTC(2026, 10, 26) / 1000;
const ID = 'A'.repeat(22);

const OPENED: StoredTask = aTask({ taskId: ID, jti: ID, iat: AT, exp: AT + 3_600 });
const CLOSED_AT = new Date((AT + 60) * 1000).toISOString();

/** The task after its callback, with the result stored on it. */
const closed = (payloadBytes: number): StoredTask => {
  return {
    ...OPENED,
    status: 'succeeded',
    change: 'succeeded',
    changedAt: CLOSED_AT,
    closedAt: CLOSED_AT,
    sequence: 2,
    result: { contentType: 'application/json', size: payloadBytes, sha256: '0'.repeat(64) },
    payload: Buffer.alloc(payloadBytes),
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

/** Attributes that an index copies from an item. The result is empty if the item lacks a key of the index. */
const project = (item: Item, { partitionKey, projected, sortKey }: TaskIndex): Item => {
  if (item[partitionKey] === undefined || item[sortKey] === undefined) return {};
  const names = new Set([partitionKey, sortKey, TASKS_TABLE.partitionKey, ...projected]);
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)));
};

/** DynamoDB counts a write by the larger of the item before it and the item after it. */
const unitsOf = (before: Item, after: Item): number => writeUnits(Math.max(itemBytes(before), itemBytes(after)));

/**
 * Write units of an index. An index whose attributes do not change is not written.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
 */
const indexUnits = (index: TaskIndex, before: Item, after: Item): number => {
  const [old, now] = [project(before, index), project(after, index)];
  return isDeepStrictEqual(old, now) ? 0 : unitsOf(old, now);
};

const allIndexUnits = (before: Item, after: Item): number =>
  TASK_INDEXES.reduce((sum, index) => sum + indexUnits(index, before, after), 0);

/**
 * Write units per task, by table and index. Indexes that such a task does not write are omitted.
 * @param payloadBytes size of the result, which is stored on the task
 */
export const taskWrites = (payloadBytes: number): readonly StoreWrites[] => {
  const before = marshall(OPENED);
  const after = marshall(closed(payloadBytes));
  return [
    {
      name: 'tasks',
      kind: 'table',
      spread: 'even',
      creation: unitsOf({}, before),
      callback: TRANSACTION * unitsOf(before, after),
    },
    {
      name: 'jti',
      kind: 'table',
      spread: 'even',
      creation: 0,
      callback: TRANSACTION * unitsOf({}, marshall(JTI_RECORD)),
    },
    ...TASK_INDEXES.map(
      (index): StoreWrites => ({
        name: index.name,
        kind: 'index',
        spread: EVEN_INDEXES.includes(index.name) ? 'even' : 'shards',
        creation: indexUnits(index, {}, before),
        callback: indexUnits(index, before, after),
      }),
    ).filter(({ callback, creation }) => callback + creation > 0),
  ];
};

/**
 * Bytes of a closed task with this result, of its entry in each index, and of the record of its token. Storage adds an overhead.
 */
export const storedBytes = (payloadBytes: number) => {
  const item = marshall(closed(payloadBytes));
  const entries = TASK_INDEXES.map((index) => [index.name, itemBytes(project(item, index))] as const);
  return {
    task: itemBytes(item),
    indexEntries: Object.fromEntries(entries.filter(([, bytes]) => bytes > 0)),
    jti: itemBytes(marshall(JTI_RECORD)),
  };
};

const EVEN_INDEXES: readonly string[] = [BY_RESOURCE_INDEX.name, BY_OWNER_INDEX.name];

/** Write units of one task with its callback, in all of these tables and indexes. */
export const unitsPerTask = (stores: readonly StoreWrites[]): number =>
  stores.reduce((sum, { callback, creation }) => sum + creation + callback, 0);

const LATE_ENTRY = {
  id: ID,
  capability: 'result',
  jti: ID,
  contentType: 'application/json',
  size: 1_000,
  sha256: '0'.repeat(64),
  receivedAt: CLOSED_AT,
  payload: Buffer.alloc(1_000),
} as const;
const SUB = 'operator@example.com';
const REASON = 'The callback URL was sent to the wrong address.';

const AUDIT_ITEM: AuditEntry & Readonly<Record<string, unknown>> = {
  month: '2026-11',
  auditKey: timeKey(CLOSED_AT, ID),
  id: ID,
  at: CLOSED_AT,
  operator: { sub: SUB, issuer: 'https://login.example.com' },
  action: 'revoke',
  target: ID,
  taskId: ID,
  reason: REASON,
  revision: { before: 1, after: 2 },
  from: '192.0.2.1',
  requestId: '00000000-0000-0000-0000-000000000000',
  outcome: 'done',
  expiresAt: AT + 31_536_000,
};

/**
 * Write units of a task that resumes a workflow, beside those of the task itself: it is longer by the encrypted token until the
 * workflow was told, and it is written twice more. A payload has 1 KB.
 * @param tokenChars of the task token
 */
export const resumedWrites = (tokenChars: number): number => {
  const waiting = {
    resume: { kind: 'stepFunctions', state: 'pending' },
    // KMS adds about 160 bytes.
    resumeToken: Buffer.alloc(tokenChars + 160),
  } as const;
  const [before, after] = [marshall({ ...OPENED, ...waiting }), marshall({ ...closed(1_000), ...waiting })];
  const longer =
    unitsOf({}, before) -
    unitsOf({}, marshall(OPENED)) +
    TRANSACTION * (unitsOf(before, after) - unitsOf(marshall(OPENED), marshall(closed(1_000))));
  // The mark before the call, and the record after it.
  return longer + 2 * unitsOf(after, after);
};

/** Write units of a task whose work Postern sends, beside those of the task itself, by the request that writes them. */
export interface DispatchedWrites {
  /** The task and its input are written in a transaction, and the index `byDispatch` gets an entry. */
  readonly opening: number;
  readonly claim: number;
  /** The task, and the end of its entry in the index. */
  readonly acceptance: number;
  /** The callback writes a longer task. */
  readonly callback: number;
  readonly inputDeleted: number;
}

/**
 * The processor accepts the work at the first attempt. A result has 1 KB.
 * @param inputBytes of the task's input, as JSON text
 */
export const dispatchedWrites = (inputBytes: number): DispatchedWrites => {
  const queued: StoredTask = { ...OPENED, ...queueAttributes(OPENED, undefined, AT) };
  const attempt = { ...queued.dispatch, attempts: 1, lastAttemptAt: CLOSED_AT, kid: ID } as const;
  const claimed = { ...queued, change: 'dispatching', dispatch: { ...attempt, lease: AT } } as StoredTask;
  const { dispatchAt: _at, dispatchShard: _shard, ...rest } = claimed;
  const acceptance = { state: 'accepted', acceptedAt: CLOSED_AT, lastStatus: 202, remoteId: ID } as const;
  const accepted = { ...rest, change: 'dispatched', dispatch: { ...attempt, ...acceptance } } as StoredTask;
  const finished = { ...closed(1_000), queuedAt: AT, dispatch: accepted.dispatch } as StoredTask;
  const input = unitsOf({}, putInput('lookups', OPENED, 'x'.repeat(inputBytes), 1).Item ?? {});
  const writes = (before: StoredTask | undefined, after: StoredTask, times = 1): number => {
    const [old, now] = [before === undefined ? {} : marshall(before), marshall(after)];
    return times * unitsOf(old, now) + allIndexUnits(old, now);
  };
  return {
    opening: writes(undefined, queued, TRANSACTION) - writes(undefined, OPENED) + TRANSACTION * input,
    claim: writes(queued, claimed),
    acceptance: writes(claimed, accepted),
    callback: writes(accepted, finished, TRANSACTION) - writes(OPENED, closed(1_000), TRANSACTION),
    inputDeleted: input,
  };
};

/** Write units of what only some tasks have, by the names of `cost/usage.ts`. A payload has 1 KB. */
export const extraWrites = () => {
  const change = (before: Partial<StoredTask>, changes: Partial<StoredTask>, times = 1): number => {
    const [old, now] = [marshall(before), marshall({ ...before, ...changes })];
    return times * unitsOf(old, now) + allIndexUnits(old, now);
  };
  const owned = { owner: 'alice', ownerShard: searchShardKey(DEFAULT_APPLICATION, OPENED.shard, ID) };
  const inQuarantine = { quarantineShard: OPENED.shard, quarantinedKey: timeKey(CLOSED_AT, ID) };
  const digest = '0'.repeat(64);
  const replay = { at: CLOSED_AT, from: '192.0.2.1', sha256: digest, first: { at: CLOSED_AT, sha256: digest } };
  const replayed = { replays: 1, lastReplay: replay, replayShard: OPENED.shard, replayedKey: timeKey(CLOSED_AT, ID) };
  const record = {
    ...JTI_RECORD,
    replays: 1,
    lastReplayAt: CLOSED_AT,
    lastReplayFrom: '192.0.2.1',
    lastReplaySha256: digest,
  };
  const revoked = {
    callbacks: {},
    revoked: OPENED.callbacks,
    revokedAt: CLOSED_AT,
    journal: [{ at: CLOSED_AT, kind: 'revoked', operator: AUDIT_ITEM.operator, reason: REASON }],
  } as const;
  return {
    owner: change({}, { ...OPENED, ...owned }) - change({}, OPENED),
    quarantined: change(OPENED, { quarantine: { [ID]: LATE_ENTRY }, ...inQuarantine }),
    replayed: TRANSACTION * unitsOf({}, marshall(record)) + change(closed(1_000), replayed, TRANSACTION),
    operatorAction: change(OPENED, revoked, TRANSACTION) + TRANSACTION * unitsOf({}, marshall(AUDIT_ITEM)),
  };
};
