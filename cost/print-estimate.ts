import { readFileSync } from 'node:fs';
import { InvalidEnvironment, UnknownEnvironment } from '../lib/config/errors.ts';
import { ENVIRONMENTS, loadEnvironments } from '../lib/config/load.ts';
import { bundleFunctions } from '../lib/functions/bundles.ts';
import { estimate, receiverSettingsOf, resourcesOf } from './estimate.ts';
import { UnpricedResource } from './fixed-costs.ts';
import { report, reportCallback } from './report.ts';
import { UsageError } from './usage-error.ts';

/**
 * Prints the monthly costs of an environment.
 * @throws {UsageError} if its file is missing or invalid, or if a resource has no price
 */
export const printEstimate = async (name: string, callbacks: number, compare: boolean): Promise<void> => {
  try {
    await print(name, callbacks, compare);
  } catch (error) {
    const isUsageError = [UnknownEnvironment, InvalidEnvironment, UnpricedResource].some(
      (kind) => error instanceof kind,
    );
    throw isUsageError ? new UsageError((error as Error).message) : error;
  }
};

const print = async (name: string, callbacks: number, compare: boolean): Promise<void> => {
  const { context } = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')) as {
    readonly context: Readonly<Record<string, unknown>>;
  };
  const settings: Readonly<Record<string, unknown>> = { ...context, 'postern:environment': name };
  const [environment] = await loadEnvironments((key) => settings[key], ENVIRONMENTS);
  if (environment === undefined) throw new UsageError(`There is no environment "${name}".`);
  const resources = resourcesOf(environment, context, await bundleFunctions());
  const estimated = estimate(environment, resources, callbacks);
  console.log(report(name, callbacks, estimated));
  if (compare) console.log(`\n${reportCallback(receiverSettingsOf(environment, resources), estimated.fixed)}`);
};
