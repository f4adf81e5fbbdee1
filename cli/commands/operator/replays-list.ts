import type { ReplayView } from '@postern/client/operator';
import { defineCommand } from '../../command.ts';
import { showTime } from '../../durations.ts';
import { partOf, readPart } from '../../list-options.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { EVIDENCE_OPTIONS, readOrder } from './evidence-options.ts';
import { EXITS_OF_LIST } from './shared-options.ts';
import { short } from './show-operator-task.ts';

export const OPERATOR_REPLAYS_LIST_COMMAND = defineCommand({
  name: 'operator replays list',
  summary: 'Lists tasks whose callback was used again with another payload',
  options: EVIDENCE_OPTIONS,
  examples: ['postern operator replays list', 'postern operator replays list --limit 500 -o jsonl'],
  exits: EXITS_OF_LIST,
  run: async (context, { options }) => {
    const { io, now, signal } = context;
    const part = readPart(options);
    const order = readOrder(options.order);
    const { replays } = await operatorOf(context);
    const items = partOf(
      part,
      (page) => replays.list({ order, ...page }, { signal }),
      (page) => page.replays,
    );
    await io.printList<ReplayView>({
      name: 'replays',
      items,
      nextCursor: items.nextCursor,
      columns: [
        { title: 'TASK', value: ({ taskId }) => taskId },
        { title: 'APPLICATION', value: ({ application }) => application },
        { title: 'PROCESSOR', value: ({ processor }) => processor },
        { title: 'LAST', value: ({ at }) => showTime(at, now()) },
        { title: 'FROM', value: ({ from }) => from },
        { title: 'TIMES', value: ({ count }) => count },
        { title: 'FIRST SHA-256', value: ({ first }) => first && short(first.sha256) },
        { title: 'LAST SHA-256', value: ({ second }) => short(second.sha256) },
      ],
      none: 'There is no replay.',
    });
    return 'ok';
  },
});
