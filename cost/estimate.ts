import type { ReceiverSettings } from './callback-costs.ts';
import { type CostItem, total, usd } from './cost-item.ts';
import { dispatchCosts, idleDispatchCosts } from './dispatch-costs.ts';
import { doorCosts, idleDoorCosts } from './door-costs.ts';
import { fixedCosts, type TemplateResource } from './fixed-costs.ts';
import type { PricedSettings } from './priced-settings.ts';
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

export const estimate = (
  settings: PricedSettings,
  resources: readonly TemplateResource[],
  callbacks: number,
): Estimate => ({
  fixed: [
    ...fixedCosts(resources),
    ...idleDoorCosts(resources),
    ...scheduledCosts(settings, resources),
    ...idleQueueCosts(settings),
    ...idleDispatchCosts(settings),
  ],
  usage: [
    ...doorCosts(callbacks, resources),
    ...usageCosts(callbacks, settings, resources),
    ...resumeCosts(callbacks, settings, resources),
    ...dispatchCosts(callbacks, settings, resources),
  ],
});

/** Settings of the environment's receiver. */
export const receiverSettingsOf = (
  { signingKeys }: Pick<PricedSettings, 'signingKeys'>,
  resources: readonly TemplateResource[],
): ReceiverSettings => {
  const { LoggingConfig, MemorySize } = functionOf('Receives', resources).Properties ?? {};
  return {
    memoryMegabytes: Number(MemorySize),
    platformLog: (LoggingConfig as { readonly SystemLogLevel?: string } | undefined)?.SystemLogLevel !== 'WARN',
    publicKeys: signingKeys.filter(({ use }) => use !== 'retired').length,
  };
};

/**
 * Callbacks per month above which the load balancer costs less than a REST API of API Gateway. A REST API has no fixed
 * costs, and can have the same web ACL. Everything behind it costs the same, so only the two are compared.
 * @returns undefined if the callbacks come through the network door
 */
export const breakEvenWithRestApi = ({ fixed, usage }: Estimate, callbacks: number): number | undefined => {
  const loadBalancer = total(
    fixed.filter(({ name }) => name === 'load balancer' || name.startsWith('its public IPv4')),
  );
  const [capacity] = usage.filter(({ name }) => name === 'load balancer capacity');
  if (capacity === undefined) return undefined;
  const perCallback = usd(capacity) / callbacks;
  return loadBalancer / ((TASK.requests * PRICES.restApiMillionRequests) / 1e6 - perCallback);
};
