import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { endCookie, readCookies, readShardedCookie, setCookie, setShardedCookie } from './cookies.ts';
import { createCookieEncryption } from './encrypted-cookie.ts';
import type { FixedResponse } from './fixed-response.ts';
import { errorResponse, redirectResponse } from './fixed-response.ts';
import type { LoadBalancerIdentity } from './identity.ts';
import { signUserAssertion } from './identity.ts';
import type { OidcConfig } from './listener.ts';
import type { ReceivedRequest } from './request.ts';

/** Path to which the provider redirects the user. The load balancer reserves it. */
export const CALLBACK_PATH = '/oauth2/idpresponse';

const NONCE_COOKIE = 'AWSALBAuthNonce';
/** A user has this long to sign in. */
const LOGIN_TIMEOUT_SECONDS = 900;
/** The browser keeps the session's cookie longer than the session lasts. */
const SESSION_COOKIE_SECONDS = 7 * 86_400;
const PROVIDER_TIMEOUT_MS = 10_000;

const State = v.object({ nonce: v.string(), returnTo: v.string(), expiresAt: v.number(), clientId: v.string() });
const Session = v.object({
  claims: v.looseObject({ sub: v.string() }),
  accessToken: v.string(),
  issuer: v.string(),
  clientId: v.string(),
  expiresAt: v.number(),
});
type Session = v.InferOutput<typeof Session>;
const TokenResponse = v.object({ access_token: v.string() });
const UserInfo = v.looseObject({ sub: v.string() });

/** Outcome of an action: headers for the target, or a response of the load balancer. */
export type Authentication =
  | { readonly headers: Readonly<Record<string, string>> }
  | { readonly answer: FixedResponse };

export interface OidcAuthenticator {
  /** Performs the action on a request of a rule that has it. */
  authenticate(request: ReceivedRequest, config: OidcConfig): Authentication;
  /** Answers a request of `CALLBACK_PATH`: completes a sign-in that one of these configurations began. */
  complete(request: ReceivedRequest, configs: readonly OidcConfig[]): Promise<FixedResponse>;
}

export interface OidcOptions {
  readonly origin: string;
  readonly loadBalancerArn: string;
  readonly identity: LoadBalancerIdentity;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/**
 * Performs the `authenticate-oidc` action: the authorization code flow, with the session in encrypted cookies.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
 */
export const createOidcAuthenticator = (options: OidcOptions): OidcAuthenticator => {
  const { origin, identity, loadBalancerArn, now = Date.now } = options;
  const cookieEncryption = createCookieEncryption(identity.cookieKey);
  const redirectUri = `${origin}${CALLBACK_PATH}`;

  /** A session that this configuration began, also where it has expired. */
  const readSession = (request: ReceivedRequest, config: OidcConfig): Session | undefined => {
    const cookie = readShardedCookie(readCookies(request), config.SessionCookieName);
    const session = v.safeParse(Session, cookieEncryption.decrypt(config.SessionCookieName, cookie));
    if (!session.success) return undefined;
    const { issuer, clientId } = session.output;
    return issuer === config.Issuer && clientId === config.ClientId ? session.output : undefined;
  };

  const signIn = (request: ReceivedRequest, config: OidcConfig): FixedResponse => {
    // A sign-in that began in another window goes on: both share the browser's one nonce.
    const nonce = readCookies(request).get(NONCE_COOKIE) || randomBytes(32).toString('base64url');
    const state: v.InferOutput<typeof State> = {
      nonce,
      returnTo: request.target,
      expiresAt: now() + LOGIN_TIMEOUT_SECONDS * 1000,
      clientId: config.ClientId,
    };
    const url = new URL(config.AuthorizationEndpoint);
    for (const [name, value] of Object.entries({
      ...config.AuthenticationRequestExtraParams,
      client_id: config.ClientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: config.Scope,
      state: cookieEncryption.encrypt(NONCE_COOKIE, state),
    })) {
      url.searchParams.set(name, value);
    }
    return redirectResponse(302, url.href, [setCookie(NONCE_COOKIE, nonce, LOGIN_TIMEOUT_SECONDS)]);
  };

  return {
    authenticate: (request, config) => {
      const session = readSession(request, config);
      if (session !== undefined && session.expiresAt > now()) {
        const { claims, issuer, clientId, accessToken } = session;
        return {
          headers: {
            'x-amzn-oidc-accesstoken': accessToken,
            'x-amzn-oidc-identity': claims.sub,
            'x-amzn-oidc-data': signUserAssertion(identity, { claims, issuer, clientId, loadBalancerArn }, now()),
          },
        };
      }
      switch (config.OnUnauthenticatedRequest) {
        case 'authenticate':
          return { answer: signIn(request, config) };
        case 'deny':
          // The load balancer knows the operator of an expired session, and sends him to sign in again.
          return { answer: session === undefined ? errorResponse(401) : signIn(request, config) };
        case 'allow':
          return { headers: {} };
      }
    },

    complete: async (request, configs) => {
      const parameters = new URLSearchParams(request.query);
      const state = v.safeParse(State, cookieEncryption.decrypt(NONCE_COOKIE, parameters.get('state') ?? ''));
      const config = configs.find(({ ClientId }) => state.success && ClientId === state.output.clientId);
      if (!state.success || config === undefined) return errorResponse(400);
      const { nonce, returnTo, expiresAt } = state.output;
      // The browser that returns must be the browser that was redirected (RFC 9700 §4.7).
      if (readCookies(request).get(NONCE_COOKIE) !== nonce || expiresAt <= now()) return errorResponse(401);
      const code = parameters.get('code');
      if (parameters.has('error') || !code) return errorResponse(561);
      const user = await exchangeCode(code, config, redirectUri);
      if (user === undefined) return errorResponse(561);
      const session: Session = {
        ...user,
        issuer: config.Issuer,
        clientId: config.ClientId,
        expiresAt: now() + config.SessionTimeout * 1000,
      };
      return redirectResponse(302, `${origin}${returnTo}`, [
        ...setShardedCookie(
          config.SessionCookieName,
          cookieEncryption.encrypt(config.SessionCookieName, session),
          SESSION_COOKIE_SECONDS,
        ),
        endCookie(NONCE_COOKIE),
      ]);
    },
  };
};

/** Code for access token, access token for claims; `undefined` if the provider refuses or does not answer. */
const exchangeCode = async (
  code: string,
  config: OidcConfig,
  redirectUri: string,
): Promise<Pick<Session, 'claims' | 'accessToken'> | undefined> => {
  const credentials = [config.ClientId, config.ClientSecret].map(encodeURIComponent).join(':');
  try {
    const answered = await fetch(config.TokenEndpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: redirectUri }),
      redirect: 'error',
      signal: AbortSignal.timeout(PROVIDER_TIMEOUT_MS),
    });
    if (!answered.ok) return undefined;
    const { access_token: accessToken } = v.parse(TokenResponse, await answered.json());
    const told = await fetch(config.UserInfoEndpoint, {
      headers: { authorization: `Bearer ${accessToken}` },
      redirect: 'error',
      signal: AbortSignal.timeout(PROVIDER_TIMEOUT_MS),
    });
    if (!told.ok) return undefined;
    return { claims: v.parse(UserInfo, await told.json()), accessToken };
  } catch {
    return undefined;
  }
};
