import { CALLBACK_ROUTES } from './callback-routes.ts';
import { MAX_OPENING_BODY_BYTES } from './dispatch-limits.ts';
import { MAX_SENDER_BODY_BYTES } from './limits.ts';
import { MAX_FORM_BYTES, MAX_OPERATOR_BODY_BYTES } from './operator-limits.ts';
import { MAX_HANDSHAKE_BODY_BYTES } from './proof-limits.ts';
import { CONSOLE_BASE_PATH, type Route } from './route.ts';

/** The load balancer forwards all paths below this one to the function `operator-api`, except those of other functions. */
export const OPERATOR_BASE_PATH = '/v1/operator';

const operatorRead = <const P extends string>(path: P) =>
  ({
    method: 'GET',
    path: `${OPERATOR_BASE_PATH}${path}`,
    function: 'operator-api',
    access: { kind: 'operator-api', scope: 'operator_read' },
  }) as const satisfies Route;

const operatorWrite = <const P extends string>(path: P, name: 'operator-api' | 'reveal-payload' = 'operator-api') =>
  ({
    method: 'POST',
    path: `${OPERATOR_BASE_PATH}${path}`,
    function: name,
    access: { kind: 'operator-api', scope: 'operator_write' },
    bodyLimit: MAX_OPERATOR_BODY_BYTES,
  }) as const satisfies Route;

/** Routes of the API: those that its description has. Routers of functions without pages know only these. */
export const API_ROUTES = {
  openTask: {
    method: 'POST',
    path: '/v1/tasks',
    function: 'create-task',
    access: { kind: 'sender', scope: 'task_write' },
    bodyLimit: MAX_OPENING_BODY_BYTES,
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
    bodyLimit: MAX_OPENING_BODY_BYTES,
  },
  dispatchTask: {
    method: 'POST',
    path: '/v1/tasks/{taskId}/dispatch',
    function: 'create-task',
    access: { kind: 'sender', scope: 'task_write' },
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
  ...CALLBACK_ROUTES,
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
    path: CONSOLE_BASE_PATH,
    function: 'console',
    access: { kind: 'operator', isPage: true },
  },
  consoleSignOut: {
    method: 'POST',
    path: `${CONSOLE_BASE_PATH}/sign-out`,
    function: 'console',
    access: { kind: 'operator', isPage: false },
    bodyLimit: MAX_FORM_BYTES,
  },
  operatorListTasks: operatorRead('/tasks'),
  operatorGetTask: operatorRead('/tasks/{taskId}'),
  operatorCancelTask: operatorWrite('/tasks/{taskId}/cancel'),
  operatorRevokeCallbacks: operatorWrite('/tasks/{taskId}/revoke'),
  operatorReopenTask: operatorWrite('/tasks/{taskId}/reopen'),
  operatorDispatchTask: operatorWrite('/tasks/{taskId}/dispatch'),
  operatorAcceptQuarantined: operatorWrite('/tasks/{taskId}/quarantine/{id}/accept'),
  operatorDiscardQuarantined: operatorWrite('/tasks/{taskId}/quarantine/{id}/discard'),
  operatorRevealPayload: operatorWrite('/tasks/{taskId}/payload', 'reveal-payload'),
  operatorListQuarantine: operatorRead('/quarantine'),
  operatorListReplays: operatorRead('/replays'),
  operatorListProcessors: operatorRead('/processors'),
  operatorGetProcessor: operatorRead('/processors/{id}'),
  operatorRevokeAll: operatorWrite('/processors/{id}/revoke'),
  operatorDispatchAll: operatorWrite('/processors/{id}/dispatch'),
  operatorListDispatch: operatorRead('/dispatch'),
  operatorPauseProcessor: operatorWrite('/processors/{id}/pause'),
  operatorResumeProcessor: operatorWrite('/processors/{id}/resume'),
  operatorGetJob: operatorRead('/jobs/{id}'),
  operatorAbortJob: operatorWrite('/jobs/{id}/abort'),
  operatorListDeadLetters: operatorRead('/dead-letters'),
  operatorRedrive: operatorWrite('/dead-letters/{queue}/redrive'),
  operatorListKeys: operatorRead('/keys'),
  operatorRetireKey: operatorWrite('/keys/{kid}/retire'),
  operatorListAudit: operatorRead('/audit'),
} as const satisfies Record<string, Route>;
