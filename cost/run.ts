import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

const USAGE = 'npm run cost -- ENVIRONMENT [--callbacks NUMBER] [--compare]';

const HELP = `${USAGE}

Prints the monthly costs of an environment of environments/, in USD: fixed costs, and the costs of the callbacks.

  ENVIRONMENT         name of its file, for example prod
  --callbacks NUMBER  callbacks per month (default 0)
  --compare           also compares one callback with a receiver made of middy, Powertools and the SDK
  --help              prints this

Prices and their sources are in cost/prices.ts, assumptions in cost/usage.ts.`;

/** Callbacks per month. Above this number list prices do not apply. */
const MAX_CALLBACKS = 1e12;

/** Exits with 2 if the command line or the environment is invalid. */
const main = async (): Promise<void> => {
  const { positionals, values } = readArguments();
  if (values.help) {
    console.log(HELP);
    return;
  }
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new UsageError(`Name one environment: ${USAGE}`);
  const callbacks = Number(values.callbacks);
  if (!/^\d{1,13}$/.test(values.callbacks) || callbacks > MAX_CALLBACKS) {
    throw new UsageError(`--callbacks is "${values.callbacks}"; expected a whole number from 0 to ${MAX_CALLBACKS}.`);
  }
  // Imported late, because the CDK takes seconds to load, and wrong parameters do not need it.
  const { printEstimate } = await import('./print-estimate.ts');
  await printEstimate(name, callbacks, values.compare);
};

const readArguments = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        callbacks: { type: 'string', default: '0' },
        compare: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}: ${USAGE}`);
  }
};

await main().catch((error: unknown) => {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
});
