import type { ClosingCapability } from '../../contract/capabilities.ts';
import { EXPIRES_IN_SECONDS, RESULT_URL_SECONDS } from '../../contract/limits.ts';
import {
  inSeconds,
  isKept,
  type QuarantinedView,
  type ReopenedEntry,
  type TaskItem,
  type TaskView,
} from '../../contract/task.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import type { ListRequest } from './list-request.ts';
import { listTasks, type TaskPage } from './list-tasks.ts';
import type { ResultUrls } from './result-urls.ts';
import type { Quarantined, SenderTaskStore, TaskWithQuarantine } from './sender-task-store.ts';
import { showQuarantined, showTask } from './task-view.ts';

/** A delivered payload: its bytes, or a URL of them. */
export type DownloadedPayload =
  | { readonly contentType: string; readonly bytes: Uint8Array; readonly url?: never }
  | { readonly url: string; readonly bytes?: never };

/** Operations of senders on existing tasks. */
export interface SenderTasks {
  list(request: ListRequest): Promise<TaskPage>;
  read(taskId: string): Promise<TaskView | Refusal>;
  readDelivery(taskId: string, capability: ClosingCapability): Promise<DownloadedPayload | Refusal>;
  /** A second cancellation returns the same task. */
  cancel(taskId: string): Promise<TaskView | Refusal>;
  /** Returns deliveries that came too late or were rolled back, the oldest first. */
  listQuarantine(taskId: string): Promise<readonly QuarantinedView[] | Refusal>;
  /** Makes a delivery in quarantine the result or failure of an expired task. */
  accept(taskId: string, quarantineId: string): Promise<TaskView | Refusal>;
  /** @returns undefined if the delivery was removed */
  discard(taskId: string, quarantineId: string): Promise<undefined | Refusal>;
}

export interface SenderTasksOptions {
  readonly store: SenderTaskStore;
  /** Number of shards of the index for lists. */
  readonly indexShards: number;
  /** Called for the first payload in the bucket. */
  readonly resultUrls: () => Promise<ResultUrls>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Limits of retries while other requests change the same task. */
const MAX_ATTEMPTS = 5;
const MAX_MILLISECONDS = 6_000;

export const createSenderTasks = ({ indexShards, now: clock, resultUrls, store }: SenderTasksOptions): SenderTasks => {
  const findWithQuarantine = async (taskId: string, now: number): Promise<TaskWithQuarantine | Refusal> => {
    const task = await orUnavailable(STORE, store.findWithQuarantine(taskId));
    return isKept(task, inSeconds(now)) ? task : UNKNOWN;
  };

  return {
    list: (request) => listTasks(store, indexShards, request, inSeconds(clock())),

    read: async (taskId) => {
      const now = clock();
      const task = await orUnavailable(STORE, store.find(taskId));
      return isKept(task, inSeconds(now)) ? showTask(task, inSeconds(now)) : UNKNOWN;
    },

    readDelivery: async (taskId, capability) => {
      const task = await orUnavailable(STORE, store.findWithPayload(taskId));
      if (!isKept(task, inSeconds(clock()))) return UNKNOWN;
      const reference = task[capability];
      if (reference === undefined) return refuse('result_unavailable', `the task has no ${capability}`);
      const { payload: bytes, payloadKey } = task;
      const contentType = toHeaderValue(reference.contentType);
      if (bytes !== undefined) return { contentType, bytes };
      if (payloadKey === undefined) {
        return { ...refuse('unavailable', `the bytes of the ${capability} are missing`), fields: { taskId } };
      }
      const url = resultUrls().then((urls) => urls.urlOf(payloadKey, contentType, RESULT_URL_SECONDS));
      return { url: await orUnavailable('payloads', url) };
    },

    cancel: async (taskId) => {
      const now = clock();
      const { cancelled, task } = await orUnavailable(STORE, store.cancel(taskId, now));
      if (!isKept(task, inSeconds(now))) return UNKNOWN;
      const view = showTask(task, inSeconds(now));
      if (cancelled || view.status === 'cancelled') return view;
      return refuse('task_closed', `the task is ${view.status}`);
    },

    listQuarantine: async (taskId) => {
      const now = clock();
      const task = await findWithQuarantine(taskId, now);
      return isRefusal(task)
        ? task
        : quarantineOf(task, now)
            .sort(byArrival)
            .map(({ entry, why }) => showQuarantined(entry, why));
    },

    accept: async (taskId, quarantineId) => {
      const started = clock();
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const now = clock();
        if (now - started > MAX_MILLISECONDS) break;
        const task = await findWithQuarantine(taskId, now);
        if (isRefusal(task)) return task;
        const { status } = showTask(task, inSeconds(now));
        if (status === 'pending') return refuse('task_pending', 'the task is pending');
        if (status !== 'expired') return refuse('task_closed', `the task is ${status}`);
        const quarantined = quarantineOf(task, now).find(({ entry }) => entry.id === quarantineId);
        if (quarantined === undefined) return UNKNOWN_ENTRY;
        const accepted = await orUnavailable(STORE, store.accept(task, quarantined, now));
        if (accepted !== undefined) return showTask(accepted, inSeconds(now));
      }
      return refuse('unavailable', 'the task is being changed by others without end');
    },

    discard: async (taskId, quarantineId) => {
      const now = clock();
      const task = await orUnavailable(STORE, store.find(taskId));
      if (!isKept(task, inSeconds(now))) return UNKNOWN;
      return (await orUnavailable(STORE, store.discard(taskId, quarantineId, now))) ? undefined : UNKNOWN_ENTRY;
    },
  };
};

const STORE = 'tasks table';
const UNKNOWN = refuse('task_unknown', 'no such task');
const UNKNOWN_ENTRY = refuse('quarantine_unknown', 'no such delivery in quarantine');

const quarantineOf = (task: TaskWithQuarantine, now: number): Quarantined[] => {
  const { quarantine = {}, reopened = {} } = task;
  const all: Quarantined[] = [
    ...Object.values(quarantine).map((entry) => ({ entry, why: 'late' as const })),
    ...Object.values(reopened).map((entry) => ({ entry, why: 'reopened' as const })),
  ];
  return all.filter(({ entry }) => hasBytes(entry, task, now));
};

/**
 * True if the bytes of an entry still exist. A reopened task may outlive its earlier payloads in the bucket: the lifecycle
 * rule deletes an object after the longest `expiresIn` plus the retention. Without this check a sender could accept an entry
 * and never read it.
 */
const hasBytes = (
  { payloadKey, receivedAt }: ReopenedEntry,
  { expiresAt, purgeAt }: Pick<TaskItem, 'expiresAt' | 'purgeAt'>,
  now: number,
): boolean => {
  const retention = purgeAt - inSeconds(Date.parse(expiresAt));
  return (
    payloadKey === undefined || inSeconds(now) < inSeconds(Date.parse(receivedAt)) + EXPIRES_IN_SECONDS.max + retention
  );
};

const arrivalOf = ({ id, receivedAt }: ReopenedEntry): string => `${receivedAt}#${id}`;

const byArrival = (a: Quarantined, b: Quarantined): number => (arrivalOf(a.entry) < arrivalOf(b.entry) ? -1 : 1);

/** Characters of a header value. A media type with others cannot be sent. */
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

const toHeaderValue = (contentType: string): string =>
  PRINTABLE_ASCII.test(contentType) ? contentType : 'application/octet-stream';
