import type { Capability } from './capabilities.ts';
import { CAPABILITIES } from './capabilities.ts';
import type { SenderScope } from './claims.ts';
import { MAX_BODY_BYTES, MAX_FORM_BYTES, MAX_HANDSHAKE_BODY_BYTES, MAX_SENDER_BODY_BYTES } from './limits.ts';

/** The functions that the load balancer forwards to. */
export const FRONT_FUNCTIONS = ['receive', 'create-task', 'tasks', 'metadata', 'console', 'handshake'] as const;
export type FrontFunction = (typeof FRONT_FUNCTIONS)[number];

export type Method = 'GET' | 'POST' | 'DELETE' | 'PUT';

/** Access to a route, and the layers that check it. */
export type Access =
  | { readonly kind: 'public' }
  /** The load balancer checks the access token (`jwt-validation`). The function checks it again, with scope and role. */
  | { readonly kind: 'sender'; readonly scope: SenderScope }
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
  /** One line for the API's description. */
  readonly summary: string;
}

const callbackRoute = (capability: Capability, summary: string) =>
  ({
    method: 'POST',
    path: `${CAPABILITIES[capability].basePath}/{taskId}`,
    function: 'receive',
    access: { kind: 'callback', capability },
    bodyLimit: MAX_BODY_BYTES,
    summary,
  }) as const satisfies Route;

const callbackRouteByPath = (capability: Capability, summary: string) => {
  const route = callbackRoute(capability, summary);
  return { ...route, path: `${route.path}/{token}`, summary: `${summary}, the token in the path` } satisfies Route;
};

/** Every route of the gateway. Listener rules, routers, `Allow` and the API description are made from this table. */
export const ROUTES = {
  openTask: {
    method: 'POST',
    path: '/v1/tasks',
    function: 'create-task',
    access: { kind: 'sender', scope: 'task_write' },
    bodyLimit: MAX_SENDER_BODY_BYTES,
    summary: 'Open a task and get its callback URLs',
  },
  listTasks: {
    method: 'GET',
    path: '/v1/tasks',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_read' },
    summary: 'List tasks, newest first',
  },
  getTask: {
    method: 'GET',
    path: '/v1/tasks/{taskId}',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_read' },
    summary: 'Read one task',
  },
  getTaskResult: {
    method: 'GET',
    path: '/v1/tasks/{taskId}/result',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_read' },
    summary: 'Read the bytes that the result route received',
  },
  getTaskFailure: {
    method: 'GET',
    path: '/v1/tasks/{taskId}/failure',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_read' },
    summary: 'Read the bytes that the failure route received',
  },
  cancelTask: {
    method: 'DELETE',
    path: '/v1/tasks/{taskId}',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_write' },
    summary: 'Cancel a task; its callback tokens stop working at once',
  },
  reissueCallbacks: {
    method: 'POST',
    path: '/v1/tasks/{taskId}/callbacks',
    function: 'create-task',
    access: { kind: 'sender', scope: 'task_write' },
    bodyLimit: MAX_SENDER_BODY_BYTES,
    summary: 'Issue new callback URLs; the earlier ones stop working',
  },
  reopenTask: {
    method: 'POST',
    path: '/v1/tasks/{taskId}/reopen',
    function: 'create-task',
    access: { kind: 'sender', scope: 'task_write' },
    bodyLimit: MAX_SENDER_BODY_BYTES,
    summary: 'Reopen a task after a wrong delivery, with new callback URLs',
  },
  listQuarantine: {
    method: 'GET',
    path: '/v1/tasks/{taskId}/quarantine',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_read' },
    summary: 'List the deliveries in the quarantine of a task',
  },
  acceptQuarantined: {
    method: 'POST',
    path: '/v1/tasks/{taskId}/quarantine/{id}/accept',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_write' },
    bodyLimit: MAX_SENDER_BODY_BYTES,
    summary: 'Accept a delivery in quarantine as the result or failure of an expired task',
  },
  discardQuarantined: {
    method: 'DELETE',
    path: '/v1/tasks/{taskId}/quarantine/{id}',
    function: 'tasks',
    access: { kind: 'sender', scope: 'task_write' },
    summary: 'Discard a delivery in quarantine',
  },
  deliverResult: callbackRoute('result', 'Deliver the result of a task'),
  deliverResultByPath: callbackRouteByPath('result', 'Deliver the result of a task'),
  deliverFailure: callbackRoute('failure', 'Say that a task failed'),
  deliverFailureByPath: callbackRouteByPath('failure', 'Say that a task failed'),
  reportProgress: callbackRoute('progress', 'Say how far a task is'),
  reportProgressByPath: callbackRouteByPath('progress', 'Say how far a task is'),
  offerUpload: callbackRoute('upload', 'Ask for a URL to upload a large result to'),
  offerUploadByPath: callbackRouteByPath('upload', 'Ask for a URL to upload a large result to'),
  callbackByCode: {
    method: 'POST',
    path: '/c/{code}',
    function: 'receive',
    access: { kind: 'code' },
    bodyLimit: MAX_BODY_BYTES,
    summary: 'Use a short callback URL',
  },
  handshake: {
    method: 'GET',
    path: '/v1/handshake',
    function: 'handshake',
    access: { kind: 'handshake' },
    summary: 'Prove who you are by a call to your address',
  },
  confirmHandshake: {
    method: 'POST',
    path: '/v1/handshake/confirm',
    function: 'handshake',
    access: { kind: 'handshake' },
    bodyLimit: MAX_HANDSHAKE_BODY_BYTES,
    summary: 'Confirm that a call came from the gateway',
  },
  jwks: {
    method: 'GET',
    path: '/.well-known/jwks.json',
    function: 'metadata',
    access: { kind: 'public' },
    summary: 'Public keys of callback tokens',
  },
  apiDescription: {
    method: 'GET',
    path: '/openapi.json',
    function: 'metadata',
    access: { kind: 'public' },
    summary: 'The API’s description',
  },
  problem: {
    method: 'GET',
    path: '/problems/{code}',
    function: 'metadata',
    access: { kind: 'public' },
    summary: 'What an error code means',
  },
  health: {
    method: 'GET',
    path: '/healthz',
    function: 'metadata',
    access: { kind: 'public' },
    summary: 'Check that the gateway answers',
  },
  console: {
    method: 'GET',
    path: '/console',
    function: 'console',
    access: { kind: 'operator', isPage: true },
    summary: 'The operator’s web console',
  },
  consoleStyle: {
    method: 'GET',
    path: '/console/style.css',
    function: 'console',
    access: { kind: 'operator', isPage: false },
    summary: 'The style sheet of the operator’s web console',
  },
  consoleSignOut: {
    method: 'POST',
    path: '/console/sign-out',
    function: 'console',
    access: { kind: 'operator', isPage: false },
    bodyLimit: MAX_FORM_BYTES,
    summary: 'End the operator’s session',
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

/** The load balancer forwards all paths below this one to the function `console`, which returns 404 for unknown ones. */
export const CONSOLE_BASE_PATH = '/console';
