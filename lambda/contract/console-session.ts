/** How an identity provider names the URL that it sends a browser to after it has ended a session. */
export const RETURN_PARAMETERS = ['post_logout_redirect_uri', 'logout_uri'] as const;
export type ReturnParameter = (typeof RETURN_PARAMETERS)[number];
/** OpenID Connect RP-Initiated Logout 1.0. */
export const DEFAULT_RETURN_PARAMETER: ReturnParameter = 'post_logout_redirect_uri';

/** Where the identity provider ends a session. */
export interface EndSession {
  readonly endpoint: string;
  readonly returnParameter: ReturnParameter;
}

/**
 * The load balancer's cookie. It comes in pieces of 4 KB, `NAME-0` and so on; a session has 16 KB at most.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html#authentication-flow
 */
export const LOAD_BALANCER_COOKIE = { name: 'AWSELBAuthSessionCookie', pieces: 4 } as const;

/** The names of its pieces. */
export const LOAD_BALANCER_COOKIES: readonly string[] = Array.from(
  { length: LOAD_BALANCER_COOKIE.pieces },
  (_, piece) => `${LOAD_BALANCER_COOKIE.name}-${piece}`,
);

/** The console's own cookie. Over https it has a name that no other host and no page in clear can set. */
export const CONSOLE_COOKIE = { secure: '__Host-postern-console', inClear: 'postern-console' } as const;

/** Why a form of the console is refused: what `FormRefused` is counted by. */
export const FORM_FAULTS = ['site', 'origin', 'type', 'body', 'token', 'time'] as const;
export type FormFault = (typeof FORM_FAULTS)[number];
