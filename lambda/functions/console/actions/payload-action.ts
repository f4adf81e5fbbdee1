import type { OperatorTaskView } from '../../../contract/operator-api.ts';
import { cannotReveal, type PayloadOf, revealAction } from '../../../shared/console/reveal-action.ts';
import type { OperatorServices } from '../../../shared/operator/operator-services.ts';
import { isRefusal, type Refusal, refuse } from '../../../shared/refusal.ts';

/** The page before a payload is shown. Its form goes to the function `reveal-payload`. */
export const payloadAction = (payload: PayloadOf, { tasks }: Pick<OperatorServices, 'tasks'>) =>
  revealAction(
    payload,
    async () => {
      const view = await tasks.read(payload.taskId);
      return isRefusal(view) ? view : { state: view.status, refusal: refusalOf(view, payload.of) };
    },
    cannotReveal,
  );

const refusalOf = (view: OperatorTaskView, of: string): Refusal | undefined => {
  if (of === 'result' || of === 'failure') {
    return view[of] === undefined ? refuse('result_unavailable', `the task has no ${of}`) : undefined;
  }
  return view.quarantine.some(({ id }) => id === of)
    ? undefined
    : refuse('quarantine_unknown', 'no such delivery in quarantine');
};
