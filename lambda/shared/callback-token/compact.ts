import { MAX_TOKEN_CHARS } from '../../contract/limits.ts';
import type { OutcomeCode } from '../../contract/outcomes.ts';
import { decodeUtf8, hasRepeatedMember } from '../json.ts';
import { type Refusal, refuse } from '../refusal.ts';

/** The decoded parts of a compact JWS. Its signature is not verified. */
export interface CompactToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The signed bytes: header and claims as sent (RFC 7515 §5.2). */
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
}

const COMPACT_FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Decodes a token of the one form that we issue: compact, of bounded length, canonical base64url without padding or stray
 * bits, header and claims UTF-8 JSON objects without repeated members (RFC 7515 §4, RFC 8725 §2.4 and its successor's
 * §3.14). JOSE libraries accept variants that this function refuses.
 * @param maxChars longest token, in characters
 * @param code code of the refusal
 */
export const readCompactToken = (
  token: string,
  maxChars = MAX_TOKEN_CHARS,
  code: OutcomeCode = 'token_malformed',
): CompactToken | Refusal => {
  const parts = splitCompact(token, maxChars);
  const header = parts && parseObject(parts.header);
  const claims = header && parseObject(parts.claims);
  if (parts === undefined || header === undefined || claims === undefined) {
    return refuse(code, 'not a canonical compact JWS of JSON objects');
  }
  return { header, claims, signingInput: parts.signingInput, signature: parts.signature };
};

/** Returns the parts of a compact JWS as bytes, or undefined unless every part is canonical base64url. */
export const splitCompact = (token: string, maxChars = MAX_TOKEN_CHARS) => {
  if (token.length > maxChars || !COMPACT_FORM.test(token)) return undefined;
  const [header, claims, signature] = token.split('.').map(decodeCanonical);
  if (header === undefined || claims === undefined || signature === undefined) return undefined;
  return { header, claims, signature, signingInput: Buffer.from(token.slice(0, token.lastIndexOf('.'))) };
};

/** The second part is empty: direct key agreement has no encrypted key (RFC 7518 §4.6). */
const ENCRYPTED_FORM = /^([A-Za-z0-9_-]+)\.\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/**
 * Reads the header of an encrypted token of the one form that we issue: compact, of bounded length, every part canonical
 * base64url, the header a UTF-8 JSON object without repeated members (RFC 7516 §3.1).
 */
export const readEncryptedHeader = (token: string): Readonly<Record<string, unknown>> | Refusal => {
  const parts = token.length > MAX_TOKEN_CHARS ? null : ENCRYPTED_FORM.exec(token);
  const [header, ...others] = (parts ?? []).slice(1).map(decodeCanonical);
  const object = header === undefined || others.includes(undefined) ? undefined : parseObject(header);
  return object ?? refuse('token_malformed', 'not a canonical compact JWE');
};

/** Decoders ignore unused bits of the last character. Only text that encodes to itself again is canonical. */
const decodeCanonical = (part: string): Buffer | undefined => {
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
};

const parseObject = (bytes: Uint8Array): Record<string, unknown> | undefined => {
  try {
    const text = decodeUtf8(bytes);
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    // Text that serializes to itself has every member once. Most tokens do, so the slower search is rarely needed.
    const repeats = JSON.stringify(value) !== text && hasRepeatedMember(text);
    return repeats ? undefined : (value as Record<string, unknown>);
  } catch {
    return undefined;
  }
};
