/** A request of the receiver to the function `handshake`: confirm that a caller started its call. */
export interface HandshakeRequest {
  readonly processor: string;
  readonly confirmUrl: string;
  readonly hash: string;
  /** The URL that the caller must have sent the hash to. */
  readonly receiverUrl: string;
}

/** The result of a handshake. */
export type HandshakeVerdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/**
 * Events of the function `handshake` that do not come from the load balancer: `verify` from the receiver, `start` from an
 * application that starts a call to a processor. IAM controls who may invoke the function.
 */
export type HandshakeEvent = { readonly verify: HandshakeRequest } | { readonly start: { readonly url: string } };

/** A call that an application starts. */
export interface StartedCall {
  /** The value of `Authorization` to send with the call. */
  readonly authorization: string;
}
