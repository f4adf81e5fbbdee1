import type { ProcessorView } from '@postern/client/operator';
import { defineCommand } from '../../command.ts';
import { showTime } from '../../durations.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { EXITS_OF_LIST } from './shared-options.ts';

export const OPERATOR_PROCESSORS_LIST_COMMAND = defineCommand({
  name: 'operator processors list',
  summary: 'Lists the processors with their proofs, pending tasks and replays',
  options: {},
  examples: ['postern operator processors list'],
  exits: EXITS_OF_LIST,
  run: async (context) => {
    const { io, now, signal } = context;
    const { processors } = await operatorOf(context);
    await io.printList<ProcessorView>({
      name: 'processors',
      items: await processors.list({ signal }),
      columns: [
        { title: 'PROCESSOR', value: ({ id }) => id },
        { title: 'GRADE', value: ({ grade }) => grade },
        { title: 'PROOF', value: ({ proof }) => proof },
        { title: 'CARRIERS', value: ({ carriers }) => carriers.join(', ') },
        { title: 'PENDING', value: ({ pending }) => pending },
        { title: 'OLDEST', value: ({ oldestPendingAt }) => oldestPendingAt && showTime(oldestPendingAt, now()) },
        { title: 'EXPIRE IN 1 H', value: ({ expiringWithinHour }) => expiringWithinHour },
        { title: 'ACCEPTED 24 H', value: ({ accepted24h }) => accepted24h },
        { title: 'REPLAYS 24 H', value: ({ replays24h }) => replays24h },
      ],
      none: 'The environment has no processor.',
    });
    return 'ok';
  },
});
