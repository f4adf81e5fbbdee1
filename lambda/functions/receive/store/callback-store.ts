import type { Capability, ClosingCapability } from '../../../contract/capabilities.ts';
import type { CallbackTokenClaims } from '../../../contract/claims.ts';
import type { JtiItem, Payload, Progress, StoredPayload, TaskItem, UploadOffer } from '../../../contract/task.ts';
import type { LateDelivery } from '../../../shared/tables/quarantine.ts';
import type { ShownSignature } from '../checks/proof/proof.ts';

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
  /** Signatures that came with it, each of them once. */
  readonly signatures: readonly ShownSignature[];
}

/** What is recorded of a signature: what it came with. */
export interface SignatureRecord {
  readonly key: string;
  /** Key of the jti record of the token, and the digest of the delivery. */
  readonly jtiKey: string;
  readonly payloadSha256: string;
  /** When that delivery was received; absent where it did not count as a use. */
  readonly usedAt?: string;
}

/** Whether a signature came with this very delivery: with the same token and the same payload. */
export const cameWith = (record: SignatureRecord, use: Pick<Use, 'jtiKey' | 'digest'>): boolean =>
  record.jtiKey === use.jtiKey && record.payloadSha256 === use.digest;

/** What the receiver needs of a jti record. */
export type UseRecord = Pick<JtiItem, 'payloadSha256' | 'uses' | 'usedAt'>;

/** What the receiver needs of a task that did not change. */
export type RefusedTask = Pick<TaskItem, 'status' | 'processor' | 'deadline' | 'heartbeatDeadline' | 'callbacks'>;

/** How the one transaction ended. */
export type Consumption = { readonly recorded: true } | RefusedConsumption;

/** What stood there when it was refused; of the signatures those that had come before. */
export interface RefusedConsumption {
  readonly recorded: false;
  readonly record?: UseRecord;
  readonly task?: RefusedTask;
  readonly signatures: readonly SignatureRecord[];
}

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
  /**
   * Records the signatures of a delivery that is not recorded itself: a repeat, or one that is kept in quarantine.
   * @param usedAt when the use was recorded that this repeats; absent where it counts as no use
   * @returns false where one of them came with another token or payload before
   */
  bindSignatures(use: Use, usedAt?: string): Promise<boolean>;
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
