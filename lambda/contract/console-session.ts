/** Names of the parameter with the URL that the identity provider sends the browser to after it has ended a session. */
export const RETURN_PARAMETERS = ['post_logout_redirect_uri', 'logout_uri'] as const;
export type ReturnParameter = (typeof RETURN_PARAMETERS)[number];
/** OpenID Connect RP-Initiated Logout 1.0. */
export const DEFAULT_RETURN_PARAMETER: ReturnParameter = 'post_logout_redirect_uri';

/** The end-session endpoint of the identity provider. */
export interface EndSession {
  readonly endpoint: string;
  readonly returnParameter: ReturnParameter;
}

/**
 * The load balancer's session cookie. It comes in pieces of 4 KB: `NAME-0`, `NAME-1` and so on. A session has at most 16 KB.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html#authentication-flow
 */
export const LOAD_BALANCER_COOKIE = { name: 'AWSELBAuthSessionCookie', pieces: 4 } as const;

/** Names of the pieces of the load balancer's cookie. */
export const LOAD_BALANCER_COOKIES: readonly string[] = Array.from(
  { length: LOAD_BALANCER_COOKIE.pieces },
  (_, piece) => `${LOAD_BALANCER_COOKIE.name}-${piece}`,
);

/** The console's own cookie. Over https, only this host can set a cookie of this name (prefix `__Host-`). */
export const CONSOLE_COOKIE = { secure: '__Host-postern-console', inClear: 'postern-console' } as const;

/** The cookie that says once what an action has done. */
export const NOTICE_COOKIE = { secure: '__Host-postern-done', inClear: 'postern-done' } as const;

/** Reasons to refuse a form of the console: the dimension of the metric `FormRefused`. */
export const FORM_FAULTS = ['site', 'origin', 'type', 'body', 'token', 'time'] as const;
export type FormFault = (typeof FORM_FAULTS)[number];
