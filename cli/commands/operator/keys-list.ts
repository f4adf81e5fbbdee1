import type { SigningKeyView } from '@postern/client/operator';
import { defineCommand } from '../../command.ts';
import type { Column } from '../../io.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { EXITS_OF_LIST } from './shared-options.ts';

export const KEY_COLUMNS: readonly Column<SigningKeyView>[] = [
  { title: 'KEY', value: ({ kid }) => kid },
  { title: 'ALGORITHM', value: ({ alg }) => alg },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'SIGNS FROM', value: ({ signFrom }) => signFrom },
  { title: 'UNTIL', value: ({ signUntil }) => signUntil },
  { title: 'ACCEPTED UNTIL', value: ({ verifyUntil }) => verifyUntil },
  { title: 'RETIRED', value: ({ retiredAt }) => retiredAt },
];

export const OPERATOR_KEYS_LIST_COMMAND = defineCommand({
  name: 'operator keys list',
  summary: 'Lists the keys that sign callback tokens, the newest first',
  options: {},
  examples: ['postern operator keys list'],
  exits: EXITS_OF_LIST,
  run: async (context) => {
    const { keys } = await operatorOf(context);
    await context.io.printList<SigningKeyView>({
      name: 'keys',
      items: await keys.list({ signal: context.signal }),
      columns: KEY_COLUMNS,
      none: 'There is no key yet.',
    });
    return 'ok';
  },
});
