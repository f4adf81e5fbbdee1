import { CLIENT_ACCESS_TOKENS } from '../../lambda/contract/sdk-limits.ts';
import { type Authentication, authenticationOf } from '../../sdk/shared/client-credentials.ts';
import type { PrivateJwk } from '../../sdk/shared/private-key.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { oneLine } from '../io.ts';
import type { Provider } from './discovery.ts';
import { fetchJson, type JsonAnswer } from './fetch-json.ts';

/** A client of a provider: with a key, with a secret, or a public one, which has neither (RFC 6749 §2.1). */
export interface Client {
  readonly clientId: string;
  readonly privateKey?: PrivateJwk;
  readonly clientSecret?: string;
  /** True if the provider takes the secret in the form only (`client_secret_post`). */
  readonly isSecretInForm?: boolean;
}

/** Tokens as a provider issued them. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly scopes: readonly string[];
}

/** The provider gave no token (RFC 6749 §5.2). */
export interface TokenRefusal {
  readonly error: string;
  /** For people. */
  readonly message: string;
}

export type TokenOutcome = { readonly tokens: IssuedTokens } | { readonly refusal: TokenRefusal };

type Surroundings = Pick<Context, 'fetch' | 'now' | 'signal'>;

/**
 * Asks the token endpoint for tokens.
 * @param form parameters of the grant
 * @param requested scopes of the tokens if neither the answer nor the token says them (RFC 6749 §5.1)
 * @throws {CommandError} `unavailable` without an answer or with one that may be another later, `failed` with an answer that is
 *   none of a token endpoint
 */
export const requestTokens = async (
  context: Surroundings,
  provider: Pick<Provider, 'issuer' | 'tokenEndpoint'>,
  client: Client,
  form: Readonly<Record<string, string>>,
  requested: readonly string[] = scopesOf(form.scope) ?? [],
): Promise<TokenOutcome> => {
  const answer = await postForm(
    context,
    'The request for a token',
    provider.tokenEndpoint,
    provider.issuer,
    client,
    form,
  );
  const refusal = refusalOf(answer, 'token_endpoint');
  if (refusal !== undefined) return { refusal };
  return { tokens: readTokens(answer, requested, context.now()) };
};

/** Posts a form with the client's proof. */
export const postForm = async (
  context: Surroundings,
  request: string,
  url: string,
  issuer: string,
  client: Client,
  form: Readonly<Record<string, string>>,
): Promise<JsonAnswer> => {
  const proof = await proofOf(client, issuer, context.now);
  return fetchJson(context, request, url, {
    method: 'POST',
    headers: { ...proof.headers },
    body: new URLSearchParams({ ...form, ...proof.form }),
  });
};

const proofOf = async (client: Client, issuer: string, now: () => number): Promise<Authentication> => {
  const { clientId, clientSecret, isSecretInForm, privateKey } = client;
  if (clientSecret !== undefined && isSecretInForm) {
    return { form: { client_id: clientId, client_secret: clientSecret } };
  }
  // Of a provider only the issuer matters here: it is the audience of an assertion.
  const place = { issuer, tokenEndpoint: issuer, clientId };
  if (clientSecret !== undefined) return authenticationOf({ ...place, clientSecret }, { now })();
  if (privateKey !== undefined) return authenticationOf({ ...place, privateKey }, { now })();
  return { form: { client_id: clientId } };
};

/**
 * Reads the refusal of an endpoint of OAuth.
 * @returns undefined if it did not refuse
 * @throws {CommandError} if the answer is not that of a token endpoint, or may change later
 */
export const refusalOf = ({ json, status }: JsonAnswer, endpoint: string): TokenRefusal | undefined => {
  if (status === 429 || status >= 500) {
    throw new CommandError('unavailable', `The provider answered ${status} at its ${endpoint}.`, 'Try again later.');
  }
  if (status >= 200 && status < 300) return undefined;
  const { error, error_description: description } = json ?? {};
  if (typeof error !== 'string') {
    throw new CommandError('failed', `The provider answered ${status} without an error code at its ${endpoint}.`);
  }
  const words = typeof description === 'string' ? `: ${oneLine(description).slice(0, 300)}` : '';
  return { error, message: `The provider says ${oneLine(error).slice(0, 64)}${words}.`.replace(/\.\.$/, '.') };
};

const readTokens = ({ json }: JsonAnswer, requested: readonly string[], now: number): IssuedTokens => {
  const {
    access_token: accessToken,
    refresh_token: refreshToken,
    expires_in: lifetime,
    scope,
    token_type: type,
  } = json ?? {};
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]+$/.test(accessToken) || !/^bearer$/i.test(String(type))) {
    throw new CommandError('failed', 'The provider answered without a bearer token at its token_endpoint.');
  }
  const claims = readClaims(accessToken);
  const seconds = Number(lifetime ?? Number.NaN);
  const { defaultLifetimeSeconds } = CLIENT_ACCESS_TOKENS;
  return {
    accessToken,
    ...(typeof refreshToken === 'string' && { refreshToken }),
    expiresAt: Number.isFinite(seconds)
      ? now + seconds * 1_000
      : typeof claims.exp === 'number'
        ? claims.exp * 1_000
        : now + defaultLifetimeSeconds * 1_000,
    // RFC 6749 §5.1: absent if all that was requested is granted. Some providers grant less and say it in the token alone.
    scopes: scopesOf(scope) ?? scopesOf(claims.scope) ?? scopesOf(claims.scp) ?? requested,
  };
};

const scopesOf = (value: unknown): readonly string[] | undefined => {
  if (typeof value === 'string') return value.split(' ').filter((name) => name !== '');
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : undefined;
};

/** Claims of a token that is a JWT, unverified, otherwise none. */
export const readClaims = (token: string): Readonly<Record<string, unknown>> => readPart(token, 1);

/** Header of a token that is a JWT, otherwise nothing. */
export const readHeader = (token: string): Readonly<Record<string, unknown>> => readPart(token, 0);

const readPart = (token: string, part: 0 | 1): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
};
