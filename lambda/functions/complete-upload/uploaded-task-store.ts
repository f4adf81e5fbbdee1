import type { Payload, TaskItem } from '../../contract/task.ts';
import type { LateDelivery } from '../../shared/tables/quarantine.ts';

/** What an arrival needs of its task. */
export type UploadedTask = Pick<
  TaskItem,
  'taskId' | 'status' | 'processor' | 'deadline' | 'heartbeatDeadline' | 'callbacks' | 'uploads'
>;

/** An upload as the result of its task. */
export interface UploadedResult {
  readonly taskId: string;
  readonly jti: string;
  /** Digest of its offer. */
  readonly offer: string;
  readonly key: string;
  readonly payload: Payload;
  /** When it is recorded: milliseconds since 1970. */
  readonly now: number;
}

/** Where uploads are recorded. Every method rejects when the store does not answer. */
export interface UploadedTaskStore {
  /** Read consistently. */
  find(taskId: string): Promise<UploadedTask | undefined>;
  /**
   * Lets the task succeed, if it is pending, in time, and the token of the upload is still its current one.
   * @returns false otherwise, and where this very upload is its result already
   */
  succeed(result: UploadedResult): Promise<boolean>;
  /**
   * Keeps an upload that came too late.
   * @returns false where it is there already, its offer is gone, or the task has as many as it may
   */
  quarantine(late: LateDelivery): Promise<boolean>;
}

/** What S3 says of an object. */
export interface StoredObject {
  /** Bytes. */
  readonly size: number | undefined;
  readonly contentType: string | undefined;
  /** Base64 of the SHA-256 over the whole object, as S3 computed it when the object arrived. */
  readonly checksum: string | undefined;
  /** Names of headers that lie beside it and that its reader would get: none beside an upload as it was offered. */
  readonly metadata: readonly string[];
  /** Undefined in a bucket that keeps no versions. */
  readonly versionId: string | undefined;
}

export interface UploadBucket {
  /** Undefined where there is no such object. Rejects when S3 does not answer. */
  head(key: string): Promise<StoredObject | undefined>;
  /** Deletes one version for good, and no other. Where it is gone already, nothing happens. Rejects when S3 does not answer. */
  deleteVersion(key: string, versionId: string): Promise<void>;
}
