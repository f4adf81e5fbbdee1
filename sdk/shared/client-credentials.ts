import { CLIENT_ACCESS_TOKENS } from '../../lambda/contract/sdk-limits.ts';
import { readRetryAfter, retry } from './backoff.ts';
import { base64, base64url } from './base64.ts';
import type { Failure, Outcome } from './failure.ts';
import { isRetryableStatus, readJsonObject } from './http-answers.ts';
import { signJws } from './jws.ts';
import { readAddress } from './origin.ts';
import { type Platform, untilAborted } from './platform.ts';
import { type PrivateJwk, readSigner } from './private-key.ts';
import { send } from './request.ts';

/** A client of an OpenID provider. It proves itself by its key (`private_key_jwt`) or its secret (`client_secret_basic`). */
export type ClientCredentialsOptions = {
  /** `iss` of the provider: the audience of assertions. */
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly clientId: string;
  /**
   * Space-separated.
   * @default the provider decides
   */
  readonly scope?: string;
  /**
   * False if the environment accepts each access token only once: then every request gets its own.
   * @default true
   */
  readonly reuse?: boolean;
} & (
  | { readonly privateKey: PrivateJwk; readonly clientSecret?: never }
  | { readonly clientSecret: string; readonly privateKey?: never }
);

/** A request for an access token. */
export interface AccessTokenRequest {
  /** The token that the gateway has just refused. The answer must be another one. */
  readonly refused?: string;
  readonly signal?: AbortSignal;
}

/** Supplies access tokens. A function without parameters is one too: it is called for each request. */
export type AccessTokens = (request?: AccessTokenRequest) => Promise<string>;

/** Algorithms of assertions, the preferred one of each kind of key first. */
export const CLIENT_ASSERTION_ALGORITHMS = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256', 'PS512'] as const;

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

interface IssuedToken {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly renewAt: number;
}

/**
 * Gets access tokens by the client credentials grant (RFC 6749 §4.4). A token is kept until shortly before it expires, and
 * requests at the same time share one refresh.
 * @param toError makes the error of the package
 * @throws {TypeError} if the options are not valid
 */
export const createClientCredentials = (
  options: ClientCredentialsOptions,
  platform: Platform,
  toError: (failure: Failure) => Error,
): AccessTokens => {
  const { reuse = true } = options;
  const url = readAddress('tokenEndpoint', options.tokenEndpoint).href;
  const authenticate = authenticationOf(options, platform);
  const requestToken = () =>
    retry(async () => {
      const { form, headers } = await authenticate();
      const scope = options.scope === undefined ? {} : { scope: options.scope };
      return send(platform, {
        request: 'The request for an access token',
        url,
        init: {
          method: 'POST',
          headers: { accept: 'application/json', ...headers },
          body: new URLSearchParams({ grant_type: 'client_credentials', ...scope, ...form }),
        },
        read: (response) => readToken(response, platform.now()),
      });
    }, platform);

  let current: IssuedToken | undefined;
  let refresh: Promise<IssuedToken> | undefined;
  const renew = async (): Promise<IssuedToken> => {
    const outcome = await requestToken();
    if ('failure' in outcome) throw toError(outcome.failure);
    return outcome.value;
  };
  const renewOnce = (): Promise<IssuedToken> => {
    refresh ??= renew()
      .then((token) => {
        current = token;
        return token;
      })
      .finally(() => {
        refresh = undefined;
      });
    return refresh;
  };
  return async ({ refused, signal } = {}) => {
    signal?.throwIfAborted();
    if (!reuse) return (await untilAborted(renew(), signal)).value;
    if (current !== undefined && current.value !== refused && platform.now() < current.renewAt) return current.value;
    // The refresh is not aborted: other requests may wait for it too.
    return (await untilAborted(renewOnce(), signal)).value;
  };
};

/** Form members and headers with which a client proves itself at an endpoint of its provider. */
export interface Authentication {
  readonly form: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The proof of the client, new for each attempt: an assertion is accepted once. */
export const authenticationOf = (
  { clientId, clientSecret, issuer, privateKey }: ClientCredentialsOptions,
  { now }: Pick<Platform, 'now'>,
): (() => Promise<Authentication>) => {
  if (clientSecret !== undefined) {
    // RFC 6749 §2.3.1: both are form-encoded first.
    const credentials = [clientId, clientSecret].map((text) => new URLSearchParams({ '': text }).toString().slice(1));
    const authorization = `Basic ${base64(new TextEncoder().encode(credentials.join(':')))}`;
    return async () => ({ form: {}, headers: { authorization } });
  }
  const signer = readSigner(privateKey, CLIENT_ASSERTION_ALGORITHMS);
  const { kid } = privateKey;
  return async () => {
    const iat = Math.floor(now() / 1_000);
    const jti = base64url(crypto.getRandomValues(new Uint8Array(16)));
    const claims = {
      iss: clientId,
      sub: clientId,
      aud: issuer,
      jti,
      iat,
      exp: iat + CLIENT_ACCESS_TOKENS.assertionSeconds,
    };
    const assertion = await signJws(signer, { typ: 'JWT', ...(typeof kid === 'string' && { kid }) }, claims);
    return { form: { client_id: clientId, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion } };
  };
};

/** @param now milliseconds since 1970 */
const readToken = async (response: Response, now: number): Promise<Outcome<IssuedToken>> => {
  const { headers, status } = response;
  const answer = await readJsonObject(response);
  const retryable = isRetryableStatus(status);
  if (!response.ok) {
    const error = typeof answer?.error === 'string' && /^[\w.-]{1,64}$/.test(answer.error) ? ` ${answer.error}` : '';
    const retryAfter = readRetryAfter(headers.get('retry-after'), now);
    const remedy = retryable
      ? 'Try again later.'
      : 'Check issuer, tokenEndpoint, clientId, scope and the key or secret.';
    return {
      failure: {
        code: 'access_token_refused',
        message: `The identity provider gave no access token (${status}${error}). ${remedy}`,
        status,
        retryable,
        ...(retryAfter !== undefined && { retryAfter }),
      },
    };
  }
  const { access_token: value, expires_in: expiresIn, token_type: type } = answer ?? {};
  if (typeof value !== 'string' || (typeof type === 'string' && type.toLowerCase() !== 'bearer')) {
    return {
      failure: {
        code: 'answer_invalid',
        message: `The token endpoint answered ${status} without a bearer token. Check tokenEndpoint.`,
        status,
        retryable: false,
      },
    };
  }
  const { defaultLifetimeSeconds, renewBeforeSeconds } = CLIENT_ACCESS_TOKENS;
  const seconds = Number.isFinite(Number(expiresIn ?? Number.NaN)) ? Number(expiresIn) : defaultLifetimeSeconds;
  return { value: { value, renewAt: now + 1_000 * (seconds - Math.min(renewBeforeSeconds, seconds / 10)) } };
};
