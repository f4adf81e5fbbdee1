import type { QuarantinePage } from '@postern/client/operator';
import { defineCommand } from '../../command.ts';
import { firstOf, readLimit } from '../../list-options.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { EVIDENCE_OPTIONS, readOrder } from './evidence-options.ts';
import { EXITS_OF_LIST } from './shared-options.ts';
import { quarantineColumns } from './show-operator-task.ts';

export const OPERATOR_QUARANTINE_LIST_COMMAND = defineCommand({
  name: 'operator quarantine list',
  summary: 'Lists the deliveries in quarantine of all applications',
  options: EVIDENCE_OPTIONS,
  examples: ['postern operator quarantine list --order oldest'],
  exits: EXITS_OF_LIST,
  run: async (context, { options: { limit, order } }) => {
    const { io, now, signal } = context;
    const most = readLimit(limit);
    const { quarantine } = await operatorOf(context);
    await io.printList<QuarantinePage['quarantine'][number]>({
      name: 'quarantine',
      items: firstOf(quarantine.list({ order: readOrder(order) }, { signal }), most),
      columns: [
        { title: 'TASK', value: ({ taskId }) => taskId },
        { title: 'APPLICATION', value: ({ application }) => application },
        { title: 'PROCESSOR', value: ({ processor }) => processor },
        ...quarantineColumns(now()),
      ],
      none: 'No delivery is in quarantine.',
    });
    return 'ok';
  },
});
