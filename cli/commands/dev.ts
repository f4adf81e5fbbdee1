import { runProgram } from '../checkout.ts';
import { defineCommand } from '../command.ts';

export const DEV_COMMAND = defineCommand({
  name: 'dev',
  summary: 'Runs a whole gateway on this machine until Ctrl-C, without AWS',
  description:
    'It plays the scenario of one callback once. The profile "local" finds it by its ready file. POSTERN_PORT, POSTERN_IDP_PORT, ' +
    'POSTERN_DATA, POSTERN_READY_FILE and POSTERN_SIGNING set ports, folders and the way to sign, as for "npm start".',
  options: {
    noStory: { doc: 'starts without the scenario' },
    seed: { doc: 'instead of the scenario, makes a week of tasks for the console and operators' },
  },
  examples: ['postern dev', 'postern dev --seed'],
  exits: ['failed'],
  run: async (context, { options: { noStory, seed } }) => {
    const parameters = [...(noStory ? ['--no-story'] : []), ...(seed ? ['--seed'] : [])];
    const code = await runProgram(context, 'local/start.ts', parameters);
    return code === 0 ? 'ok' : 'failed';
  },
});
