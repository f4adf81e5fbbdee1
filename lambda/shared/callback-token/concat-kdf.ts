import { hash } from 'node:crypto';

/** Parameters of a key derivation (RFC 7518 §4.6.2). */
export interface KeyDerivation {
  /** AlgorithmID: `enc` of the token, because the derived key encrypts its content. */
  readonly enc: string;
  /** Length of the key. SHA-256 gives 32 bytes or less. */
  readonly bytes: number;
  /** `apu` and `apv` of the header. @default empty */
  readonly parties?: readonly [Uint8Array, Uint8Array];
}

const EMPTY = new Uint8Array();

/** Derives a key from the shared secret of ECDH-ES: one round of Concat KDF with SHA-256 (NIST SP 800-56A §5.8.1). */
export const deriveKey = (secret: Uint8Array, { bytes, enc, parties = [EMPTY, EMPTY] }: KeyDerivation): Buffer => {
  const fields = [Buffer.from(enc), ...parties].flatMap((field) => [uint32(field.length), field]);
  const input = Buffer.concat([uint32(1), secret, ...fields, uint32(bytes * 8)]);
  return hash('sha256', input, 'buffer').subarray(0, bytes);
};

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
