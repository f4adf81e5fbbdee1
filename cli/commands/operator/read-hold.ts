import type { OperatorTaskView, PosternOperator } from '@postern/client/operator';

/**
 * Says why Postern makes no attempt to send the work of a task now; undefined if nothing holds it, or if no attempt can follow. The
 * person asked for the task: if the state of its processor cannot be read, the task is shown without it.
 */
export const readHold = async (
  operator: Pick<PosternOperator, 'dispatch'>,
  { dispatch, processor, status }: OperatorTaskView,
  signal: AbortSignal,
): Promise<string | undefined> => {
  if (dispatch === undefined || (status !== 'pending' && dispatch.state !== 'failed')) return undefined;
  const views = await operator.dispatch.list({ signal }).catch(() => []);
  const { breaker, nextAttemptAt, paused } = views.find((one) => one.processor === processor) ?? {};
  if (paused !== undefined) {
    const by = paused.by === 'postern' ? 'Postern itself' : paused.by.sub;
    return `${processor} is paused by ${by}: no attempt is made until it is resumed`;
  }
  if (breaker !== 'open') return undefined;
  // Without queued work no attempt is due, and the list does not say how long the breaker is open.
  return `the breaker of ${processor} is open: no attempt is made ${nextAttemptAt === undefined ? 'for a while' : `before ${nextAttemptAt}`}`;
};
