import { NEVER } from '../../contract/limits.ts';
import type { Payload, TaskItem } from '../../contract/task.ts';

type Callbacks = TaskItem['callbacks'];
type History = TaskItem['history'];

/** Attributes that a task may lack, because they follow from others. */
type ImpliedAttribute = 'callbacks' | 'failure' | 'heartbeatDeadline' | 'history' | 'result' | 'revoked' | 'uploads';

type StoredCallbacks = {
  readonly [C in keyof Callbacks]?: Pick<NonNullable<Callbacks[C]>, 'jti'> & { readonly maxUses?: number };
};

/**
 * A task as the table has it. Attributes that follow from others are absent, so that a closed task with a small result has at
 * most 1,024 bytes: each KiB of a transaction costs two write units.
 *
 * - `heartbeatDeadline`: `NEVER` without heartbeat
 * - `maxUses` of a callback: 1
 * - `uploads`: none
 * - `history`: the task was opened, and closed at most once
 * - `receivedAt` of a result or failure: `closedAt`
 */
export type StoredTask = Omit<TaskItem, ImpliedAttribute> & {
  readonly callbacks: StoredCallbacks;
  readonly revoked?: StoredCallbacks;
  readonly heartbeatDeadline?: number;
  readonly history?: History;
  readonly uploads?: TaskItem['uploads'];
  readonly result?: StoredResult;
  readonly failure?: StoredResult;
};

type StoredResult = Omit<Payload, 'receivedAt'> & Partial<Pick<Payload, 'receivedAt'>>;

/** Returns a new task without what follows from its other attributes. */
export const trimTask = (task: TaskItem): StoredTask => {
  const { callbacks, heartbeatDeadline, history: _opened, uploads, ...rest } = task;
  return {
    ...rest,
    callbacks: mapCallbacks(callbacks, ({ jti, maxUses }) => (maxUses === 1 ? { jti } : { jti, maxUses })),
    // The heartbeat of work that Postern sends begins later.
    ...(heartbeatDeadline !== NEVER && { heartbeatDeadline }),
    // An update can set an offer only in a map that exists.
    ...(callbacks.upload !== undefined && { uploads }),
  };
};

/**
 * Adds what follows from other attributes. A task of an earlier version has all of them, and stays as it is.
 * @param stored the item, or the part of it that was read
 * @param names attributes that the reader needs. `history` needs `createdAt`, `status` and `closedAt` too; `result` and
 * `failure` need `closedAt`
 */
export const completeTask = <N extends keyof TaskItem>(
  stored: Readonly<Record<string, unknown>>,
  names: readonly N[],
): Pick<TaskItem, N> => {
  const task = stored as Partial<StoredTask>;
  const implied: Readonly<Partial<Record<keyof TaskItem, () => unknown>>> = {
    callbacks: () => withUses(task.callbacks),
    revoked: () => withUses(task.revoked),
    failure: () => withTime(task.failure, task.closedAt),
    result: () => withTime(task.result, task.closedAt),
    heartbeatDeadline: () => task.heartbeatDeadline ?? NEVER,
    history: () => historyOf(task),
    uploads: () => task.uploads ?? {},
  };
  const added = names.flatMap((name) => {
    const value = implied[name]?.();
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...task, ...Object.fromEntries(added) } as Pick<TaskItem, N>;
};

const withUses = (callbacks: StoredCallbacks | undefined): Callbacks | undefined =>
  callbacks && mapCallbacks(callbacks, ({ jti, maxUses = 1 }) => ({ jti, maxUses }));

const withTime = (result: StoredResult | undefined, closedAt: string | undefined): StoredResult | undefined =>
  result && (result.receivedAt === undefined && closedAt !== undefined ? { ...result, receivedAt: closedAt } : result);

/**
 * Returns the whole history. A stored one lacks the end that closed the task, unless the former layout wrote it, and the
 * beginning, if a version that writes the former layout closed a task of the current one.
 */
const historyOf = ({ closedAt, createdAt = '', history = [], status = 'pending' }: Partial<StoredTask>): History => {
  const begun: History =
    history[0]?.status === 'pending' ? history : [{ at: createdAt, status: 'pending' }, ...history];
  const last = begun.at(-1);
  const isWhole = status === 'pending' || closedAt === undefined || (last?.status === status && last.at === closedAt);
  return isWhole ? begun : [...begun, { at: closedAt, status }];
};

const mapCallbacks = <A, B>(callbacks: Readonly<Record<string, A>>, change: (one: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(callbacks).map(([name, one]) => [name, change(one)]));
