import type { Environment } from '../lib/config/environment.ts';
import { resumesWorkflows } from '../lib/config/resumes.ts';
import { type CostItem, perMillion } from './cost-item.ts';
import type { TemplateResource } from './fixed-costs.ts';
import { PRICES } from './prices.ts';
import { IDLE_POLLS_PER_MONTH, RESUMED } from './usage.ts';
import { memoryOf } from './usage-costs.ts';

/** Costs of resumed workflows, if the environment resumes any. Each task resumes one. */
export const resumeCosts = (
  callbacks: number,
  environment: Pick<Environment, 'resumeTargets'>,
  resources: readonly TemplateResource[],
): readonly CostItem[] => {
  if (!resumesWorkflows(environment)) return [];
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
    {
      name: 'workflows, function time',
      quantity: (callbacks * gigabyteMilliseconds) / 1_000,
      unit: 'GB-s',
      price: PRICES.lambdaGigabyteSecond,
    },
    {
      name: 'workflows, logs of functions',
      quantity: (callbacks * RESUMED.logBytes) / 1e9,
      unit: 'GB',
      price: PRICES.logGigabyte,
    },
  ];
};

/** Costs of the queue of outcomes, independent of the number of callbacks. */
export const idleQueueCosts = (environment: Pick<Environment, 'resumeTargets'>): readonly CostItem[] =>
  resumesWorkflows(environment)
    ? [perMillion('polls of the queue of outcomes', IDLE_POLLS_PER_MONTH, PRICES.sqsMillionFifoRequests)]
    : [];
