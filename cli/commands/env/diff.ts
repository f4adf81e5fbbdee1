import { resolve } from 'node:path';
import { defineCommand } from '../../command.ts';
import { ABOUT_APPS, ENVIRONMENT_ARGUMENT, printAnswer } from './print-answer.ts';

export const ENV_DIFF_COMMAND = defineCommand({
  name: 'env diff',
  summary: 'Shows what a deployment would change, and which changes fail or lose data',
  description:
    'Compares the templates that the app makes now with the deployed ones. It asks CloudFormation for these with the AWS CLI ' +
    '(aws) and its credentials; --against reads them from files instead, and needs no AWS. Exit code 1: the deployment would ' +
    'fail or lose data; each such change has a line with the safe alternative. "npx cdk diff" also shows the values. ' +
    ABOUT_APPS,
  arguments: ENVIRONMENT_ARGUMENT,
  options: {
    against: { doc: 'folder with the deployed templates in State.json and Gateway.json', value: 'DIR' },
    indexes: {
      doc: 'names of indexes with commas between them, for a step of docs/operate/upgrading.md',
      value: 'NAMES',
    },
  },
  examples: ['postern env diff prod', 'postern env diff prod --against deployed'],
  exits: ['failed', 'notFound'],
  run: async (context, { arguments: { environment }, options: { against, indexes } }) => {
    const { answerDiff } = await import('../../env/diff.ts');
    const folder = against === undefined ? undefined : resolve(context.cwd, against);
    return printAnswer(context, await answerDiff(context, { name: environment, against: folder, indexes }));
  },
});
