import type { ConsoleAction } from '../../../shared/console/action.ts';
import type { Visit } from '../../../shared/console/visit.ts';
import type { HttpRequest } from '../../../shared/http/message.ts';
import type { Match } from '../../../shared/http/router.ts';
import type { OperatorServices } from '../../../shared/operator/operator-services.ts';
import { dispatchAllAction, pauseAction, sendingOf } from './dispatch-actions.ts';
import { abortAction, redriveAction, retireAction, revokeAllAction } from './other-actions.ts';
import { payloadAction } from './payload-action.ts';
import { taskAction } from './task-actions.ts';

/** An action with any fields of its form. */
// biome-ignore lint/suspicious/noExplicitAny: the fields are read and used by the same action.
export type AnyAction = ConsoleAction<any>;

/** The letter that a redrive is about: the query parameter `id`. Any text that is no letter is refused as unknown. */
const letterOf = ({ query }: HttpRequest): string | undefined => query.find(([name]) => name === 'id')?.[1];

/** Returns the action of a route: of its page and of its form. Undefined for a route without an action. */
export const findAction = (
  { name, params }: Match,
  { request }: Visit,
  services: Omit<OperatorServices, 'overview'>,
): AnyAction | undefined => {
  const { id: quarantineId = '', taskId = '' } = params;
  switch (name) {
    case 'consoleConfirmCancel':
    case 'consoleCancel':
      return taskAction('cancel', { taskId }, services);
    case 'consoleConfirmRevoke':
    case 'consoleRevoke':
      return taskAction('revoke', { taskId }, services);
    case 'consoleConfirmReopen':
    case 'consoleReopen':
      return taskAction('reopen', { taskId }, services);
    case 'consoleConfirmSendAgain':
    case 'consoleSendAgain':
      return taskAction('dispatch', { taskId }, services);
    case 'consoleConfirmAccept':
    case 'consoleAccept':
      return taskAction('accept', { taskId, quarantineId }, services);
    case 'consoleConfirmDiscard':
    case 'consoleDiscard':
      return taskAction('discard', { taskId, quarantineId }, services);
    case 'consoleConfirmReveal':
      return payloadAction({ taskId, of: params.of ?? '' }, services);
    case 'consoleConfirmRevokeAll':
    case 'consoleRevokeAll':
      return revokeAllAction(params.id ?? '', services);
    case 'consoleConfirmDispatchAll':
    case 'consoleDispatchAll':
      return dispatchAllAction(params.id ?? '', sendingOf(request.query), services);
    case 'consoleConfirmPause':
    case 'consolePause':
      return pauseAction('pause', params.id ?? '', services);
    case 'consoleConfirmResume':
    case 'consoleResume':
      return pauseAction('resume', params.id ?? '', services);
    case 'consoleConfirmAbort':
    case 'consoleAbort':
      return abortAction(params.id ?? '', services);
    case 'consoleConfirmRedrive':
    case 'consoleRedrive':
      return redriveAction(params.queue ?? '', letterOf(request), services);
    case 'consoleConfirmRetire':
    case 'consoleRetire':
      return retireAction(params.kid ?? '', services);
    default:
      return undefined;
  }
};
