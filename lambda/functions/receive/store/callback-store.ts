import type { ClosingCapability } from '../../../contract/capabilities.ts';
import type {
  JtiItem,
  Payload,
  Progress,
  ReplayEvidence,
  StoredPayload,
  TaskItem,
  UploadOffer,
} from '../../../contract/task.ts';
import type { LateDelivery } from '../../../shared/tables/quarantine.ts';
import type { ShortCodeStore } from '../checks/resolve-short-code.ts';
import type { TokenUse } from './token-use.ts';

/** The change of a task by a use of a token. */
export type TaskUpdate =
  | {
      readonly kind: 'close';
      readonly capability: ClosingCapability;
      readonly payload: Payload;
      readonly stored: StoredPayload;
    }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'offer'; readonly offer: UploadOffer };

/** The record of a signature: the token and payload that it came with. */
export interface SignatureRecord {
  readonly key: string;
  /** Key of the jti record of the token. */
  readonly jtiKey: string;
  /** Digest of the delivery, not of its bytes. */
  readonly payloadSha256: string;
  /** Time of receipt of that delivery; absent if it did not count as a use. */
  readonly usedAt?: string;
}

/** True if a signature was recorded with the same token and the same payload. */
export const isOfSameDelivery = (record: SignatureRecord, use: Pick<TokenUse, 'jtiKey' | 'digest'>): boolean =>
  record.jtiKey === use.jtiKey && record.payloadSha256 === use.digest;

/** The part of a jti record that the receiver reads. */
export type UseRecord = Pick<JtiItem, 'payloadSha256' | 'uses' | 'usedAt'>;

/** The part of an unchanged task that the receiver reads. */
export type UnchangedTask = Pick<TaskItem, 'status' | 'processor' | 'deadline' | 'heartbeatDeadline' | 'callbacks'>;

/** The outcome of the transaction that records a use. */
export type Consumption = { readonly recorded: true } | FailedConsumption;

/** The items whose conditions failed, as stored. */
export interface FailedConsumption {
  readonly recorded: false;
  readonly record?: UseRecord;
  readonly task?: UnchangedTask;
  /** Records of signatures that came before. */
  readonly signatures: readonly SignatureRecord[];
}

export interface Replay {
  readonly jtiKey: string;
  readonly taskId: string;
  /** Source address. */
  readonly from: string;
  readonly digest: string;
  /** RFC 3339. */
  readonly at: string;
  /** The recorded use of the token: its time and digest. */
  readonly first: ReplayEvidence['first'];
}

/** Records of token uses. Every method rejects if the store does not answer. */
export interface CallbackStore extends ShortCodeStore {
  /** Records the use and changes the task, or does neither. Retries conflicts with other transactions. */
  consume(use: TokenUse, update: TaskUpdate): Promise<Consumption>;
  /**
   * Records the signatures of a delivery that is not recorded itself: a repeat, or a delivery in quarantine.
   * @param usedAt time of the recorded use that this delivery repeats; absent if it does not count as a use
   * @returns false if one of the signatures came with another token or payload before
   */
  bindSignatures(use: TokenUse, usedAt?: string): Promise<boolean>;
  /** Reads the record of a token's use, strongly consistent. */
  findUse(jtiKey: string): Promise<UseRecord | undefined>;
  /** Writes a replay's evidence to the jti record and to the task; the change of the task is published. */
  recordReplay(replay: Replay): Promise<void>;
  /**
   * Stores a late delivery on its task.
   * @returns false if it is stored already, the task is gone or another processor's, or its quarantine is full
   */
  quarantine(late: LateDelivery): Promise<boolean>;
}
