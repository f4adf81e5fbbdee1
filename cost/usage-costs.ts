import { METRICS } from '../lambda/contract/metrics.ts';
import type { Environment } from '../lib/config/environment.ts';
import { type CostItem, perMillion } from './cost-item.ts';
import { isCoveredByShield, type TemplateResource } from './fixed-costs.ts';
import { PRICES } from './prices.ts';
import { CAPACITY_UNIT_HOUR, FREE_RULES, INVOCATIONS, SCHEDULES, TASK } from './usage.ts';

const MILLION = 1e6;
const GIGABYTE = 1e9;

/** Different reasons of refusals per month. Each is a metric. */
const REFUSAL_REASONS = 5;

/** The settings of an environment that affect its usage costs. */
export type PricedSettings = Pick<
  Environment,
  'registry' | 'retention' | 'tracing' | 'protected' | 'signing' | 'signingKeys'
>;

/**
 * Costs of a month with this number of tasks, each with one callback.
 * @param resources of the environment's templates
 */
export const usageCosts = (
  callbacks: number,
  environment: PricedSettings,
  resources: readonly TemplateResource[],
): readonly CostItem[] => {
  const requests = callbacks * TASK.requests;
  const invocations = callbacks * Object.values(INVOCATIONS).reduce((sum, { count }) => sum + count, 0);
  const inBucket = callbacks * TASK.payloadsInBucket;
  const rules = resources.filter(({ Type }) => Type === 'AWS::ElasticLoadBalancingV2::ListenerRule').length;
  const covered = isCoveredByShield(resources);
  const antiDdos = !covered && JSON.stringify(resources).includes('AWSManagedRulesAntiDDoSRuleSet');
  const gigabytesOut = (callbacks * TASK.bytesOut) / GIGABYTE;
  // At any time the tasks of this many months are stored.
  const monthsKept = environment.retention.toDays() / 30;
  const gigabytesKept = (bytes: number, count: number) => (bytes * count * monthsKept) / GIGABYTE;
  const items = gigabytesKept(TASK.itemBytes, callbacks);
  return [
    {
      name: 'load balancer capacity',
      quantity: capacityUnitHours(callbacks, rules),
      unit: 'LCU-hour',
      price: PRICES.loadBalancerCapacityUnitHour,
    },
    ...(covered ? [] : [perMillion('requests through the web ACL', requests, PRICES.webAclMillionRequests)]),
    ...(antiDdos ? [perMillion('requests through the anti-DDoS group', requests, PRICES.antiDdosMillionRequests)] : []),
    perMillion('function calls', invocations, PRICES.lambdaMillionRequests),
    {
      name: 'function time',
      quantity: callbacks * gigabyteSeconds(resources),
      unit: 'GB-s',
      price: PRICES.lambdaGigabyteSecond,
    },
    // A rotating key signs in the function. It is decrypted once in each process.
    ...(environment.signing.kind === 'kms'
      ? [perMillion('signatures of KMS', callbacks * TASK.signatures, signaturePrice(environment))]
      : []),
    perMillion('write units, new tasks', callbacks * TASK.writeUnits.open, PRICES.dynamodbMillionWriteUnits),
    perMillion('write units, callbacks', callbacks * TASK.writeUnits.callback, PRICES.dynamodbMillionWriteUnits),
    perMillion('read units', callbacks * TASK.readUnits, PRICES.dynamodbMillionReadUnits),
    { name: 'tables', quantity: items, unit: 'GB-month', price: PRICES.dynamodbGigabyteMonth },
    ...(environment.protected
      ? [
          {
            name: 'point-in-time recovery',
            quantity: items,
            unit: 'GB-month',
            price: PRICES.dynamodbRecoveryGigabyteMonth,
          },
        ]
      : []),
    perMillion('payloads into the bucket', inBucket, PRICES.s3MillionPuts),
    {
      name: 'payload bucket',
      quantity: gigabytesKept(TASK.payloadBytes, inBucket),
      unit: 'GB-month',
      price: PRICES.s3GigabyteMonth,
    },
    perMillion('events', callbacks * TASK.events, PRICES.eventMillion),
    {
      name: 'logs of functions',
      quantity: (invocations * TASK.logBytesPerInvocation) / GIGABYTE,
      unit: 'GB',
      price: PRICES.logGigabyte,
    },
    {
      name: 'logs of the load balancer',
      quantity: (requests * TASK.accessLogBytesPerRequest) / GIGABYTE,
      unit: 'GB-month',
      price: PRICES.s3GigabyteMonth,
    },
    {
      name: 'metrics of functions',
      quantity: callbacks === 0 ? 0 : countMetrics(environment),
      unit: 'metric',
      price: PRICES.metric,
    },
    { name: 'data out', quantity: gigabytesOut, unit: 'GB', price: PRICES.gigabyteOut },
    ...(covered
      ? [{ name: 'data out, protected by Shield', quantity: gigabytesOut, unit: 'GB', price: PRICES.shieldGigabyteOut }]
      : []),
  ];
};

/** Costs of the schedules, independent of the number of callbacks. */
export const scheduledCosts = (resources: readonly TemplateResource[]): readonly CostItem[] => [
  ...scheduleCosts('schedule that expires tasks', SCHEDULES.expiry, memoryOf('Expires', resources)),
  ...scheduleCosts('schedule of bulk revocations', SCHEDULES.revocations, memoryOf('Revokes', resources)),
];

const scheduleCosts = (
  name: string,
  { milliseconds, perMonth }: { readonly milliseconds: number; readonly perMonth: number },
  gigabytes: number,
): readonly CostItem[] => [
  {
    name,
    quantity: perMonth / MILLION,
    unit: 'million calls',
    price: PRICES.schedulerMillion + PRICES.lambdaMillionRequests,
  },
  {
    name: 'its function time',
    quantity: (perMonth * milliseconds * gigabytes) / 1_000,
    unit: 'GB-s',
    price: PRICES.lambdaGigabyteSecond,
  },
];

/** Price of a million signatures with the current key. */
const signaturePrice = ({ signingKeys }: PricedSettings): number =>
  Object.values(signingKeys).some(({ algorithm, use }) => use === 'current' && algorithm === 'RS256')
    ? PRICES.kmsMillionRsaSignatures
    : PRICES.kmsMillionSignatures;

/** AWS bills the dimension with the highest use (https://aws.amazon.com/elasticloadbalancing/pricing/). */
const capacityUnitHours = (callbacks: number, rules: number): number =>
  Math.max(
    (callbacks * TASK.newConnections) / CAPACITY_UNIT_HOUR.newConnections,
    (callbacks * TASK.bytes) / CAPACITY_UNIT_HOUR.bytes,
    (callbacks * TASK.requests * Math.max(0, rules - FREE_RULES)) / CAPACITY_UNIT_HOUR.ruleEvaluations,
  );

/** Function time of one task. */
const gigabyteSeconds = (resources: readonly TemplateResource[]): number =>
  Object.entries(INVOCATIONS).reduce(
    (sum, [name, { count, milliseconds }]) =>
      sum + (count * milliseconds * memoryOf(DESCRIBED[name as keyof typeof INVOCATIONS], resources)) / 1_000,
    0,
  );

/** Beginning of each function's description in the template. */
const DESCRIBED = { open: 'Opens', receive: 'Receives', tasks: 'Lists', publish: 'Publishes' } as const;

/** Memory of a function in GB. */
const memoryOf = (description: string, resources: readonly TemplateResource[]): number =>
  Number(functionOf(description, resources).Properties?.MemorySize) / 1_024;

/** @throws {Error} if no function has a description that begins with this */
export const functionOf = (description: string, resources: readonly TemplateResource[]): TemplateResource => {
  const match = resources.find(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::Function' && String(Properties?.Description).startsWith(description),
  );
  if (match === undefined) throw new Error(`No function has a description that begins with "${description}".`);
  return match;
};

/** Metrics that are billed: one for the environment, and one for each processor or reason. */
const countMetrics = ({ registry }: PricedSettings): number =>
  Object.values(METRICS).reduce(
    (sum, { by }) =>
      sum + 1 + (by === 'Processor' ? Object.keys(registry).length : by === 'Reason' ? REFUSAL_REASONS : 0),
    0,
  );
