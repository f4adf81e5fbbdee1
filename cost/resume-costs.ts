import { type CostItem, functionTime, logs, perMillion } from './cost-item.ts';
import type { TemplateResource } from './fixed-costs.ts';
import type { PricedSettings } from './priced-settings.ts';
import { PRICES } from './prices.ts';
import { IDLE_POLLS_PER_MONTH, RESUMED } from './usage.ts';
import { memoryOf } from './usage-costs.ts';

/** Costs of resumed workflows, if the environment resumes any. Each task resumes one. */
export const resumeCosts = (
  callbacks: number,
  settings: Pick<PricedSettings, 'resumesWorkflows'>,
  resources: readonly TemplateResource[],
): readonly CostItem[] => {
  if (!settings.resumesWorkflows) return [];
  const { milliseconds } = RESUMED;
  const gigabyteMilliseconds =
    milliseconds.queueOutcomes * memoryOf('Queues outcomes', resources) +
    milliseconds.resume * memoryOf('Tells waiting workflows', resources) +
    2 * milliseconds.publish * memoryOf('Publishes', resources);
  return [
    perMillion('workflows, KMS', callbacks * RESUMED.kmsRequests, PRICES.kmsMillionRequests),
    perMillion('workflows, queue', callbacks * RESUMED.queueRequests, PRICES.sqsMillionFifoRequests),
    perMillion('workflows, write units', callbacks * RESUMED.writeUnits, PRICES.dynamodbMillionWriteUnits),
    perMillion('workflows, read units', callbacks * RESUMED.readUnits, PRICES.dynamodbMillionReadUnits),
    perMillion('workflows, events', callbacks * RESUMED.events, PRICES.eventMillion),
    perMillion('workflows, function calls', callbacks * RESUMED.calls, PRICES.lambdaMillionRequests),
    functionTime('workflows, function time', callbacks * gigabyteMilliseconds),
    logs('workflows, logs of functions', callbacks * RESUMED.logBytes),
  ];
};

/** Costs of the queue of outcomes, independent of the number of callbacks. */
export const idleQueueCosts = (settings: Pick<PricedSettings, 'resumesWorkflows'>): readonly CostItem[] =>
  settings.resumesWorkflows
    ? [perMillion('polls of the queue of outcomes', IDLE_POLLS_PER_MONTH, PRICES.sqsMillionFifoRequests)]
    : [];
