import { MAX_FORM_BYTES } from './operator-limits.ts';
import { CONSOLE_BASE_PATH, type Route } from './route.ts';

const consolePage = (path: string) =>
  ({
    method: 'GET',
    path: `${CONSOLE_BASE_PATH}${path}`,
    function: 'console',
    access: { kind: 'operator', isPage: true },
  }) as const satisfies Route;

const consoleForm = (path: string, name: 'console' | 'reveal-payload' = 'console') =>
  ({
    method: 'POST',
    path: `${CONSOLE_BASE_PATH}${path}`,
    function: name,
    access: { kind: 'operator', isPage: true },
    bodyLimit: MAX_FORM_BYTES,
  }) as const satisfies Route;

const consoleFile = (path: string) =>
  ({
    method: 'GET',
    path: `${CONSOLE_BASE_PATH}${path}`,
    function: 'console',
    access: { kind: 'operator', isPage: false },
  }) as const satisfies Route;

/**
 * Pages for people, and their forms and files. The API description does not have them. A page of an action (`consoleConfirmCancel`) says what will happen, and its form
 * (`consoleCancel`) does it. Problem pages and pages without a session have the public style sheet and icon.
 */
export const PAGE_ROUTES = {
  pageStyle: {
    method: 'GET',
    path: '/problems/style.css',
    function: 'metadata',
    access: { kind: 'public' },
  },
  pageIcon: {
    method: 'GET',
    path: '/problems/icon.svg',
    function: 'metadata',
    access: { kind: 'public' },
  },
  consoleTasks: consolePage('/tasks'),
  consoleTask: consolePage('/tasks/{taskId}'),
  consoleQuarantine: consolePage('/quarantine'),
  consoleReplays: consolePage('/replays'),
  consoleProcessors: consolePage('/processors'),
  consoleProcessor: consolePage('/processors/{id}'),
  consoleDispatch: consolePage('/dispatch'),
  consoleJob: consolePage('/jobs/{id}'),
  consoleDeadLetters: consolePage('/dead-letters'),
  consoleKeys: consolePage('/keys'),
  consoleAudit: consolePage('/audit'),
  consoleFind: consolePage('/find'),
  consoleConfirmCancel: consolePage('/tasks/{taskId}/cancel'),
  consoleCancel: consoleForm('/tasks/{taskId}/cancel'),
  consoleConfirmRevoke: consolePage('/tasks/{taskId}/revoke'),
  consoleRevoke: consoleForm('/tasks/{taskId}/revoke'),
  consoleConfirmReopen: consolePage('/tasks/{taskId}/reopen'),
  consoleReopen: consoleForm('/tasks/{taskId}/reopen'),
  consoleConfirmSendAgain: consolePage('/tasks/{taskId}/dispatch'),
  consoleSendAgain: consoleForm('/tasks/{taskId}/dispatch'),
  consoleConfirmAccept: consolePage('/tasks/{taskId}/quarantine/{id}/accept'),
  consoleAccept: consoleForm('/tasks/{taskId}/quarantine/{id}/accept'),
  consoleConfirmDiscard: consolePage('/tasks/{taskId}/quarantine/{id}/discard'),
  consoleDiscard: consoleForm('/tasks/{taskId}/quarantine/{id}/discard'),
  consoleConfirmReveal: consolePage('/tasks/{taskId}/payload/{of}'),
  consoleReveal: consoleForm('/tasks/{taskId}/payload/{of}', 'reveal-payload'),
  consoleConfirmRevokeAll: consolePage('/processors/{id}/revoke'),
  consoleRevokeAll: consoleForm('/processors/{id}/revoke'),
  consoleConfirmDispatchAll: consolePage('/processors/{id}/dispatch'),
  consoleDispatchAll: consoleForm('/processors/{id}/dispatch'),
  consoleConfirmPause: consolePage('/processors/{id}/pause'),
  consolePause: consoleForm('/processors/{id}/pause'),
  consoleConfirmResume: consolePage('/processors/{id}/resume'),
  consoleResume: consoleForm('/processors/{id}/resume'),
  consoleConfirmAbort: consolePage('/jobs/{id}/abort'),
  consoleAbort: consoleForm('/jobs/{id}/abort'),
  consoleConfirmRedrive: consolePage('/dead-letters/{queue}/redrive'),
  consoleRedrive: consoleForm('/dead-letters/{queue}/redrive'),
  consoleConfirmRetire: consolePage('/keys/{kid}/retire'),
  consoleRetire: consoleForm('/keys/{kid}/retire'),
  consoleStyle: consoleFile('/style.css'),
  consoleScript: consoleFile('/script.js'),
} as const satisfies Record<string, Route>;
