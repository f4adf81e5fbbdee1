import { App } from 'aws-cdk-lib';
import type { Environment } from '../lib/config/environment.ts';
import { EnvironmentStacks } from '../lib/environment-stacks.ts';
import type { FunctionBundles } from '../lib/functions/bundles.ts';
import type { ReceiverSettings } from './callback-costs.ts';
import { type CostItem, total, usd } from './cost-item.ts';
import { fixedCosts, type TemplateResource } from './fixed-costs.ts';
import { PRICES } from './prices.ts';
import { idleQueueCosts, resumeCosts } from './resume-costs.ts';
import { TASK } from './usage.ts';
import { functionOf, scheduledCosts, usageCosts } from './usage-costs.ts';

/** Monthly costs of an environment. */
export interface Estimate {
  /** Costs without any callback. */
  readonly fixed: readonly CostItem[];
  /** Costs of the callbacks. */
  readonly usage: readonly CostItem[];
}

/**
 * Resources of an environment's templates.
 * @param context of `cdk.json`; without its flags the templates would differ from the deployed ones
 */
export const resourcesOf = (
  environment: Environment,
  context: Readonly<Record<string, unknown>>,
  bundles: FunctionBundles,
): readonly TemplateResource[] => {
  // The validation takes most of a synth and is for what is deployed.
  const app = new App({ context: { ...context }, builtinCloudFormationValidation: false, treeMetadata: false });
  new EnvironmentStacks(app, { environment, bundles });
  return app
    .synth()
    .stacks.flatMap(({ template }) => Object.values(template.Resources as Readonly<Record<string, TemplateResource>>));
};

export const estimate = (
  environment: Environment,
  resources: readonly TemplateResource[],
  callbacks: number,
): Estimate => ({
  fixed: [...fixedCosts(resources), ...scheduledCosts(resources), ...idleQueueCosts(environment)],
  usage: [...usageCosts(callbacks, environment, resources), ...resumeCosts(callbacks, environment, resources)],
});

/** Settings of the environment's receiver. */
export const receiverSettingsOf = (
  { signingKeys }: Environment,
  resources: readonly TemplateResource[],
): ReceiverSettings => {
  const { LoggingConfig, MemorySize } = functionOf('Receives', resources).Properties ?? {};
  return {
    memoryMegabytes: Number(MemorySize),
    platformLog: (LoggingConfig as { readonly SystemLogLevel?: string } | undefined)?.SystemLogLevel !== 'WARN',
    publicKeys: Object.values(signingKeys).filter(({ use }) => use !== 'retired').length,
  };
};

/**
 * Callbacks per month above which the load balancer costs less than a REST API of API Gateway. A REST API has no fixed
 * costs, and can have the same web ACL. Everything behind it costs the same, so only the two are compared.
 */
export const breakEvenWithRestApi = ({ fixed, usage }: Estimate, callbacks: number): number => {
  const loadBalancer = total(
    fixed.filter(({ name }) => name === 'load balancer' || name.startsWith('its public IPv4')),
  );
  const [capacity] = usage.filter(({ name }) => name === 'load balancer capacity');
  const perCallback = capacity === undefined ? 0 : usd(capacity) / callbacks;
  return loadBalancer / ((TASK.requests * PRICES.restApiMillionRequests) / 1e6 - perCallback);
};
