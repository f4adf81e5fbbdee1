import type { HttpRequest } from '../../../shared/http/message.ts';
import { type Refusal, refuse } from '../../../shared/refusal.ts';
import type { PresentedToken } from '../authenticated-callback.ts';

/** Header of the token if `Authorization` carries another credential. */
const CALLBACK_TOKEN_HEADER = 'Callback-Token';

/** Scheme and credentials of `Authorization`. A pattern that ignores case takes longer at a cold start. */
const CREDENTIALS = /^([A-Za-z]+)(?:[ \t]+(.*))?$/s;

/** Schemes that carry a token, in any case (RFC 9110 §11.1). Any other `Authorization` is ignored and never logged. */
const TOKEN_SCHEMES: ReadonlySet<string> = new Set(['bearer', 'dpop']);

/** Returns the scheme in lower case and the credentials, or nothing if the scheme is not one of a token. */
const readAuthorization = (line: string): { readonly scheme?: string; readonly credentials?: string | undefined } => {
  const [, word = '', credentials] = CREDENTIALS.exec(line) ?? [];
  const scheme = word.toLowerCase();
  return TOKEN_SCHEMES.has(scheme) ? { scheme, credentials } : {};
};

/** A token has neither spaces nor commas. A header with one of them holds two values. */
const holdsTwoValues = (value: string): boolean => /[\s,]/.test(value);

/**
 * Step 2, first half: finds the token, which must come once and in one place (RFC 6750 §2). A query, a cookie or a body is
 * never searched.
 * @param segment the token or short code in the path, if the route has one
 */
export const findToken = (
  request: HttpRequest,
  segment: { readonly token?: string; readonly code?: string },
): PresentedToken | Refusal => {
  const authorization = request.header('Authorization');
  const callbackToken = request.header(CALLBACK_TOKEN_HEADER);
  if (authorization.length > 1) return refuse('token_ambiguous', 'more than one Authorization');
  if (callbackToken.length > 1) return refuse('token_ambiguous', 'more than one Callback-Token');

  const { credentials, scheme } = readAuthorization(authorization[0] ?? '');
  const fromAuthorization = credentials?.trim() || undefined;
  const fromCallbackToken = callbackToken[0]?.trim();
  if ([fromAuthorization, fromCallbackToken].some((value) => value !== undefined && holdsTwoValues(value))) {
    return refuse('token_ambiguous', 'two values in one header');
  }
  const fromPath = segment.token ?? segment.code;
  if (fromPath !== undefined) {
    // A scheme without credentials counts as a second place, too.
    if (fromCallbackToken !== undefined || scheme !== undefined) {
      return refuse('token_ambiguous', 'in the path and in a header', {
        detail: 'The URL has a token already: leave out Authorization and Callback-Token.',
      });
    }
    return {
      value: fromPath,
      carrier: segment.code === undefined ? 'path' : 'short',
      fromCallbackTokenHeader: false,
    };
  }
  const value = fromCallbackToken ?? fromAuthorization;
  if (!value) return refuse('token_missing', 'no token in path or headers', { detail: describeMissingToken(request) });
  return {
    value,
    carrier: 'header',
    fromCallbackTokenHeader: fromCallbackToken !== undefined,
    ...(scheme !== undefined && { scheme }),
  };
};

/** Other schemes that the detail may name. Any other word may be the token itself and is not repeated. */
const OTHER_SCHEMES = [
  'Basic',
  'Digest',
  'Negotiate',
  'NTLM',
  'Token',
  'ApiKey',
  'OAuth',
  'Signature',
  'Webhook',
  'AWS4-HMAC-SHA256',
] as const;

/** Describes `Authorization` for the caller, without the credentials themselves. */
export const describeAuthorization = ([line = '']: readonly string[]): string => {
  const word = /\S+/.exec(line)?.[0].toLowerCase();
  if (word === undefined) return 'Authorization did not come';
  if (word === 'bearer' || word === 'dpop') {
    const name = word === 'dpop' ? 'DPoP' : 'Bearer';
    return /\s/.test(line.trim())
      ? `Authorization came with the scheme ${name}`
      : `Authorization came with the scheme ${name} and no token`;
  }
  const scheme = OTHER_SCHEMES.find((name) => name.toLowerCase() === word);
  return scheme === undefined
    ? 'Authorization came without a scheme that carries a callback token'
    : `Authorization came with the scheme ${scheme}`;
};

const describeMissingToken = (request: HttpRequest): string => {
  if (request.header(CALLBACK_TOKEN_HEADER).length > 0) return 'Callback-Token came without a token.';
  return `${describeAuthorization(request.header('Authorization'))}. Send \`Authorization: Bearer TOKEN\`, or \`Callback-Token: TOKEN\` where Authorization carries something else.`;
};
