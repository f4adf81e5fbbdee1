import type { ProcessorDispatchView } from '@postern/client/operator';
import { defineCommand } from '../../command.ts';
import { showTime } from '../../durations.ts';
import type { Column } from '../../io.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { EXITS_OF_LIST } from './shared-options.ts';

export const OPERATOR_DISPATCH_LIST_COMMAND = defineCommand({
  name: 'operator dispatch list',
  summary: 'Lists the processors that Postern sends work to: what waits, what failed, breaker and pause',
  options: {},
  examples: ['postern operator dispatch list'],
  exits: EXITS_OF_LIST,
  run: async (context) => {
    const { io, now, signal } = context;
    const { dispatch } = await operatorOf(context);
    await io.printList<ProcessorDispatchView>({
      name: 'processors',
      items: await dispatch.list({ signal }),
      columns: dispatchColumns(now()),
      none: 'Postern sends work to no processor of the environment.',
    });
    return 'ok';
  },
});

/** The state of sending to each processor, in one line. */
export const dispatchColumns = (now: number): readonly Column<ProcessorDispatchView>[] => [
  { title: 'PROCESSOR', value: ({ processor }) => processor },
  { title: 'QUEUED', value: ({ queued }) => queued },
  { title: 'OLDEST', value: ({ oldestAt }) => oldestAt && showTime(oldestAt, now) },
  { title: 'FAILED', value: ({ failed }) => failed },
  {
    title: 'LAST HOUR',
    value: ({ lastHour: { accepted, failed, retried } }) =>
      `${accepted} accepted, ${retried} retried, ${failed} failed`,
  },
  { title: 'BREAKER', value: ({ breaker, paused }) => (paused === undefined ? breaker : '-') },
  {
    title: 'PAUSED BY',
    value: ({ paused }) => paused && (paused.by === 'postern' ? 'postern' : paused.by.sub),
  },
  { title: 'WHY', value: ({ paused }) => paused?.reason },
  { title: 'NEXT ATTEMPT', value: ({ nextAttemptAt }) => nextAttemptAt && showTime(nextAttemptAt, now) },
  { title: 'REVISION', value: ({ revision }) => revision },
];
