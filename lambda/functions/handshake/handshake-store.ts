/** A call that we started. */
export interface OwnCall {
  readonly hash: string;
  readonly secret: string;
  readonly url: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** Records of handshakes, shared by all instances. Methods reject if the table is unavailable. */
export interface HandshakeStore {
  storeCall(call: OwnCall): Promise<void>;
  /** Deletes a call and returns it. Only the first request gets it. */
  takeCall(hash: string): Promise<Omit<OwnCall, 'hash'> | undefined>;
  /** @returns false if the hash was accepted before */
  acceptOnce(hash: string): Promise<boolean>;
}
