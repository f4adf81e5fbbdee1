import type { ClosingCapability } from '../contract/capabilities.ts';
import type { TaskView } from '../contract/task.ts';
import { whenAvailable } from '../dependency/available.ts';
import type { Refusal } from '../http/problem.ts';
import { refuse } from '../http/problem.ts';
import type { TaskStore } from './task-store.ts';
import { showTask, type TaskRecord } from './task-view.ts';

/** Bytes that a processor delivered. */
export interface Delivery {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** What a sender can do with a task that it opened. */
export interface SenderTasks {
  read(taskId: string): Promise<TaskView | Refusal>;
  readDelivery(taskId: string, capability: ClosingCapability): Promise<Delivery | Refusal>;
  /** Cancelling again answers the same task. */
  cancel(taskId: string): Promise<TaskView | Refusal>;
}

/** @param clock milliseconds since 1970 */
export const createSenderTasks = (store: TaskStore, clock: () => number): SenderTasks => ({
  read: async (taskId) => {
    const now = clock();
    const task = await whenAvailable(STORE, store.find(taskId));
    return isKept(task, now) ? showTask(task, inSeconds(now)) : UNKNOWN;
  },

  readDelivery: async (taskId, capability) => {
    const now = clock();
    const task = await whenAvailable(STORE, store.findWithPayload(taskId));
    if (!isKept(task, now)) return UNKNOWN;
    const reference = task[capability];
    if (reference === undefined) return refuse('result_unavailable', `the task has no ${capability}`);
    if (task.payload === undefined) return refuse('unavailable', `the bytes of the ${capability} are missing`);
    return { contentType: reference.contentType, bytes: task.payload };
  },

  cancel: async (taskId) => {
    const now = clock();
    const { cancelled, task } = await whenAvailable(STORE, store.cancel(taskId, now));
    if (!isKept(task, now)) return UNKNOWN;
    const view = showTask(task, inSeconds(now));
    if (cancelled || view.status === 'cancelled') return view;
    return refuse('task_closed', `the task is ${view.status}`);
  },
});

const STORE = 'tasks table';
const UNKNOWN = refuse('task_unknown', 'no such task');

const inSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

/** An item past its retention is gone, though its deletion may come days later. */
const isKept = <T extends TaskRecord>(task: T | undefined, now: number): task is T =>
  task !== undefined && inSeconds(now) < task.purgeAt;
