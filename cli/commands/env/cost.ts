import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import { ENVIRONMENT_ARGUMENT, printAnswer } from './answer-of-program.ts';

/** Callbacks per month. Above this number list prices do not apply. */
const MAX_CALLBACKS = 1e12;

export const ENV_COST_COMMAND = defineCommand({
  name: 'env cost',
  summary: 'Estimates the monthly costs of an environment',
  description:
    'In USD: fixed costs, and the costs of the callbacks. Prices and their sources are in cost/prices.ts, assumptions in cost/usage.ts.',
  arguments: ENVIRONMENT_ARGUMENT,
  options: {
    callbacks: { doc: 'callbacks per month', value: 'NUMBER', default: '0' },
    compare: { doc: 'also compares one callback with a receiver made of middy, Powertools and the SDK' },
  },
  examples: ['postern env cost prod --callbacks 1000000'],
  exits: ['failed', 'notFound'],
  run: (context, { arguments: { environment }, options: { callbacks, compare } }) => {
    if (!/^\d{1,13}$/.test(callbacks) || Number(callbacks) > MAX_CALLBACKS) {
      throw new CommandError(
        'usage',
        `--callbacks is "${callbacks}"; expected a whole number from 0 to ${MAX_CALLBACKS}.`,
      );
    }
    return printAnswer(context, { action: 'cost', environment, callbacks: Number(callbacks), compare });
  },
});
