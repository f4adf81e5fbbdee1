import { defineCommand } from '../command.ts';
import manifest from '../package.json' with { type: 'json' };

export const VERSION_COMMAND = defineCommand({
  name: 'version',
  summary: 'Prints the version',
  options: {},
  examples: ['postern version'],
  exits: [],
  run: async ({ io }) => {
    const { version } = manifest;
    io.print({ version }, () => version);
    return 'ok';
  },
});
