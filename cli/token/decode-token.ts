import { CALLBACK_ROUTES } from '../../lambda/contract/callback-routes.ts';
import { readCompactToken, readEncryptedHeader } from '../../lambda/shared/callback-token/compact.ts';
import { isEncrypted } from '../../lambda/shared/callback-token/token-decrypter.ts';
import { createRouter } from '../../lambda/shared/http/router.ts';
import { isRefusal } from '../../lambda/shared/refusal.ts';
import type { CallbackAddress } from '../callback/read-source.ts';
import { CommandError } from '../command-error.ts';
import type { DecodedToken } from './show-token.ts';

const findRoute = createRouter(CALLBACK_ROUTES);

/**
 * Reads header and claims of a token. Checks no signature.
 * @throws {CommandError} `failed`, if there is no token or it is malformed
 */
export const decodeToken = ({ token, url = '' }: Partial<CallbackAddress>): DecodedToken => {
  const value = token ?? tokenOf(url);
  if (isEncrypted(value)) {
    const header = readEncryptedHeader(value);
    if (isRefusal(header)) throw malformed('an encrypted token');
    return { header };
  }
  const parts = readCompactToken(value);
  if (isRefusal(parts)) throw malformed('a signed token');
  return { header: parts.header, claims: parts.claims };
};

/** The token in the path of a URL. */
const tokenOf = (url: string): string => {
  const match = findRoute('receive', 'POST', pathOf(url));
  if (isRefusal(match)) throw new CommandError('failed', 'The URL is not a callback URL: no callback has this path.');
  if (match.params.token !== undefined) return match.params.token;
  if (match.params.code !== undefined) {
    throw new CommandError('failed', 'A short URL has no token. Only the gateway knows the claims that it stands for.');
  }
  throw new CommandError(
    'failed',
    'The URL has no token, because its callback carries the token in a header.',
    'Give the token, or @FILE with the whole answer of "postern task open --out FILE".',
  );
};

/** The path as it is written. `URL` would normalize it, and the gateway does not. */
export const pathOf = (url: string): string => /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? '';

const malformed = (expected: string): CommandError =>
  new CommandError(
    'failed',
    `It is not ${expected}: expected parts in canonical base64url with dots between them, and JSON objects without repeated members inside. The gateway answers token_malformed.`,
    'Copy the token again. A mail program or a terminal may have cut or wrapped it.',
  );
