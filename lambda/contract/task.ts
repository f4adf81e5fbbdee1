import type { Capability, ClosingCapability } from './capabilities.ts';
import type { Carrier } from './carriers.ts';

/**
 * `pending` is the status that changes. Beside that, a delivery that is accepted from quarantine turns `expired` into
 * `succeeded` or `failed`, and reopening turns these two into `pending`.
 */
export const TASK_STATUSES = ['pending', 'succeeded', 'failed', 'expired', 'cancelled'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** What a delivery left behind. Times are RFC 3339 in UTC with milliseconds. */
export interface Payload {
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
  /** 64 lower-case hex digits over the bytes. */
  readonly sha256: string;
  readonly receivedAt: string;
}

/** How far a task is, as last reported. */
export interface Progress {
  /** 0 to 100. */
  readonly percent?: number;
  readonly note?: string;
  readonly at: string;
}

/** Why a delivery is in quarantine: it came too late, or the sender reopened the task that it had closed. */
export const QUARANTINE_REASONS = ['late', 'reopened'] as const;
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

/** A delivery in quarantine as the sender API shows it. */
export interface QuarantinedView extends Payload {
  readonly id: string;
  readonly capability: ClosingCapability;
  readonly why: QuarantineReason;
}

/** Where the bytes of a payload are: on the task, or under a key of the payload bucket. */
export type StoredPayload =
  | { readonly payload: Uint8Array; readonly payloadKey?: never }
  | { readonly payload?: never; readonly payloadKey: string };

/** A delivery that closed its task before it was reopened, as the task keeps it. */
export type ReopenedEntry = Omit<QuarantinedView, 'why'> & StoredPayload;

/** A late delivery as the task keeps it. */
export type QuarantineEntry = ReopenedEntry & { readonly jti: string };

/** One time that a task was reopened. */
export interface Reopening {
  readonly at: string;
  /** What the task was. */
  readonly from: TaskStatus;
  readonly reason: string;
}

/** An upload that was offered: what the object must be when it arrives. */
export interface UploadOffer {
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
  readonly jti: string;
  readonly key: string;
}

/** A task as the sender API shows it. */
export interface TaskView {
  readonly taskId: string;
  readonly status: TaskStatus;
  readonly processor: string;
  readonly resource: string;
  readonly owner?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly heartbeat?: number;
  readonly closedAt?: string;
  readonly result?: Payload;
  readonly failure?: Payload;
  readonly progress?: Progress;
  readonly history: readonly { readonly at: string; readonly status: TaskStatus }[];
}

/** What kind of change the last write of a task was: the stream's reader makes the event from it. */
export const TASK_CHANGES = [
  'opened',
  'progressed',
  'succeeded',
  'failed',
  'expired',
  'cancelled',
  'quarantined',
  'replayed',
  'reissued',
  'reopened',
  'rescheduled',
  'uploadOffered',
  'discarded',
] as const;
export type TaskChange = (typeof TASK_CHANGES)[number];

/**
 * A task as the tasks table holds it. Every write of it says in `change` what it was; one that is published raises
 * `sequence` by one.
 */
export interface TaskItem {
  readonly taskId: string;
  readonly status: TaskStatus;
  readonly processor: string;
  readonly resource: string;
  readonly owner?: string;
  /** JSON text, as given by the sender. */
  readonly metadata?: string;
  /** Client id of the sender that opened it. */
  readonly openedBy: string;
  readonly carrier: Carrier;
  readonly createdAt: string;
  readonly expiresAt: string;
  /**
   * Seconds since 1970. Pending and at or past it: expired. `exp` of the current callbacks plus the clock tolerance, or
   * where the next progress is due, if that is earlier.
   */
  readonly deadline: number;
  /** Seconds since 1970: when the current callbacks were issued, where they are not those that it was opened with. */
  readonly reissuedAt?: number;
  /** Seconds: how long the current callbacks were issued for, where they are not those that it was opened with. */
  readonly expiresIn?: number;
  /** Seconds that may pass without progress. */
  readonly heartbeat?: number;
  /** Seconds since 1970 by which progress must have come; `NEVER` without heartbeat. */
  readonly heartbeatDeadline: number;
  /** Index attributes: see `tables.ts`. `dueShard` and `due` are there only while it is pending. */
  readonly shard: number;
  readonly createdKey: string;
  readonly dueShard?: number;
  readonly due?: number;
  readonly closedAt?: string;
  /** The current callback token of each capability; any other token of the task is revoked. */
  readonly callbacks: Readonly<Partial<Record<Capability, { readonly jti: string; readonly maxUses: number }>>>;
  readonly result?: Payload;
  readonly failure?: Payload;
  /** The bytes of `result` or `failure`, or where they are. Of its own, so that no index ever projects it. */
  readonly payload?: Uint8Array;
  readonly payloadKey?: string;
  readonly progress?: Progress;
  /** By the digest that the key of the object that may come ends with. */
  readonly uploads: Readonly<Record<string, UploadOffer>>;
  /** Late deliveries by id, at most as many as the environment says. */
  readonly quarantine: Readonly<Record<string, QuarantineEntry>>;
  /** Deliveries that were taken back, by id. Apart from the late ones, for which they must leave room. */
  readonly reopened?: Readonly<Record<string, ReopenedEntry>>;
  readonly reopenings?: readonly Reopening[];
  /** Ids of late deliveries that were taken or discarded: none of them is kept again. */
  readonly settled?: ReadonlySet<string>;
  readonly history: readonly { readonly at: string; readonly status: TaskStatus }[];
  /** Grows by one with each write. */
  readonly sequence: number;
  readonly change: TaskChange;
  readonly changedAt: string;
  /** How many replays were detected. */
  readonly replays?: number;
  readonly lastReplay?: { readonly from: string; readonly sha256: string };
  /** TTL, seconds since 1970. */
  readonly purgeAt: number;
}

/** A jti record: written when a token is used. */
export interface JtiItem {
  /** `iss` + `#` + the token's `jti`. */
  readonly jti: string;
  readonly taskId: string;
  readonly processor: string;
  /** When the use that counts was recorded: `receivedAt` of its answer. */
  readonly usedAt: string;
  /** Digest over path, media type and payload of the last recorded use. */
  readonly payloadSha256: string;
  readonly uses: number;
  readonly replays?: number;
  readonly lastReplayAt?: string;
  readonly lastReplayFrom?: string;
  readonly lastReplaySha256?: string;
  /** TTL, seconds since 1970. */
  readonly expiresAt: number;
}

/** When a pending task expires, in seconds since 1970: at its deadline, or when its heartbeat fails to come. */
export const effectiveDeadline = (task: Pick<TaskItem, 'deadline' | 'heartbeatDeadline'>): number =>
  Math.min(task.deadline, task.heartbeatDeadline);

/** Pending, and past its time: shown and treated as expired whether or not it has been written yet. */
export const isOverdue = (task: Pick<TaskItem, 'status' | 'deadline' | 'heartbeatDeadline'>, now: number): boolean =>
  task.status === 'pending' && effectiveDeadline(task) <= now;
