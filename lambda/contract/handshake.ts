/** What the receiver asks the handshake's function. */
export interface HandshakeRequest {
  readonly processor: string;
  readonly confirmUrl: string;
  readonly hash: string;
  /** The URL that the caller must have sent the hash to. */
  readonly receiverUrl: string;
}

/** What it is told. */
export type HandshakeVerdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/**
 * Events of the handshake's function that are no requests of the load balancer: from the receiver, and from an application
 * of ours that starts a call to a processor. Who may invoke the function is said by IAM.
 */
export type HandshakeEvent = { readonly verify: HandshakeRequest } | { readonly start: { readonly url: string } };

/** What an application sends as `Authorization` with its call. */
export interface StartedCall {
  readonly authorization: string;
}
