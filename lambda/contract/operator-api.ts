import type { AuditEntry, OperatorAction, OperatorId } from './audit.ts';
import type { Capability } from './capabilities.ts';
import type { Carrier } from './carriers.ts';
import type { CallbackTokenAlgorithm } from './claims.ts';
import type { PREVIEW_BYTES } from './operator-limits.ts';
import type { Grade, ProofName } from './proofs.ts';
import type { ReplayMode } from './registry.ts';
import type { ListTasksQuery } from './sender-api.ts';
import type { SigningKeyState } from './signing-keys.ts';
import type { Payload, QuarantinedView, ReplayEvidence, TaskView, TimelineKind } from './task.ts';

/* Bodies and queries of the operator API. Times are RFC 3339. */

/** Query of lists that have pages. */
export interface PageQuery {
  /** Largest number of items in a page. */
  readonly limit?: number;
  /** The cursor of the page before. */
  readonly cursor?: string;
}

/** Query of `GET /v1/operator/tasks`. */
export interface OperatorListTasksQuery extends ListTasksQuery {
  readonly application?: string;
  /** Only pending tasks that expire before this time. */
  readonly expiresBefore?: string;
  readonly has?: TaskFinding;
}

/**
 * What the list of tasks finds:
 * - `quarantine`, `replay`: tasks with deliveries in quarantine, or with replays
 * - `retired_key`, `answer_unknown`: as in `BULK_SENDINGS`
 */
export const TASK_FINDINGS = ['quarantine', 'replay', 'retired_key', 'answer_unknown'] as const;
export type TaskFinding = (typeof TASK_FINDINGS)[number];

/** Query of the lists of quarantine and replays. */
export interface EvidenceListQuery extends PageQuery {
  /** @default newest */
  readonly order?: 'newest' | 'oldest';
}

/** Query of `GET /v1/operator/audit`. */
export interface AuditListQuery extends PageQuery {
  /** `sub` of the operator. */
  readonly operator?: string;
  readonly action?: OperatorAction;
  /** The task, processor, job, queue or key. */
  readonly target?: string;
  readonly after?: string;
  readonly before?: string;
}

/** Body of an action that only needs a reason. */
export interface ReasonRequest {
  /** Why. The audit and the timeline have it. */
  readonly reason: string;
}

/** Body of an action on a task. */
export interface OperatorActionRequest extends ReasonRequest {
  /** The `revision` of the view that the operator decided by. A task with another revision is not changed. */
  readonly revision: number;
}

/** Body of `POST /v1/operator/processors/{id}/pause` and `…/resume`. */
export interface ProcessorActionRequest extends ReasonRequest {
  /** The `revision` of the processor that the operator decided by. A processor with another revision is not changed. */
  readonly revision: number;
}

/** Body of `POST /v1/operator/tasks/{taskId}/payload`. */
export interface RevealRequest extends ReasonRequest {
  /** `result`, `failure`, or the id of a delivery in quarantine. */
  readonly of: string;
}

/** Body of `POST /v1/operator/processors/{id}/revoke`: a request for a plan, or the confirmation of one. */
export type RevokeAllRequest = { readonly plan: true } | RevocationConfirmation;

/** Body of `POST /v1/operator/processors/{id}/dispatch`: a request for a plan, or the confirmation of one. */
export type DispatchAllRequest = { readonly plan: true; readonly of: BulkSending } | RevocationConfirmation;

/**
 * Tasks of a processor whose work an operator sends again:
 * - `failed`: it could not be sent
 * - `retired_key`: the processor has it, with callbacks that a retired key signed
 * - `answer_unknown`: the processor may not have it, see `ANSWER_UNKNOWN`, and no progress was reported since
 */
export const BULK_SENDINGS = ['failed', 'retired_key', 'answer_unknown'] as const;
export type BulkSending = (typeof BULK_SENDINGS)[number];

/** The confirmation of a plan. */
export interface RevocationConfirmation extends ReasonRequest {
  readonly planId: string;
  /** The `count` of the plan. */
  readonly confirm: number;
}

/** Body of `POST /v1/operator/dead-letters/{queue}/redrive`. */
export interface RedriveLettersRequest extends ReasonRequest {
  /**
   * One letter.
   * @default all of the queue
   */
  readonly id?: string;
}

/** One entry of the timeline of a task. */
export interface TimelineEntry {
  readonly at: string;
  readonly kind: TimelineKind;
  /** Address of the caller. */
  readonly from?: string;
  readonly operator?: OperatorId;
  readonly reason?: string;
  readonly capability?: Capability;
  readonly replay?: ReplayEvidence;
}

/** A callback of a task. It has neither a token nor a short code. */
export interface CallbackView {
  readonly capability: Capability;
  /** The last characters of its jti. */
  readonly jtiEnd: string;
  readonly carrier: Carrier;
  /** Absent if the processor is not in the registry any more. */
  readonly grade?: Grade;
  readonly uses: number;
  readonly maxUses: number;
  readonly expiresAt: string;
  readonly revokedAt?: string;
}

/** A task, as the operator API shows it. */
export interface OperatorTaskView extends TaskView {
  /** Grows with each change of status, callbacks or quarantine. */
  readonly revision: number;
  /** Oldest first. */
  readonly timeline: readonly TimelineEntry[];
  readonly callbacks: readonly CallbackView[];
  readonly quarantine: readonly QuarantinedView[];
}

/** The task that an item of a list belongs to. */
export type OfTask = Readonly<Record<'taskId' | 'application' | 'processor', string>>;

/** A page of deliveries in quarantine. */
export interface QuarantinePage {
  readonly quarantine: readonly (OfTask & QuarantinedView)[];
  readonly cursor?: string;
}

/** The last replay of a task. */
export interface ReplayView extends OfTask, Partial<Pick<ReplayEvidence, 'first'>>, Pick<ReplayEvidence, 'second'> {
  readonly at: string;
  readonly from: string;
  /** All replays of the task. */
  readonly count: number;
}

/** A page of tasks with replays. */
export interface ReplayPage {
  readonly replays: readonly ReplayView[];
  readonly cursor?: string;
}

/** The beginning of a payload. */
export interface Preview {
  /** `text` for types of text; `hex` for all others. */
  readonly kind: keyof typeof PREVIEW_BYTES;
  /** Text, or lower-case hex digits. */
  readonly text: string;
  /** True if the payload is longer than the preview. */
  readonly truncated: boolean;
}

/** A payload as an operator sees it. */
export interface RevealedPayload extends Pick<Payload, 'contentType' | 'size' | 'sha256'> {
  readonly preview: Preview;
  /** A secret: downloads the payload as an attachment, for a minute. */
  readonly url: string;
  readonly expiresAt: string;
}

/** Pending tasks of a processor. */
export interface PendingCounts {
  readonly pending: number;
  /** Creation of the oldest one. */
  readonly oldestPendingAt?: string;
  /** Tasks that expire within the hour, unless a heartbeat comes. */
  readonly expiringWithinHour: number;
}

/** Counts of one processor in the last 24 hours. */
export interface ProcessorCounts {
  readonly accepted24h: number;
  readonly replays24h: number;
}

/** A processor, as the operator API shows it: its entry in the registry without keys and secrets, and counts. */
export interface ProcessorView extends PendingCounts, ProcessorCounts {
  readonly id: string;
  readonly carriers: readonly Carrier[];
  readonly proof: ProofName;
  /** The lowest grade of its carriers. */
  readonly grade: Grade;
  readonly contentTypes: readonly string[];
  /** Seconds. */
  readonly maxExpiresIn: number;
  readonly replayMode: ReplayMode;
}

/** Answer of `GET /v1/operator/processors`. */
export interface ProcessorList {
  readonly processors: readonly ProcessorView[];
}

/** Breaker of a processor, as operators see it. */
export const BREAKER_PHASES = ['closed', 'open', 'halfOpen'] as const;
export type BreakerPhase = (typeof BREAKER_PHASES)[number];

/** Sending work to one processor, as the operator API shows it. */
export interface ProcessorDispatchView {
  readonly processor: string;
  /** Grows with each pause and each resumption. */
  readonly revision: number;
  /** Tasks whose work is to be sent. */
  readonly queued: number;
  /** When the oldest of them was queued. */
  readonly oldestAt?: string;
  /** Tasks whose work could not be sent. */
  readonly failed: number;
  /** Attempts of the last hour by their outcome. */
  readonly lastHour: { readonly accepted: number; readonly retried: number; readonly failed: number };
  /** `open`: no attempt is made. `halfOpen`: one attempt decides. */
  readonly breaker: BreakerPhase;
  /** Present while no attempt is made, because an operator, or Postern itself, paused the processor. */
  readonly paused?: { readonly by: OperatorId | 'postern'; readonly reason: string; readonly at: string };
  /** When the next attempt is due. Absent while the processor is paused. */
  readonly nextAttemptAt?: string;
}

/** Answer of `GET /v1/operator/dispatch`. */
export interface ProcessorDispatchList {
  readonly processors: readonly ProcessorDispatchView[];
}

/** A plan to change many tasks of a processor. */
export interface PlanView {
  readonly planId: string;
  readonly count: number;
  /** Ids of some of the tasks. */
  readonly sample: readonly string[];
  readonly expiresAt: string;
}

/** Answer to the confirmation of a plan. */
export interface StartedJob {
  readonly jobId: string;
}

export type JobState = 'running' | 'done' | 'aborted';

/** A job, as the operator API shows it. */
export interface JobView {
  readonly jobId: string;
  readonly state: JobState;
  /** Number of tasks of the confirmed plan. */
  readonly count: number;
  /** Tasks whose callbacks it revoked, or whose work it sent again. */
  readonly done: number;
  /** Tasks that had changed since the plan: they were closed, or had new callbacks. */
  readonly skipped: number;
  /** Ids of tasks that could not be changed. */
  readonly failed: readonly string[];
  /** Tasks a second. */
  readonly pace: number;
}

/** A dead letter, as operators see it. It has no content. */
export interface DeadLetterView {
  readonly id: string;
  readonly at: string;
  readonly taskId?: string;
  readonly reason: string;
}

/** A dead-letter queue, as operators see it. */
export interface DeadLetterQueueView {
  readonly queue: string;
  readonly count: number;
  /** Time of the oldest of `items`. */
  readonly oldestAt?: string;
  /** The oldest first, at most `DEAD_LETTERS_SHOWN`. */
  readonly items: readonly DeadLetterView[];
}

/** Answer of `GET /v1/operator/dead-letters`. */
export interface DeadLetterList {
  readonly queues: readonly DeadLetterQueueView[];
}

/** Answer of a redrive: what is processed again. */
export interface StartedRedrive {
  readonly queue: string;
  readonly id?: string;
}

/** A key, as operators see it. Times are absent for a key of KMS. */
export interface SigningKeyView {
  readonly kid: string;
  readonly alg: CallbackTokenAlgorithm;
  readonly state: SigningKeyState;
  readonly signFrom?: string;
  readonly signUntil?: string;
  readonly verifyUntil?: string;
  readonly retiredAt?: string;
}

/** Answer of `GET /v1/operator/keys`. The newest is first. */
export interface SigningKeyList {
  readonly keys: readonly SigningKeyView[];
}

/** An action of an operator, as the API shows it. */
export interface AuditView extends Omit<AuditEntry, 'application' | 'isRepeated'> {}

/** A page of actions, newest first. */
export interface AuditPage {
  readonly audit: readonly AuditView[];
  readonly cursor?: string;
}
