import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export const COOKIE_KEY_BYTES = 32;

/** Encrypts and authenticates a value that a browser keeps. */
export interface CookieEncryption {
  /** @param purpose name of the cookie or parameter; the text decrypts only for the same purpose */
  encrypt(purpose: string, value: unknown): string;
  /** Returns the value, or `undefined` if the text was not encrypted with this key for this purpose. */
  decrypt(purpose: string, text: string): unknown;
}

/** Encrypts with AES-256-GCM. */
export const createCookieEncryption = (key: Uint8Array): CookieEncryption => ({
  encrypt: (purpose, value) => {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(purpose));
    const content = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), content]).toString('base64url');
  },
  decrypt: (purpose, text) => {
    const bytes = Buffer.from(text, 'base64url');
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
