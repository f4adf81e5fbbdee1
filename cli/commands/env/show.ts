import { defineCommand } from '../../command.ts';
import { ABOUT_APPS, ENVIRONMENT_ARGUMENT, printAnswer } from './print-answer.ts';

export const ENV_SHOW_COMMAND = defineCommand({
  name: 'env show',
  summary: 'Shows every setting of an environment, with the defaults',
  description: ABOUT_APPS,
  arguments: ENVIRONMENT_ARGUMENT,
  options: {},
  examples: ['postern env show prod', 'postern env show prod -o json | jq .settings.processors'],
  exits: ['failed', 'notFound'],
  run: async (context, { arguments: { environment } }) => {
    const { answerShow } = await import('../../env/show.ts');
    return printAnswer(context, await answerShow(context, environment));
  },
});
