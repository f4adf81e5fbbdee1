import { defineCommand } from '../../command.ts';
import { confirmAction } from '../../confirm.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { suggestCommand } from '../../suggest-command.ts';
import { ACTION_OPTIONS, EXITS_OF_ONE } from './shared-options.ts';

export const OPERATOR_DEAD_LETTERS_REDRIVE_COMMAND = defineCommand({
  name: 'operator dead-letters redrive',
  summary: 'Does the work of a queue of dead letters again, or of one letter',
  arguments: { QUEUE: { doc: 'name of the queue' } },
  options: {
    id: { doc: 'only this letter', value: 'ID' },
    ...ACTION_OPTIONS,
  },
  examples: ['postern operator dead-letters redrive publish --reason "the bus is there again"'],
  exits: EXITS_OF_ONE,
  run: async (context, { arguments: { QUEUE }, options: { id, reason, yes } }) => {
    const { deadLetters } = await operatorOf(context);
    // One letter is searched by the gateway. A queue that does not exist is refused by it.
    if (id === undefined) {
      const queues = await deadLetters.list({ signal: context.signal });
      if (queues.find(({ queue }) => queue === QUEUE)?.count === 0) {
        context.io.note(`There is no letter in this queue: ${QUEUE}. Nothing was done.`);
        return 'ok';
      }
    }
    const what = id === undefined ? 'all letters' : `the letter ${id}`;
    await confirmAction(context, { action: `Does the work of ${what} of ${QUEUE} again`, reason, yes });
    const started = await deadLetters.redrive(
      QUEUE,
      { reason, ...(id !== undefined && { id }) },
      { signal: context.signal },
    );
    context.io.print(
      started,
      () =>
        `The work of ${what} of ${QUEUE} begins again. "${suggestCommand(context.settings, 'operator dead-letters list')}" shows what is left.`,
    );
    return 'ok';
  },
});
