import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import { ABOUT_APPS, ENVIRONMENT_ARGUMENT, printAnswer } from './print-answer.ts';

/** Callbacks per month. Above this number list prices do not apply. */
const MAX_CALLBACKS = 1e12;

export const ENV_COST_COMMAND = defineCommand({
  name: 'env cost',
  summary: 'Estimates the monthly costs of an environment',
  description:
    'In USD: fixed costs, and the costs of the callbacks. In the sources of Postern, cost/prices.ts has the prices with their sources, ' +
    `and cost/usage.ts the assumptions. ${ABOUT_APPS}`,
  arguments: ENVIRONMENT_ARGUMENT,
  options: {
    callbacks: { doc: 'callbacks per month', value: 'NUMBER', default: '0' },
    compare: { doc: 'also compares one callback with a receiver made of middy, Powertools and the SDK' },
  },
  examples: ['postern env cost prod --callbacks 1000000'],
  exits: ['failed', 'notFound'],
  run: async (context, { arguments: { environment }, options: { callbacks, compare } }) => {
    if (!/^\d{1,13}$/.test(callbacks) || Number(callbacks) > MAX_CALLBACKS) {
      throw new CommandError(
        'usage',
        `--callbacks is "${callbacks}"; expected a whole number from 0 to ${MAX_CALLBACKS}.`,
      );
    }
    const { answerCost } = await import('../../env/cost.ts');
    const options = { name: environment, callbacks: Number(callbacks), compare };
    return printAnswer(context, await answerCost(context, options));
  },
});
