import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export const SEAL_KEY_BYTES = 32;

/** Keeps a value unread and unchanged while it is in somebody else's hands. */
export interface Seal {
  /** @param purpose what the value is for; it opens for nothing else */
  close(purpose: string, value: unknown): string;
  /** The value; `undefined` if it is not one that was closed for this purpose. */
  open(purpose: string, sealed: string): unknown;
}

/** A seal by AES-256-GCM. */
export const createSeal = (key: Uint8Array): Seal => ({
  close: (purpose, value) => {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(purpose));
    const content = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), content]).toString('base64url');
  },
  open: (purpose, sealed) => {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
    try {
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(purpose))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const content = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
      return JSON.parse(content.toString('utf8'));
    } catch {
      return undefined;
    }
  },
});
