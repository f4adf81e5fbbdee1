import { resolve } from 'node:path';
import { defineCommand } from '../../command.ts';
import { ENVIRONMENT_ARGUMENT, printAnswer } from './answer-of-program.ts';

export const ENV_DIFF_COMMAND = defineCommand({
  name: 'env diff',
  summary: 'Shows what a deployment would change, and which changes fail or lose data',
  description:
    'Compares the templates that the file gives now with the deployed ones. It asks CloudFormation for these with the AWS CLI ' +
    '(aws) and its credentials; --against reads them from files instead, and needs no AWS. Exit code 1: the deployment would ' +
    'fail or lose data; each such change has a line with the safe alternative. "npx cdk diff" also shows the values.',
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
  run: (context, { arguments: { environment }, options: { against, indexes } }) =>
    printAnswer(context, {
      action: 'diff',
      environment,
      ...(against !== undefined && { against: resolve(context.cwd, against) }),
      ...(indexes !== undefined && { indexes }),
    }),
});
