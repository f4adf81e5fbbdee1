import { CAPABILITY_NAMES, type Capability } from '../../contract/capabilities.ts';
import type { Carrier } from '../../contract/carriers.ts';
import { CLOCK_TOLERANCE_SECONDS, NEVER } from '../../contract/limits.ts';
import type { Processor } from '../../contract/registry.ts';
import { isOverdue, type TaskItem, type TaskStatus } from '../../contract/task.ts';
import type { Callbacks, CallbackTerms } from './callbacks.ts';
import type { IssuedTask } from './task-store.ts';

/** A task as the answer to its opening shows it. */
export interface OpenedTask {
  readonly taskId: string;
  readonly status: TaskStatus;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly callbacks: Callbacks;
}

export const showOpened = (
  { createdAt, expiresAt, taskId }: Pick<TaskItem, 'taskId' | 'createdAt' | 'expiresAt'>,
  status: TaskStatus,
  callbacks: Callbacks,
): OpenedTask => ({ taskId, status, createdAt, expiresAt, callbacks });

/** @param now seconds since 1970 */
export const statusOf = (task: IssuedTask, now: number): TaskStatus => (isOverdue(task, now) ? 'expired' : task.status);

/** A task past its retention is gone, though its deletion may come days later. */
export const isKept = <T extends Pick<TaskItem, 'purgeAt'>>(task: T | undefined, now: number): task is T =>
  task !== undefined && now < task.purgeAt;

/** On which terms the callbacks of a task were issued last. */
export interface LastTerms {
  readonly callbacks: readonly Capability[];
  /** Seconds. */
  readonly expiresIn: number;
  readonly carrier: Carrier;
}

export const lastTermsOf = (task: IssuedTask): LastTerms => ({
  callbacks: CAPABILITY_NAMES.filter((capability) => task.callbacks[capability] !== undefined),
  expiresIn: task.expiresIn ?? expiryOf(task) - issuedAtOf(task),
  carrier: task.carrier,
});

/**
 * What the current callbacks of a task are signed from once more: the same jtis and `exp`, issued now. So a key that signs
 * only for a while is always one of now.
 * @param now seconds since 1970
 */
export const repeatedTerms = (task: IssuedTask, processor: Processor, now: number): CallbackTerms => {
  const expiry = expiryOf(task);
  return {
    taskId: task.taskId,
    processor,
    carrier: task.carrier,
    ...(task.owner !== undefined && { owner: task.owner }),
    // Within the tolerance after `exp` the task is still pending; no token is issued after its own end.
    issuedAt: Math.min(now, expiry),
    expiry,
    tokens: task.callbacks,
  };
};

/** Seconds since 1970: `exp` of the current callbacks. */
const expiryOf = ({ expiresAt }: Pick<IssuedTask, 'expiresAt'>): number => inSeconds(Date.parse(expiresAt));

/** Seconds since 1970: when the current callbacks were issued. */
const issuedAtOf = ({ createdAt, reissuedAt }: Pick<IssuedTask, 'createdAt' | 'reissuedAt'>): number =>
  reissuedAt ?? inSeconds(Date.parse(createdAt));

/** The times that follow from when callbacks are issued and how long they live. */
export const timesOf = (issuedAt: number, expiresIn: number, heartbeat: number | undefined, retention: number) => {
  const expiry = issuedAt + expiresIn;
  // The tolerance forgives the processor's clock; a heartbeat is measured by ours alone.
  const deadline = expiry + CLOCK_TOLERANCE_SECONDS;
  const heartbeatDeadline = heartbeat === undefined ? NEVER : issuedAt + heartbeat;
  return {
    expiresAt: new Date(expiry * 1000).toISOString(),
    deadline,
    heartbeatDeadline,
    due: Math.min(deadline, heartbeatDeadline),
    purgeAt: expiry + retention,
  };
};

export const inSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);
