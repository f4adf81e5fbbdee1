import type { QuarantinePage } from '@postern/client/operator';
import { defineCommand } from '../../command.ts';
import { partOf, readPart } from '../../list-options.ts';
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
  run: async (context, { options }) => {
    const { io, now, signal } = context;
    const part = readPart(options);
    const order = readOrder(options.order);
    const { quarantine } = await operatorOf(context);
    const items = partOf(
      part,
      (page) => quarantine.list({ order, ...page }, { signal }),
      (page) => page.quarantine,
    );
    await io.printList<QuarantinePage['quarantine'][number]>({
      name: 'quarantine',
      items,
      nextCursor: items.nextCursor,
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
