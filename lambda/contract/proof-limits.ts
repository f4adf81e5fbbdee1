/** Sizes, durations and counts of the proofs of processors: keys, signatures, DPoP, webhooks and the handshake. */

/** Accepted difference between `iat` of a DPoP proof and our clock, before or after (RFC 9449 §4.3). */
export const DPOP_WINDOW_SECONDS = 120;

/** Longest DPoP proof in compact form. A proof with an RSA key of 4,096 bits has about 2,000 characters. */
export const MAX_DPOP_PROOF_CHARS = 4_096;

export const DPOP_NONCE = {
  /** Lifetime of a nonce for DPoP proofs. */
  goodMinutes: 5,
  /** Time for which one secret makes nonces. */
  secretMinutes: 60,
} as const;

/** Accepted difference between the time of an HTTP message signature or Standard Webhook and our clock. */
export const SIGNATURE_WINDOW_SECONDS = 300;

/** The handshake of proof `webhook`. */
export const HANDSHAKE = {
  /** Timeout of the confirmation call. */
  timeoutMilliseconds: 3_000,
  /** Largest response to the confirmation call. */
  maxAnswerBytes: 4_096,
  /** Longest secret: bcrypt reads 72 bytes. */
  maxSecretBytes: 72,
  /** Accepted bcrypt costs. A hash takes 2 to the power of its cost rounds. */
  cost: { min: 4, max: 12 },
  /** Lifetime of a call that we started. */
  ownCallSeconds: 600,
  /** Time for which an accepted hash is stored. The caller's own lifetime of the hash is shorter. */
  rememberedSeconds: 86_400,
} as const;

/**
 * Timeout of the receiver for a handshake: one confirmation call and one bcrypt hash of the highest cost on a fraction of a
 * vCPU.
 */
export const HANDSHAKE_WAIT_MILLISECONDS = 8_000;

/** Longest URL in a handshake. */
export const MAX_HANDSHAKE_URL_CHARS = 1_024;

/** Largest body of a request to confirm a call. */
export const MAX_HANDSHAKE_BODY_BYTES = 4_096;

/** Most keys of one processor. */
export const MAX_PROOF_KEYS = 8;

/** Most signatures of one request that are checked. */
export const MAX_SIGNATURES = 8;

/** Longest `webhook-id`. */
export const MAX_WEBHOOK_ID_CHARS = 256;

/** Length of a secret of Standard Webhooks, from its specification. */
export const WEBHOOK_SECRET_BYTES = { min: 24, max: 64 } as const;
