import type { Capability, ClosingCapability } from '../contract/capabilities.ts';
import type { CallbackTokenClaims } from '../contract/claims.ts';
import type { JtiItem, Payload, Progress, StoredPayload, TaskItem, UploadOffer } from '../contract/task.ts';
import type { LateDelivery } from '../storage/quarantine.ts';

/** What a use of a token does to its task. */
export type TaskChange =
  | {
      readonly kind: 'close';
      readonly capability: ClosingCapability;
      readonly payload: Payload;
      readonly stored: StoredPayload;
    }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'offer'; readonly offer: UploadOffer };

/** A use of a token that every check has passed. */
export interface Use {
  /** Key of the jti record. */
  readonly jtiKey: string;
  readonly jti: string;
  readonly taskId: string;
  readonly processor: string;
  readonly capability: Capability;
  readonly maxUses: number;
  /** Digest that tells a repeat from another delivery. */
  readonly digest: string;
  /** Seconds since 1970: the token's `exp`. */
  readonly exp: number;
  /** When it came: seconds since 1970, and as RFC 3339. */
  readonly now: number;
  readonly receivedAt: string;
}

/** What the receiver needs of a jti record. */
export type UseRecord = Pick<JtiItem, 'payloadSha256' | 'uses' | 'usedAt'>;

/** What the receiver needs of a task that did not change. */
export type RefusedTask = Pick<TaskItem, 'status' | 'processor' | 'deadline' | 'heartbeatDeadline' | 'callbacks'>;

/** How the one transaction ended. `record` and `task` are what stood there when it was refused. */
export type Consumption =
  | { readonly recorded: true }
  | { readonly recorded: false; readonly record?: UseRecord; readonly task?: RefusedTask };

/** Evidence of a replay. */
export interface Replay {
  readonly jtiKey: string;
  readonly taskId: string;
  /** Address it came from. */
  readonly from: string;
  readonly digest: string;
  readonly at: string;
}

/** Where uses of tokens are recorded. Every method rejects when the store does not answer. */
export interface CallbackStore {
  /** Records the use and changes the task, or neither. Conflicts with other transactions are retried inside. */
  consume(use: Use, change: TaskChange): Promise<Consumption>;
  /** The record of a token's use, read consistently. */
  findUse(jtiKey: string): Promise<UseRecord | undefined>;
  /** The claims that a short code stands for. */
  findCode(codeKey: string): Promise<CallbackTokenClaims | undefined>;
  /** Writes a replay's evidence to the jti record and to the task, so that it is published. */
  recordReplay(replay: Replay): Promise<void>;
  /**
   * Keeps a late delivery on its task.
   * @returns false where it is there already, the task is gone or another processor's, or has as many as it may
   */
  quarantine(late: LateDelivery): Promise<boolean>;
}
