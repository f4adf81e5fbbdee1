/** Options of every call. */
export interface CallOptions {
  /** Ends the call, its retries included: it rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
}

/** Options of a call that acts. */
export interface ActOptions extends CallOptions {
  /**
   * 1 to 128 printable ASCII characters. Every attempt sends it. The gateway reads it when a task is opened: within a day, the
   * same key and body give the same task.
   * @default a random one for each call
   */
  readonly idempotencyKey?: string;
}

/** Separates the options of a call from the members of its query or body. */
export const splitOptions = <T extends ActOptions>(request: T, options: ActOptions) => {
  const { idempotencyKey, signal, ...members } = { ...request, ...options };
  return {
    members,
    options: { ...(idempotencyKey !== undefined && { idempotencyKey }), ...(signal && { signal }) },
  };
};
