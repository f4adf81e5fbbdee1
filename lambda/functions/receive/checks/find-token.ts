import type { Carrier } from '../../../contract/carriers.ts';
import type { HttpRequest } from '../../../shared/http/message.ts';
import { type Refusal, refuse } from '../../../shared/refusal.ts';

/** Header for the token where `Authorization` carries something else. */
const CALLBACK_TOKEN_HEADER = 'Callback-Token';

/** A token, or a short code that stands for one, as it was found, and what `Authorization` carried. */
export interface FoundToken {
  readonly token: string;
  readonly carrier: Carrier;
  /** The token is the value of `Callback-Token`. */
  readonly inHeaderOfItsOwn: boolean;
  /** Scheme of `Authorization` where it is one that carries tokens, in lower case. */
  readonly scheme?: string;
}

/** Schemes that carry a token, in any case (RFC 9110 §11.1). Any other `Authorization` is ignored and never logged. */
const TOKEN_SCHEME = /^(bearer|dpop)(?:[ \t]+(.*))?$/is;

/** Neither blanks nor commas stand inside a token: with one, the header holds two values. */
const holdsTwoValues = (value: string): boolean => /[\s,]/.test(value);

/**
 * The first half of step 2: the token, present once and in one place (RFC 6750 §2). It is never looked for in a query,
 * a cookie or a body.
 * @param segment the token or short code in the path, if the route has one
 */
export const findToken = (
  request: HttpRequest,
  segment: { readonly token?: string; readonly code?: string },
): FoundToken | Refusal => {
  const authorization = request.header('Authorization');
  const callbackToken = request.header(CALLBACK_TOKEN_HEADER);
  if (authorization.length > 1) return refuse('token_ambiguous', 'more than one Authorization');
  if (callbackToken.length > 1) return refuse('token_ambiguous', 'more than one Callback-Token');

  const [, scheme, credentials] = TOKEN_SCHEME.exec(authorization[0] ?? '') ?? [];
  const bearer = credentials?.trim() || undefined;
  const own = callbackToken[0]?.trim();
  if ([bearer, own].some((value) => value !== undefined && holdsTwoValues(value))) {
    return refuse('token_ambiguous', 'two values in one header');
  }
  const inPath = segment.token ?? segment.code;
  if (inPath !== undefined) {
    // A scheme without credentials is a second way of presenting all the same.
    if (own !== undefined || scheme !== undefined) return refuse('token_ambiguous', 'in the path and in a header');
    return { token: inPath, carrier: segment.code === undefined ? 'path' : 'short', inHeaderOfItsOwn: false };
  }
  const token = own ?? bearer;
  if (!token) return refuse('token_missing', 'no token in path or headers', { detail: whatCame(request) });
  return {
    token,
    carrier: 'header',
    inHeaderOfItsOwn: own !== undefined,
    ...(scheme !== undefined && { scheme: scheme.toLowerCase() }),
  };
};

/** Other schemes, by the names that their callers know. Any other word may be the token itself, and is not repeated. */
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

/** What `Authorization` carries, or what is wrong with it, for the caller: nothing of the credentials themselves. */
export const describeAuthorization = ([line = '']: readonly string[]): string => {
  const word = /^[^\s]+(?=\s|$)/.exec(line.trim())?.[0]?.toLowerCase();
  if (word === undefined) return 'Authorization did not come';
  if (word === 'bearer' || word === 'dpop') {
    const named = word === 'dpop' ? 'DPoP' : 'Bearer';
    return /\s/.test(line.trim())
      ? `Authorization came with the scheme ${named}`
      : `Authorization came with the scheme ${named} and no token`;
  }
  const scheme = OTHER_SCHEMES.find((name) => name.toLowerCase() === word);
  return scheme === undefined
    ? 'Authorization came without a scheme that carries a callback token'
    : `Authorization came with the scheme ${scheme}`;
};

const whatCame = (request: HttpRequest): string => {
  const own = request.header(CALLBACK_TOKEN_HEADER);
  if (own.length > 0) return 'Callback-Token came without a token.';
  return `${describeAuthorization(request.header('Authorization'))}. Send \`Authorization: Bearer TOKEN\`, or \`Callback-Token: TOKEN\` where Authorization carries something else.`;
};
