import type { Capability } from './capabilities.ts';
import type { OperatorScope, SenderScope } from './claims.ts';

/** The functions that the load balancer forwards to. */
export const FRONT_FUNCTIONS = [
  'receive',
  'create-task',
  'tasks',
  'metadata',
  'console',
  'handshake',
  'operator-api',
  'reveal-payload',
] as const;
export type FrontFunction = (typeof FRONT_FUNCTIONS)[number];

/** The load balancer forwards all paths below this one to the function `console`, which returns 404 for unknown ones. */
export const CONSOLE_BASE_PATH = '/console';

export type Method = 'GET' | 'POST' | 'DELETE' | 'PUT';

/** Access to a route, and the layers that check it. */
export type Access =
  | { readonly kind: 'public' }
  /** The load balancer checks the access token (`jwt-validation`). The function checks it again, with scope and role. */
  | { readonly kind: 'sender'; readonly scope: SenderScope }
  /**
   * The load balancer checks the access token (`jwt-validation`). The function checks it again, with scope and the roles of
   * operators.
   */
  | { readonly kind: 'operator-api'; readonly scope: OperatorScope }
  /** The function checks the callback token. */
  | { readonly kind: 'callback'; readonly capability: Capability }
  /** The function looks up the short code and checks the claims that it stands for. */
  | { readonly kind: 'code' }
  /** The function calls the caller back, or is called back with a hash that can be used once. */
  | { readonly kind: 'handshake' }
  /**
   * The load balancer requires an operator's session (`authenticate-oidc`). The function checks its assertion and the role.
   * Without a session, a request for a page is redirected to sign in. Other requests are refused, because a person could
   * not sign in there.
   */
  | { readonly kind: 'operator'; readonly isPage: boolean };

export interface Route {
  readonly method: Method;
  /** Path with `{name}` for a segment. Paths are compared as sent: only a token segment matches a percent sign. */
  readonly path: string;
  readonly function: FrontFunction;
  readonly access: Access;
  /** Largest body in bytes. Absent: the route reads no body. */
  readonly bodyLimit?: number;
}
