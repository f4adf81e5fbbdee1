import type { Payload, TaskItem } from '../../contract/task.ts';
import type { LateDelivery } from '../../shared/tables/quarantine.ts';

/** Attributes of a task that are needed to complete an upload. */
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
  /** Time of the write, in milliseconds since 1970. */
  readonly now: number;
}

/** Tasks with uploads. Methods reject if the table is unavailable. */
export interface UploadedTaskStore {
  /** Reads consistently. */
  find(taskId: string): Promise<UploadedTask | undefined>;
  /**
   * Lets the task succeed if it is pending and not overdue, and if the token of the upload is still the current one.
   * @returns false otherwise, also if this upload already is the result
   */
  succeed(result: UploadedResult): Promise<boolean>;
  /**
   * Keeps an upload that came too late.
   * @returns false if it is kept already, its offer does not exist, or quarantine is full
   */
  quarantine(late: LateDelivery): Promise<boolean>;
}
