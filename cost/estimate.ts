import { App } from 'aws-cdk-lib';
import type { Environment } from '../lib/config/environment.ts';
import type { FunctionBundles } from '../lib/functions/bundles.ts';
import { PosternStage } from '../lib/stage.ts';
import type { Setup } from './callback.ts';
import { type Line, total, usd } from './cost-item.ts';
import { standingLines, type TemplateResource } from './fixed-costs.ts';
import { PRICES } from './prices.ts';
import { TASK } from './usage.ts';
import { functionOf, scheduledLines, volumeLines } from './usage-costs.ts';

/** What an environment costs a month. */
export interface Estimate {
  /** Whether or not anything comes. */
  readonly idle: readonly Line[];
  /** What the callbacks add. */
  readonly volume: readonly Line[];
}

/**
 * Every resource of an environment's templates.
 * @param context of `cdk.json`: without its flags the templates would not be the ones that are deployed
 */
export const resourcesOf = (
  environment: Environment,
  context: Readonly<Record<string, unknown>>,
  bundles: FunctionBundles,
): readonly TemplateResource[] => {
  const app = new App({ context: { ...context } });
  const stage = new PosternStage(app, { environment, bundles });
  return stage
    .synth()
    .stacks.flatMap(({ template }) => Object.values(template.Resources as Readonly<Record<string, TemplateResource>>));
};

export const estimate = (
  environment: Environment,
  resources: readonly TemplateResource[],
  callbacks: number,
): Estimate => ({
  idle: [...standingLines(resources), ...scheduledLines(resources)],
  volume: volumeLines(callbacks, environment, resources),
});

/** How the environment's receiver is set up. */
export const setupOf = ({ signingKeys }: Environment, resources: readonly TemplateResource[]): Setup => {
  const { LoggingConfig, MemorySize } = functionOf('Receives', resources).Properties ?? {};
  return {
    memoryMegabytes: Number(MemorySize),
    platformLog: (LoggingConfig as { readonly SystemLogLevel?: string } | undefined)?.SystemLogLevel !== 'WARN',
    publicKeys: Object.values(signingKeys).filter(({ use }) => use !== 'retired').length,
  };
};

/**
 * From how many callbacks a month on the load balancer costs less than a REST API of API Gateway, which has no price while
 * nothing comes and can have the same web ACL. Everything behind the door is the same, so only the doors are compared.
 */
export const breakEvenWithRestApi = ({ idle, volume }: Estimate, callbacks: number): number => {
  const standing = total(idle.filter(({ what }) => what === 'load balancer' || what.startsWith('its public IPv4')));
  const [capacity] = volume.filter(({ what }) => what === 'load balancer capacity');
  const perCallback = capacity === undefined ? 0 : usd(capacity) / callbacks;
  return standing / ((TASK.requests * PRICES.restApiMillionRequests) / 1e6 - perCallback);
};
