import { defineCommand } from '../../command.ts';
import { confirmAction } from '../../confirm.ts';
import { toTable } from '../../io.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { KEY_COLUMNS } from './keys-list.ts';
import { ACTION_OPTIONS, EXITS_OF_ONE } from './shared-options.ts';

export const OPERATOR_KEYS_RETIRE_COMMAND = defineCommand({
  name: 'operator keys retire',
  summary: 'Retires a key: every callback token that it signed is refused from now on',
  arguments: { KEY: { doc: 'kid of the key' } },
  options: ACTION_OPTIONS,
  examples: ['postern operator keys retire KEY --reason "it was in a memory dump"'],
  exits: EXITS_OF_ONE,
  run: async (context, { arguments: { KEY }, options: { reason, yes } }) => {
    const { keys } = await operatorOf(context);
    await confirmAction(context, { action: `Refuses every callback token of the key ${KEY}`, reason, yes });
    const key = await keys.retire(KEY, { reason }, { signal: context.signal });
    context.io.print(key, () => toTable(KEY_COLUMNS, [key]));
    return 'ok';
  },
});
