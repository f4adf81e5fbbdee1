import type { ClosingCapability } from '../../contract/capabilities.ts';
import type { Payload, TaskItem } from '../../contract/task.ts';

/** Place of the bytes of a payload in the item of its task. */
export type PayloadPlace = { readonly in: 'task' } | { readonly in: 'quarantine' | 'reopened'; readonly id: string };

/** A payload without its bytes. */
export interface StoredPayloadInfo extends Payload {
  /** Key of the bytes in the payload bucket. Absent: they are on the task. */
  readonly payloadKey?: string;
}

/** A task without the bytes of its payloads. */
export interface RevealableTask
  extends Pick<
    TaskItem,
    | 'taskId'
    | 'application'
    | 'processor'
    | 'resource'
    | 'owner'
    | 'carrier'
    | 'createdAt'
    | 'expiresAt'
    | 'purgeAt'
    | 'payloadKey'
    | ClosingCapability
  > {
  /** The delivery in quarantine with the requested id, if there is one. */
  readonly quarantined?: StoredPayloadInfo;
  readonly reopened?: StoredPayloadInfo;
}

/** The tasks table, for payloads. Methods reject if the table is unavailable. */
export interface RevealStore {
  /**
   * Reads consistently, without bytes of a payload.
   * @param quarantineId the delivery in quarantine that is read too
   */
  find(taskId: string, quarantineId: string | undefined): Promise<RevealableTask | undefined>;
  /** Reads the bytes of a payload that is on the task. Undefined if they are not there any more. */
  readBytes(taskId: string, place: PayloadPlace): Promise<Uint8Array | undefined>;
}

/** The payload bucket. Methods reject if the bucket is unavailable or does not have the object. */
export interface RevealBucket {
  /** Reads the first bytes of an object. */
  readStart(key: string, bytes: number): Promise<Uint8Array>;
  /** Copies a payload that is on a task, so that a URL can refer to it. */
  put(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
  /** Returns a URL that downloads an object with this content type, and the time at which the URL expires. */
  urlOf(key: string, contentType: string): Promise<{ readonly url: string; readonly expiresAt: string }>;
}
