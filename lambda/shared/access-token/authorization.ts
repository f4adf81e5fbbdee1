import { type Refusal, refuse } from '../refusal.ts';

/** Scheme and credentials (RFC 9110 §11.6.2); the credentials of a bearer token are a b64token (RFC 6750 §2.1). */
const CREDENTIALS = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?: +(.*))?$/;
const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * Reads the bearer token of a request: exactly one `Authorization` line, scheme `Bearer` in any case.
 * @param lines every `Authorization` line of the request
 */
export const readBearerToken = (lines: readonly string[]): string | Refusal => {
  const [line, ...others] = lines;
  if (line === undefined) return refuse('access_token_missing', 'no Authorization');
  if (others.length > 0) return refuse('access_token_invalid', 'more than one Authorization');
  const [, scheme, token = ''] = CREDENTIALS.exec(line.trim()) ?? [];
  if (scheme?.toLowerCase() !== 'bearer') return refuse('access_token_missing', 'Authorization of another scheme');
  if (token === '') return refuse('access_token_missing', 'Authorization without a token');
  if (!B64TOKEN.test(token)) return refuse('access_token_invalid', 'not one bearer token');
  return token;
};
