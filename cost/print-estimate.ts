import { readFileSync } from 'node:fs';
import { InvalidEnvironment, UnknownEnvironment } from '../lib/config/errors.ts';
import { ENVIRONMENTS, loadEnvironments } from '../lib/config/load.ts';
import { bundleFunctions } from '../lib/functions/bundles.ts';
import { estimate, resourcesOf, setupOf } from './estimate.ts';
import { UnpricedResource } from './fixed-costs.ts';
import { report, reportCallback } from './report.ts';
import { WrongUse } from './wrong-use.ts';

/**
 * Prints what an environment costs a month.
 * @throws {WrongUse} where its file is missing or wrong, or a resource has no price
 */
export const printEstimate = async (name: string, callbacks: number, compare: boolean): Promise<void> => {
  try {
    await print(name, callbacks, compare);
  } catch (error) {
    const isTheirs = [UnknownEnvironment, InvalidEnvironment, UnpricedResource].some((kind) => error instanceof kind);
    throw isTheirs ? new WrongUse((error as Error).message) : error;
  }
};

const print = async (name: string, callbacks: number, compare: boolean): Promise<void> => {
  const { context } = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')) as {
    readonly context: Readonly<Record<string, unknown>>;
  };
  const asked: Readonly<Record<string, unknown>> = { ...context, 'postern:environment': name };
  const [environment] = await loadEnvironments((key) => asked[key], ENVIRONMENTS);
  if (environment === undefined) throw new WrongUse(`There is no environment "${name}".`);
  const resources = resourcesOf(environment, context, await bundleFunctions());
  const estimated = estimate(environment, resources, callbacks);
  console.log(report(name, callbacks, estimated));
  if (compare) console.log(`\n${reportCallback(setupOf(environment, resources), estimated.idle)}`);
};
