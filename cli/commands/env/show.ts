import { defineCommand } from '../../command.ts';
import { ENVIRONMENT_ARGUMENT, printAnswer } from './answer-of-program.ts';

export const ENV_SHOW_COMMAND = defineCommand({
  name: 'env show',
  summary: 'Shows every setting of an environment, with the defaults',
  arguments: ENVIRONMENT_ARGUMENT,
  options: {},
  examples: ['postern env show prod', 'postern env show prod -o json | jq .settings.processors'],
  exits: ['failed', 'notFound'],
  run: (context, { arguments: { environment } }) => printAnswer(context, { action: 'show', environment }),
});
