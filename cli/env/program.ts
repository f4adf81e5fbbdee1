import { UnpricedResource } from '../../cost/fixed-costs.ts';
import { InvalidContext, InvalidEnvironment, UnknownEnvironment } from '../../lib/config/errors.ts';
import { NoDeployedTemplate } from '../../lib/update/deployed-templates.ts';
import { UnknownResourceType } from '../../lib/update/resource-schemas.ts';
import type { Exit } from '../exit-codes.ts';
import type { EnvAnswer, EnvRequest } from './protocol.ts';

/**
 * Answers one request about an environment of this checkout. The command line starts it as a separate process, because it
 * needs TypeScript and the CDK.
 */
const answer = async (request: EnvRequest): Promise<EnvAnswer> => {
  // Each is loaded alone: the CDK takes seconds, and a name that does not exist does not need it.
  switch (request.action) {
    case 'check':
      return (await import('./check.ts')).answerCheck(request.environment);
    case 'show':
      return (await import('./show.ts')).answerShow(request.environment);
    case 'cost':
      return (await import('./cost.ts')).answerCost(request);
    case 'diff':
      return (await import('./diff.ts')).answerDiff(request);
  }
};

/** Errors of the user's input. Their messages say what to change. */
const EXITS: readonly (readonly [abstract new (...parameters: never[]) => Error, Exit])[] = [
  [UnknownEnvironment, 'notFound'],
  [InvalidEnvironment, 'usage'],
  [InvalidContext, 'usage'],
  [NoDeployedTemplate, 'usage'],
  [UnknownResourceType, 'failed'],
  [UnpricedResource, 'failed'],
];

process.once('message', (request) => {
  answer(request as EnvRequest)
    .catch((error: unknown): EnvAnswer => {
      const exit = EXITS.find(([kind]) => error instanceof kind)?.[1];
      if (exit === undefined) throw error;
      return { exit, message: (error as Error).message };
    })
    .then((reply) => process.send?.(reply, () => process.disconnect()));
});
