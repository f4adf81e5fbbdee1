import { METRICS } from '../lambda/contract/metrics.ts';
import type { Environment } from '../lib/config/environment.ts';
import { type Line, perMillion } from './cost-item.ts';
import { isCoveredByShield, type TemplateResource } from './fixed-costs.ts';
import { PRICES } from './prices.ts';
import { CAPACITY_UNIT_HOUR, EXPIRY, FREE_RULES, INVOCATIONS, TASK } from './usage.ts';

const MILLION = 1e6;
const GIGABYTE = 1e9;

/** How many reasons of refusals are seen in a month: each is a metric of its own. */
const REASONS_SEEN = 5;

/** What an environment is, as far as its volume's price depends on it. */
export type Priced = Pick<Environment, 'registry' | 'retention' | 'tracing' | 'protected' | 'signingKeys'>;

/**
 * What the volume of a month costs: so many tasks, each with one callback.
 * @param resources of the environment's templates
 */
export const volumeLines = (
  callbacks: number,
  environment: Priced,
  resources: readonly TemplateResource[],
): readonly Line[] => {
  const requests = callbacks * TASK.requests;
  const invocations = callbacks * Object.values(INVOCATIONS).reduce((sum, { count }) => sum + count, 0);
  const inBucket = callbacks * TASK.payloadsInBucket;
  const rules = resources.filter(({ Type }) => Type === 'AWS::ElasticLoadBalancingV2::ListenerRule').length;
  const covered = isCoveredByShield(resources);
  const antiDdos = !covered && JSON.stringify(resources).includes('AWSManagedRulesAntiDDoSRuleSet');
  const gigabytesOut = (callbacks * TASK.bytesOut) / GIGABYTE;
  // As many tasks as come in a month are kept for as many months.
  const monthsKept = environment.retention.toDays() / 30;
  const gigabytesKept = (bytes: number, count: number) => (bytes * count * monthsKept) / GIGABYTE;
  const items = gigabytesKept(TASK.itemBytes, callbacks);
  return [
    {
      what: 'load balancer capacity',
      quantity: capacityUnitHours(callbacks, rules),
      unit: 'LCU-hour',
      price: PRICES.loadBalancerCapacityUnitHour,
    },
    ...(covered ? [] : [perMillion('requests past the web ACL', requests, PRICES.webAclMillionRequests)]),
    ...(antiDdos ? [perMillion('requests past the anti-DDoS group', requests, PRICES.antiDdosMillionRequests)] : []),
    perMillion('function calls', invocations, PRICES.lambdaMillionRequests),
    {
      what: 'function time',
      quantity: callbacks * gigabyteSeconds(resources),
      unit: 'GB-s',
      price: PRICES.lambdaGigabyteSecond,
    },
    perMillion('signatures of KMS', callbacks * TASK.signatures, signaturePrice(environment)),
    perMillion('write units, opening', callbacks * TASK.writeUnits.open, PRICES.dynamodbMillionWriteUnits),
    perMillion('write units, callback', callbacks * TASK.writeUnits.callback, PRICES.dynamodbMillionWriteUnits),
    perMillion('read units', callbacks * TASK.readUnits, PRICES.dynamodbMillionReadUnits),
    { what: 'tables', quantity: items, unit: 'GB-month', price: PRICES.dynamodbGigabyteMonth },
    ...(environment.protected
      ? [
          {
            what: 'point-in-time recovery',
            quantity: items,
            unit: 'GB-month',
            price: PRICES.dynamodbRecoveryGigabyteMonth,
          },
        ]
      : []),
    perMillion('payloads into the bucket', inBucket, PRICES.s3MillionPuts),
    {
      what: 'payload bucket',
      quantity: gigabytesKept(TASK.payloadBytes, inBucket),
      unit: 'GB-month',
      price: PRICES.s3GigabyteMonth,
    },
    perMillion('events', callbacks * TASK.events, PRICES.eventMillion),
    {
      what: 'logs of functions',
      quantity: (invocations * TASK.logBytesPerInvocation) / GIGABYTE,
      unit: 'GB',
      price: PRICES.logGigabyte,
    },
    {
      what: 'logs of the load balancer',
      quantity: (requests * TASK.accessLogBytesPerRequest) / GIGABYTE,
      unit: 'GB-month',
      price: PRICES.s3GigabyteMonth,
    },
    {
      what: 'metrics of functions',
      quantity: callbacks === 0 ? 0 : metricsCounted(environment),
      unit: 'metric',
      price: PRICES.metric,
    },
    { what: 'data out', quantity: gigabytesOut, unit: 'GB', price: PRICES.gigabyteOut },
    ...(covered
      ? [{ what: 'data out, protected by Shield', quantity: gigabytesOut, unit: 'GB', price: PRICES.shieldGigabyteOut }]
      : []),
  ];
};

/** What runs by the clock, whatever the volume. */
export const scheduledLines = (resources: readonly TemplateResource[]): readonly Line[] => [
  {
    what: 'schedule that expires tasks',
    quantity: EXPIRY.perMonth / MILLION,
    unit: 'million calls',
    price: PRICES.schedulerMillion + PRICES.lambdaMillionRequests,
  },
  {
    what: 'its function time',
    quantity: (EXPIRY.perMonth * EXPIRY.milliseconds * memoryOf('Expires', resources)) / 1_000,
    unit: 'GB-s',
    price: PRICES.lambdaGigabyteSecond,
  },
];

/** Of the key that signs. */
const signaturePrice = ({ signingKeys }: Priced): number =>
  Object.values(signingKeys).some(({ algorithm, use }) => use === 'current' && algorithm === 'RS256')
    ? PRICES.kmsMillionRsaSignatures
    : PRICES.kmsMillionSignatures;

/** The dimension that is used most decides (https://aws.amazon.com/elasticloadbalancing/pricing/). */
const capacityUnitHours = (callbacks: number, rules: number): number =>
  Math.max(
    (callbacks * TASK.newConnections) / CAPACITY_UNIT_HOUR.newConnections,
    (callbacks * TASK.bytes) / CAPACITY_UNIT_HOUR.bytes,
    (callbacks * TASK.requests * Math.max(0, rules - FREE_RULES)) / CAPACITY_UNIT_HOUR.ruleEvaluations,
  );

/** Of one task. */
const gigabyteSeconds = (resources: readonly TemplateResource[]): number =>
  Object.entries(INVOCATIONS).reduce(
    (sum, [name, { count, milliseconds }]) =>
      sum + (count * milliseconds * memoryOf(DESCRIBED[name as keyof typeof INVOCATIONS], resources)) / 1_000,
    0,
  );

/** How the description of a function in the template begins. */
const DESCRIBED = { open: 'Opens', receive: 'Receives', tasks: 'Lists', publish: 'Publishes' } as const;

/** Gigabytes. */
const memoryOf = (description: string, resources: readonly TemplateResource[]): number =>
  Number(functionOf(description, resources).Properties?.MemorySize) / 1_024;

/** The function whose description begins so. */
export const functionOf = (description: string, resources: readonly TemplateResource[]): TemplateResource => {
  const found = resources.find(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::Function' && String(Properties?.Description).startsWith(description),
  );
  if (found === undefined) throw new Error(`No function of the templates ${description.toLowerCase()} anything.`);
  return found;
};

/** Dimension sets that are seen: one for the environment, and one more for each processor or reason. */
const metricsCounted = ({ registry }: Priced): number =>
  Object.values(METRICS).reduce(
    (sum, { by }) => sum + 1 + (by === 'Processor' ? Object.keys(registry).length : by === 'Reason' ? REASONS_SEEN : 0),
    0,
  );
