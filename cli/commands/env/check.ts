import { defineCommand } from '../../command.ts';
import { ABOUT_APPS, ENVIRONMENT_ARGUMENT, printAnswer } from './print-answer.ts';

export const ENV_CHECK_COMMAND = defineCommand({
  name: 'env check',
  summary: 'Checks the settings of an environment and its templates, without AWS',
  description:
    'Runs the CDK app, which reads the settings and makes the templates, and lists every mistake and every finding that nobody has ' +
    `acknowledged. ${ABOUT_APPS}`,
  arguments: ENVIRONMENT_ARGUMENT,
  options: {},
  examples: ['postern env check prod'],
  exits: ['failed', 'notFound'],
  run: async (context, { arguments: { environment } }) => {
    const { answerCheck } = await import('../../env/check.ts');
    return printAnswer(context, await answerCheck(context, environment));
  },
});
