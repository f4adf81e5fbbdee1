import type { DeadLetterQueueView } from '@postern/client/operator';
import { defineCommand } from '../../command.ts';
import { showTime } from '../../durations.ts';
import { toTable } from '../../io.ts';
import type { Settings } from '../../settings/settings.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { suggestCommand } from '../../suggest-command.ts';
import { EXITS_OF_LIST } from './shared-options.ts';

export const OPERATOR_DEAD_LETTERS_LIST_COMMAND = defineCommand({
  name: 'operator dead-letters list',
  summary: 'Lists work that failed for good, by the function that should do it',
  options: {},
  examples: ['postern operator dead-letters list'],
  exits: EXITS_OF_LIST,
  run: async (context) => {
    const { io, now, settings, signal } = context;
    const { deadLetters } = await operatorOf(context);
    const queues = await deadLetters.list({ signal });
    await io.printList<DeadLetterQueueView>({
      name: 'queues',
      items: queues,
      columns: [
        { title: 'QUEUE', value: ({ queue }) => queue },
        { title: 'LETTERS', value: ({ count }) => count },
        { title: 'OLDEST', value: ({ oldestAt }) => oldestAt && showTime(oldestAt, now()) },
      ],
      none: 'The environment has no dead-letter queue.',
    });
    if (io.format === 'text') io.write(lettersOf(queues, settings, now()));
    return 'ok';
  },
});

/** The letters that the API shows, and what to do about them. Empty without letters. */
const lettersOf = (queues: readonly DeadLetterQueueView[], settings: Settings, now: number): string => {
  const letters = queues.flatMap(({ items, queue }) => items.map((letter) => ({ queue, ...letter })));
  if (letters.length === 0) return '';
  const table = toTable(
    [
      { title: 'QUEUE', value: ({ queue }) => queue },
      { title: 'ID', value: ({ id }) => id },
      { title: 'AT', value: ({ at }) => showTime(at, now) },
      { title: 'TASK', value: ({ taskId }) => taskId },
      { title: 'WHY', value: ({ reason }) => reason },
    ],
    letters,
  );
  const filled = queues.filter(({ count, items }) => count > 0 || items.length > 0);
  return `\n${table}\n\nWhat you can do, once the cause is gone\n${filled
    .map(({ queue }) => `  ${suggestCommand(settings, `operator dead-letters redrive ${queue} --reason TEXT`)}\n`)
    .join('')}`;
};
