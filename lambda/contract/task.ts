import type { OperatorId } from './audit.ts';
import type { Capability, ClosingCapability } from './capabilities.ts';
import type { Carrier } from './carriers.ts';
import type { DispatchView, StoredDispatch } from './dispatch.ts';
import type { ResumeView, StoredResume } from './resume.ts';

/**
 * Statuses of a task. A pending task changes to one of the others. Two more changes exist: a delivery that is accepted from
 * quarantine turns `expired` into `succeeded` or `failed`, and reopening turns these two into `pending`.
 */
export const TASK_STATUSES = ['pending', 'succeeded', 'failed', 'expired', 'cancelled'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** Description of a delivered payload. Times are RFC 3339 in UTC with milliseconds. */
export interface Payload {
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the bytes, 64 lower-case hex digits. */
  readonly sha256: string;
  readonly receivedAt: string;
}

/** The last progress report. */
export interface Progress {
  /** 0 to 100. */
  readonly percent?: number;
  readonly note?: string;
  readonly at: string;
}

/** Reasons for quarantine: the delivery came too late, or the sender reopened the task that it had closed. */
export const QUARANTINE_REASONS = ['late', 'reopened'] as const;
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

/** A delivery in quarantine, as the sender API shows it. */
export interface QuarantinedView extends Payload {
  readonly id: string;
  readonly capability: ClosingCapability;
  readonly why: QuarantineReason;
}

/** Location of a payload's bytes: on the task, or under a key of the payload bucket. */
export type StoredPayload =
  | { readonly payload: Uint8Array; readonly payloadKey?: never }
  | { readonly payload?: never; readonly payloadKey: string };

/**
 * A delivery that closed the task before the task was reopened, as the task stores it. The bytes of a delivery in quarantine
 * are under its key in the bucket, or in an attribute of the task, see `keptBytes`. So a read of the description reads no bytes.
 */
export interface ReopenedEntry extends Omit<QuarantinedView, 'why'> {
  readonly payloadKey?: string;
  /** The bytes, only in an entry from before they had an attribute. */
  readonly payload?: Uint8Array;
}

/** A late delivery, as the task stores it. */
export interface QuarantineEntry extends ReopenedEntry {
  readonly jti: string;
}

/** One reopening of a task. */
export interface Reopening {
  readonly at: string;
  /** The status before. */
  readonly from: TaskStatus;
  readonly reason: string;
}

/** The offer of an upload: the object must have these properties when it arrives. */
export interface UploadOffer {
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
  readonly jti: string;
  readonly key: string;
}

/** Kinds of entries of a task's timeline, as operators see it. */
export const TIMELINE_KINDS = [
  'opened',
  'progressed',
  'delivered',
  'late',
  'replayed',
  'reissued',
  'revoked',
  'reopened',
  'accepted',
  'discarded',
  'expired',
  'cancelled',
  'resumed',
  'resumeRefused',
  'dispatched',
  'dispatchRetried',
  'dispatchFailed',
  'dispatchQueued',
] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];

/**
 * A change of a task that no other attribute shows: it is part of the timeline. The other entries of the timeline come from
 * `history`, `progress`, `lastReplay` and the quarantine.
 */
export interface JournalEntry {
  /** RFC 3339. */
  readonly at: string;
  readonly kind: TimelineKind;
  readonly capability?: Capability;
  /** RFC 3339: when a late delivery arrived that was accepted or discarded. The quarantine has it no longer. */
  readonly lateAt?: string;
  readonly reason?: string;
  /** The operator who did it. Absent: a sender. */
  readonly operator?: OperatorId;
}

/** The two deliveries of a replay. */
export interface ReplayEvidence {
  readonly first: { readonly at: string; readonly sha256: string };
  readonly second: { readonly at: string; readonly from: string; readonly sha256: string };
}

/** A task, as the sender API shows it. */
export interface TaskView {
  readonly taskId: string;
  readonly application: string;
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
  /** Only of a task that resumes a workflow. */
  readonly resume?: ResumeView;
  /** Only of a task whose work Postern sends to the processor. */
  readonly dispatch?: DispatchView;
  readonly history: readonly { readonly at: string; readonly status: TaskStatus }[];
}

/** Kinds of changes of a task. The function `publish` makes the event from the kind of the last change. */
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
  'revoked',
  'resuming',
  'resumed',
  'resumeRefused',
  'upgraded',
  /** An attempt to send the work begins. */
  'dispatching',
  /** An attempt failed, and another one follows. */
  'dispatchRetried',
  /** No attempt may be made now. */
  'dispatchWaiting',
  'dispatched',
  /** No attempt follows. With `onFailure: 'fail'`, the task has failed too. */
  'dispatchFailed',
  'dispatchStopped',
  /** The work is to be sent again. */
  'dispatchQueued',
] as const;
export type TaskChange = (typeof TASK_CHANGES)[number];

/**
 * Changes that are sent to the workflow of a task: outcomes, and progress as a heartbeat. `dispatchFailed` is an outcome only if
 * the task has failed by it.
 */
export const WORKFLOW_CHANGES = [
  'succeeded',
  'failed',
  'expired',
  'cancelled',
  'progressed',
  'dispatchFailed',
] as const satisfies readonly TaskChange[];

/**
 * A task, as the tasks table stores it. Every write sets `change` to the kind of the change. A change that is published
 * raises `sequence` by one.
 */
export interface TaskItem {
  readonly taskId: string;
  /** Absent on a task from before applications existed, see `applicationOf`. */
  readonly application?: string;
  readonly status: TaskStatus;
  readonly processor: string;
  readonly resource: string;
  readonly owner?: string;
  /** JSON text from the sender. */
  readonly metadata?: string;
  /** Client id of the sender that created the task. */
  readonly openedBy: string;
  readonly carrier: Carrier;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** Seconds since 1970: `exp` of the current callbacks plus the clock tolerance. See `effectiveDeadline`. */
  readonly deadline: number;
  /** Seconds since 1970: issue time of the current callbacks. Absent if they are the first ones. */
  readonly reissuedAt?: number;
  /** Seconds: lifetime of the current callbacks. Absent if they are the first ones. */
  readonly expiresIn?: number;
  /** Longest time without a progress report, in seconds. */
  readonly heartbeat?: number;
  /** Seconds since 1970: time at which the next progress report is due. `NEVER` without heartbeat. */
  readonly heartbeatDeadline: number;
  /** Index attributes, see `tables.ts`. */
  readonly shard: number;
  readonly createdKey: string;
  readonly applicationShard?: string;
  readonly resourceShard?: string;
  readonly ownerShard?: string;
  /** Only a task with deliveries in quarantine has these two. */
  readonly quarantineShard?: number;
  readonly quarantinedKey?: string;
  /** Only a task with replays has these two. */
  readonly replayShard?: number;
  readonly replayedKey?: string;
  /** Only a pending task has it, and only if it is counted. */
  readonly dueShard?: number;
  /**
   * Seconds since 1970: not later than `effectiveDeadline` of a pending task. A closed task keeps it, except in the layout
   * `former`.
   */
  readonly due?: number;
  readonly closedAt?: string;
  /** The current callback token of each capability. All other tokens of the task are revoked. */
  readonly callbacks: Readonly<Partial<Record<Capability, { readonly jti: string; readonly maxUses: number }>>>;
  /** The callbacks that an operator revoked, until new ones are issued. `callbacks` is then empty. */
  readonly revoked?: TaskItem['callbacks'];
  /** RFC 3339: time of that revocation. */
  readonly revokedAt?: string;
  readonly result?: Payload;
  readonly failure?: Payload;
  /** The bytes of `result` or `failure`. They are a separate attribute, so that no index projects them. */
  readonly payload?: Uint8Array;
  /** Key of the bytes in the payload bucket. */
  readonly payloadKey?: string;
  /** The bytes of a delivery in quarantine, see `keptBytes`. */
  readonly [bytes: `kept#${string}`]: Uint8Array;
  readonly progress?: Progress;
  /** Offers of uploads by their digest, with which the key of the object ends. */
  readonly uploads: Readonly<Record<string, UploadOffer>>;
  /** Late deliveries by id. The environment limits their number. */
  readonly quarantine: Readonly<Record<string, QuarantineEntry>>;
  /** Deliveries that a reopening rolled back, by id. They do not count towards the limit of late deliveries. */
  readonly reopened?: Readonly<Record<string, ReopenedEntry>>;
  readonly reopenings?: readonly Reopening[];
  /** Ids of late deliveries that were accepted or discarded. A repeat of one of them is not kept. */
  readonly settled?: ReadonlySet<string>;
  readonly history: readonly { readonly at: string; readonly status: TaskStatus }[];
  /** The latest entries, within `JOURNAL`. */
  readonly journal?: readonly JournalEntry[];
  /** Grows by one with each published change. */
  readonly sequence: number;
  /**
   * Grows by one with each change of status, callbacks or quarantine. Absent on a task from before revisions existed, see
   * `revisionOf`.
   */
  readonly revision?: number;
  readonly change: TaskChange;
  readonly changedAt: string;
  /** Number of detected replays. */
  readonly replays?: number;
  readonly lastReplay?: {
    readonly from: string;
    readonly sha256: string;
    /** Absent if the replay was recorded before these two were. */
    readonly at?: string;
    readonly first?: ReplayEvidence['first'];
  };
  /** The workflow that waits for the task. */
  readonly resume?: StoredResume;
  /**
   * The token of that workflow, encrypted for the function `resume`. It is removed when the workflow was told, or refused for good.
   */
  readonly resumeToken?: Uint8Array;
  /** Key of the record by which a later task with the same `supersedes` finds this one, see `supersedesKey`. */
  readonly supersedesKey?: string;
  /** How far the work has come on its way to the processor. Readers see what `showDispatch` makes of it. */
  readonly dispatch?: StoredDispatch;
  /** Seconds since 1970: when the present issue of callbacks was queued to be sent. */
  readonly queuedAt?: number;
  /**
   * Index attributes of a dispatch that is queued or has failed, see `dispatchShardKey`. `dispatchAt` is in seconds since 1970:
   * when the next attempt is due, or when the dispatch failed.
   */
  readonly dispatchShard?: string;
  readonly dispatchAt?: number;
  /** TTL, seconds since 1970. */
  readonly purgeAt: number;
}

/**
 * Ways to store a task. Functions read both of them.
 *
 * - `current`: the way of this version.
 * - `former`: a task leaves the indexes of earlier versions when it is closed. Functions write so while a running environment
 *   gets its indexes, because functions of the earlier version read the same tasks.
 */
export const TASK_LAYOUTS = ['current', 'former'] as const;
export type TaskLayout = (typeof TASK_LAYOUTS)[number];

/** A record of the jti table. The first use of a token writes it. */
export interface JtiItem {
  /** See `jtiKey`. */
  readonly jti: string;
  readonly taskId: string;
  readonly processor: string;
  /** Time of the last recorded use: `receivedAt` of its response. */
  readonly usedAt: string;
  /** Digest of the last recorded delivery (path, media type and payload), not of its bytes: see `deliveryDigest`. */
  readonly payloadSha256: string;
  readonly uses: number;
  readonly replays?: number;
  readonly lastReplayAt?: string;
  readonly lastReplayFrom?: string;
  readonly lastReplaySha256?: string;
  /** TTL, seconds since 1970. */
  readonly expiresAt: number;
}

/** Returns the revision of a task. A task from before revisions existed has 0 until its next change. */
export const revisionOf = ({ revision }: Pick<TaskItem, 'revision'>): number => revision ?? 0;

/** Returns the time at which a pending task expires, in seconds since 1970: the deadline of callbacks or heartbeat. */
export const effectiveDeadline = (task: Pick<TaskItem, 'deadline' | 'heartbeatDeadline'>): number =>
  Math.min(task.deadline, task.heartbeatDeadline);

/**
 * True if a task is pending and its time is over. It is shown and treated as expired, even before `expire` has written that.
 * @param now seconds since 1970
 */
export const isOverdue = (task: Pick<TaskItem, 'status' | 'deadline' | 'heartbeatDeadline'>, now: number): boolean =>
  task.status === 'pending' && effectiveDeadline(task) <= now;

/** Returns the status that readers see. @param now seconds since 1970 */
export const statusAt = (task: Pick<TaskItem, 'status' | 'deadline' | 'heartbeatDeadline'>, now: number): TaskStatus =>
  isOverdue(task, now) ? 'expired' : task.status;

/**
 * True if a task exists and its retention has not ended. DynamoDB may delete the item days later.
 * @param now seconds since 1970
 */
export const isKept = <T extends Pick<TaskItem, 'purgeAt'>>(task: T | undefined, now: number): task is T =>
  task !== undefined && now < task.purgeAt;

/** Returns whole seconds. */
export const inSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);
