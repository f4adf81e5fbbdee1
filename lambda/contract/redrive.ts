/** A request to the function `redrive`: process the dead letters of a queue again. */
export interface RedriveRequest {
  /** Name of the queue: the function whose work it keeps. */
  readonly queue: string;
  /** One dead letter. Absent: all of the queue. */
  readonly id?: string;
}

/**
 * An event of the function `publish` that comes from `redrive`: records of the tasks' stream. A change that can still not be
 * published is reported as failed. It does not become another dead letter, because its dead letter still exists.
 */
export interface RepublishRequest {
  readonly Records: readonly object[];
  readonly redrive: true;
}
