import { parseArgs } from 'node:util';
import { WrongUse } from './wrong-use.ts';

const USAGE = 'npm run cost -- ENVIRONMENT [--callbacks NUMBER] [--compare]';

const HELP = `${USAGE}

Prints what an environment of environments/ costs a month, in USD, line by line: what stands there, and what the callbacks add.

  ENVIRONMENT         the name of its file, as prod
  --callbacks NUMBER  callbacks a month (default 0)
  --compare           prints a second table: one callback, layer by layer, beside the same with middy, Powertools and the SDK
  --help              prints this

The prices and where each was read are in cost/prices.ts, the assumptions in cost/usage.ts.`;

/** A number of callbacks a month; above it nobody should trust list prices. */
const MAX_CALLBACKS = 1e12;

/** `npm run cost`: what an environment costs a month. Exit 2 where it is not asked for as it must be. */
const main = async (): Promise<void> => {
  const { positionals, values } = readArguments();
  if (values.help) {
    console.log(HELP);
    return;
  }
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new WrongUse(`Name one environment: ${USAGE}`);
  const callbacks = Number(values.callbacks);
  if (!/^\d{1,13}$/.test(values.callbacks) || callbacks > MAX_CALLBACKS) {
    throw new WrongUse(`--callbacks is "${values.callbacks}"; expected a whole number from 0 to ${MAX_CALLBACKS}.`);
  }
  // Imported here, because the CDK takes seconds to load, and a mistake in the arguments needs none of it.
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
    throw new WrongUse(`${error instanceof Error ? error.message : error}: ${USAGE}`);
  }
};

await main().catch((error: unknown) => {
  if (!(error instanceof WrongUse)) throw error;
  console.error(error.message);
  process.exitCode = 2;
});
