import type { ConsoleAction } from '../../../shared/console/action.ts';
import type { Visit } from '../../../shared/console/visit.ts';
import type { Match } from '../../../shared/http/router.ts';
import type { OperatorServices } from '../../../shared/operator/operator-services.ts';
import { payloadAction } from './payload-action.ts';
import { taskAction } from './task-actions.ts';

/** An action with any fields of its form. */
// biome-ignore lint/suspicious/noExplicitAny: the fields are read and used by the same action.
export type AnyAction = ConsoleAction<any>;

/** Returns the action of a route: of its page and of its form. Undefined for a route without an action. */
export const findAction = ({ name, params }: Match, _: Visit, services: OperatorServices): AnyAction | undefined => {
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
    case 'consoleConfirmAccept':
    case 'consoleAccept':
      return taskAction('accept', { taskId, quarantineId }, services);
    case 'consoleConfirmDiscard':
    case 'consoleDiscard':
      return taskAction('discard', { taskId, quarantineId }, services);
    case 'consoleConfirmReveal':
      return payloadAction({ taskId, of: params.of ?? '' }, services);
    default:
      return undefined;
  }
};
