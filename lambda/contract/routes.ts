import type { Capability } from './capabilities.ts';
import { CAPABILITIES } from './capabilities.ts';
import type { OperatorScope, SenderScope } from './claims.ts';
import {
  MAX_BODY_BYTES,
  MAX_FORM_BYTES,
  MAX_HANDSHAKE_BODY_BYTES,
  MAX_OPERATOR_BODY_BYTES,
  MAX_SENDER_BODY_BYTES,
} from './limits.ts';

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

const callbackRoute = (capability: Capability) =>
  ({
    method: 'POST',
    path: `${CAPABILITIES[capability].basePath}/{taskId}`,
    function: 'receive',
    access: { kind: 'callback', capability },
    bodyLimit: MAX_BODY_BYTES,
  }) as const satisfies Route;

const callbackRouteByPath = (capability: Capability) => {
  const route = callbackRoute(capability);
  return { ...route, path: `${route.path}/{token}` } satisfies Route;
};

/** The load balancer forwards all paths below this one to the function `operator-api`, except those of other functions. */
export const OPERATOR_BASE_PATH = '/v1/operator';

const operatorRead = (path: string) =>
  ({
    method: 'GET',
    path: `${OPERATOR_BASE_PATH}${path}`,
    function: 'operator-api',
    access: { kind: 'operator-api', scope: 'operator_read' },
  }) as const satisfies Route;

const operatorWrite = (path: string, name: 'operator-api' | 'reveal-payload' = 'operator-api') =>
  ({
    method: 'POST',
    path: `${OPERATOR_BASE_PATH}${path}`,
    function: name,
    access: { kind: 'operator-api', scope: 'operator_write' },
    bodyLimit: MAX_OPERATOR_BODY_BYTES,
  }) as const satisfies Route;

/** Every route of the gateway. Listener rules, routers, `Allow` and the API description are made from this table. */
export const ROUTES = {
  openTask: {
    method: 'POST',
    path: '/v1/tasks',
    function: 'create-task',
    access: { kind: 'sender', scope: 'task_write' },
    bodyLimit: MAX_SENDER_BODY_BYTES,
  },
  listTasks: {
    method: 'GET',
    path: '/v1/tasks',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_read' },
  },
  getTask: {
    method: 'GET',
    path: '/v1/tasks/{taskId}',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_read' },
  },
  getTaskResult: {
    method: 'GET',
    path: '/v1/tasks/{taskId}/result',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_read' },
  },
  getTaskFailure: {
    method: 'GET',
    path: '/v1/tasks/{taskId}/failure',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_read' },
  },
  cancelTask: {
    method: 'DELETE',
    path: '/v1/tasks/{taskId}',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_write' },
  },
  reissueCallbacks: {
    method: 'POST',
    path: '/v1/tasks/{taskId}/callbacks',
    function: 'create-task',
    access: { kind: 'sender', scope: 'task_write' },
    bodyLimit: MAX_SENDER_BODY_BYTES,
  },
  reopenTask: {
    method: 'POST',
    path: '/v1/tasks/{taskId}/reopen',
    function: 'create-task',
    access: { kind: 'sender', scope: 'task_write' },
    bodyLimit: MAX_SENDER_BODY_BYTES,
  },
  listQuarantine: {
    method: 'GET',
    path: '/v1/tasks/{taskId}/quarantine',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_read' },
  },
  acceptQuarantined: {
    method: 'POST',
    path: '/v1/tasks/{taskId}/quarantine/{id}/accept',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_write' },
    bodyLimit: MAX_SENDER_BODY_BYTES,
  },
  discardQuarantined: {
    method: 'DELETE',
    path: '/v1/tasks/{taskId}/quarantine/{id}',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_write' },
  },
  deliverResult: callbackRoute('result'),
  deliverResultByPath: callbackRouteByPath('result'),
  deliverFailure: callbackRoute('failure'),
  deliverFailureByPath: callbackRouteByPath('failure'),
  reportProgress: callbackRoute('progress'),
  reportProgressByPath: callbackRouteByPath('progress'),
  offerUpload: callbackRoute('upload'),
  offerUploadByPath: callbackRouteByPath('upload'),
  callbackByCode: {
    method: 'POST',
    path: '/c/{code}',
    function: 'receive',
    access: { kind: 'code' },
    bodyLimit: MAX_BODY_BYTES,
  },
  handshake: {
    method: 'GET',
    path: '/v1/handshake',
    function: 'handshake',
    access: { kind: 'handshake' },
  },
  confirmHandshake: {
    method: 'POST',
    path: '/v1/handshake/confirm',
    function: 'handshake',
    access: { kind: 'handshake' },
    bodyLimit: MAX_HANDSHAKE_BODY_BYTES,
  },
  jwks: {
    method: 'GET',
    path: '/.well-known/jwks.json',
    function: 'metadata',
    access: { kind: 'public' },
  },
  apiDescription: {
    method: 'GET',
    path: '/openapi.json',
    function: 'metadata',
    access: { kind: 'public' },
  },
  problem: {
    method: 'GET',
    path: '/problems/{code}',
    function: 'metadata',
    access: { kind: 'public' },
  },
  health: {
    method: 'GET',
    path: '/healthz',
    function: 'metadata',
    access: { kind: 'public' },
  },
  console: {
    method: 'GET',
    path: '/console',
    function: 'console',
    access: { kind: 'operator', isPage: true },
  },
  consoleStyle: {
    method: 'GET',
    path: '/console/style.css',
    function: 'console',
    access: { kind: 'operator', isPage: false },
  },
  consoleSignOut: {
    method: 'POST',
    path: '/console/sign-out',
    function: 'console',
    access: { kind: 'operator', isPage: false },
    bodyLimit: MAX_FORM_BYTES,
  },
  operatorListTasks: operatorRead('/tasks'),
  operatorGetTask: operatorRead('/tasks/{taskId}'),
  operatorCancelTask: operatorWrite('/tasks/{taskId}/cancel'),
  operatorRevokeCallbacks: operatorWrite('/tasks/{taskId}/revoke'),
  operatorReopenTask: operatorWrite('/tasks/{taskId}/reopen'),
  operatorAcceptQuarantined: operatorWrite('/tasks/{taskId}/quarantine/{id}/accept'),
  operatorDiscardQuarantined: operatorWrite('/tasks/{taskId}/quarantine/{id}/discard'),
  operatorRevealPayload: operatorWrite('/tasks/{taskId}/payload', 'reveal-payload'),
  operatorListQuarantine: operatorRead('/quarantine'),
  operatorListReplays: operatorRead('/replays'),
  operatorListProcessors: operatorRead('/processors'),
  operatorGetProcessor: operatorRead('/processors/{id}'),
  operatorRevokeAll: operatorWrite('/processors/{id}/revoke'),
  operatorGetJob: operatorRead('/jobs/{id}'),
  operatorAbortJob: operatorWrite('/jobs/{id}/abort'),
  operatorListDeadLetters: operatorRead('/dead-letters'),
  operatorRedrive: operatorWrite('/dead-letters/{queue}/redrive'),
  operatorListKeys: operatorRead('/keys'),
  operatorRetireKey: operatorWrite('/keys/{kid}/retire'),
  operatorListAudit: operatorRead('/audit'),
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

/** The load balancer forwards all paths below this one to the function `console`, which returns 404 for unknown ones. */
export const CONSOLE_BASE_PATH = '/console';
