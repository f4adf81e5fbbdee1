import { type CostItem, functionTime, logs, perMillion } from './cost-item.ts';
import type { TemplateResource } from './fixed-costs.ts';
import type { PricedSettings } from './priced-settings.ts';
import { PRICES } from './prices.ts';
import { DISPATCHED, IDLE_POLLS_PER_MONTH } from './usage.ts';
import { memoryOf } from './usage-costs.ts';

const WRITE_UNITS = Object.values(DISPATCHED.writeUnits).reduce<number>((sum, units) => sum + units, 0);

/** Costs of sending work to processors, if the environment does. Each task is sent once, and accepted at the first attempt. */
export const dispatchCosts = (
  callbacks: number,
  settings: Pick<PricedSettings, 'dispatchedProcessors'>,
  resources: readonly TemplateResource[],
): readonly CostItem[] => {
  if (settings.dispatchedProcessors === 0) return [];
  const { milliseconds } = DISPATCHED;
  const gigabyteMilliseconds =
    2 * milliseconds.queueOutcomes * memoryOf('Queues outcomes', resources) +
    milliseconds.dispatch * memoryOf('Sends the work', resources) +
    2 * milliseconds.publish * memoryOf('Publishes', resources);
  return [
    perMillion('dispatch, queues', callbacks * DISPATCHED.queueRequests, PRICES.sqsMillionRequests),
    perMillion('dispatch, write units', callbacks * WRITE_UNITS, PRICES.dynamodbMillionWriteUnits),
    perMillion('dispatch, read units', callbacks * DISPATCHED.readUnits, PRICES.dynamodbMillionReadUnits),
    perMillion('dispatch, events', callbacks * DISPATCHED.events, PRICES.eventMillion),
    perMillion('dispatch, function calls', callbacks * DISPATCHED.calls, PRICES.lambdaMillionRequests),
    functionTime('dispatch, function time', callbacks * gigabyteMilliseconds),
    logs('dispatch, logs of functions', callbacks * DISPATCHED.logBytes),
  ];
};

/** Costs of the queues of processors, independent of the number of callbacks. */
export const idleDispatchCosts = ({
  dispatchedProcessors,
}: Pick<PricedSettings, 'dispatchedProcessors'>): readonly CostItem[] =>
  dispatchedProcessors === 0
    ? []
    : [
        perMillion(
          'polls of the queues of processors',
          dispatchedProcessors * IDLE_POLLS_PER_MONTH,
          PRICES.sqsMillionRequests,
        ),
      ];
