import { defineCommand } from '../../command.ts';
import { ENVIRONMENT_ARGUMENT, printAnswer } from './answer-of-program.ts';

export const ENV_CHECK_COMMAND = defineCommand({
  name: 'env check',
  summary: 'Checks the file of an environment and its templates, without AWS',
  description:
    'Reads the file, compares it with the settings of its deployment (deployments/NAME.json, which "npm run record" writes), ' +
    'makes the templates, and lists every mistake and every finding that nobody has acknowledged.',
  arguments: ENVIRONMENT_ARGUMENT,
  options: {},
  examples: ['postern env check prod'],
  exits: ['failed', 'notFound'],
  run: (context, { arguments: { environment } }) => printAnswer(context, { action: 'check', environment }),
});
