/** What a caller of a function that failed gets: the body of the answer to `Invoke`. */
export interface FunctionErrorPayload {
  readonly errorType: string;
  readonly errorMessage: string;
  /** The stack, line by line. Absent if the runtime did not live to tell. */
  readonly trace?: readonly string[];
}

/** The function failed, ended or took too long. What a load balancer makes of it is 502. */
export class FunctionError extends Error {
  readonly reason: 'error' | 'crash' | 'timeout' | 'unusable';
  /** For callers. It may have secrets of the function's work, which the message has not. */
  readonly payload: FunctionErrorPayload;
  constructor(reason: FunctionError['reason'], message: string, payload: FunctionErrorPayload) {
    super(message);
    this.name = 'FunctionError';
    this.reason = reason;
    this.payload = payload;
  }
}
