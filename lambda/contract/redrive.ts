/** A request to the function `redrive`: process the dead letters of a queue again. */
export interface RedriveRequest {
  /** Name of the queue: the function whose work it keeps. */
  readonly queue: string;
  /** One dead letter. Absent: all of the queue. */
  readonly id?: string;
}

/**
 * An event of `redrive` for a function that reads a stream: records of the stream. A change that can still not be published or queued is
 * reported as failed. It does not become another dead letter, because its dead letter still exists.
 */
export interface RepublishRequest {
  readonly Records: readonly object[];
  readonly redrive: true;
}
