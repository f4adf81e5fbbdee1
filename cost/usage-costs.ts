import { METRICS, type MetricName } from '../lambda/contract/metrics.ts';
import { type CostItem, functionTime, perMillion } from './cost-item.ts';
import { hasDoor } from './door-costs.ts';
import { isCoveredByShield, type TemplateResource } from './fixed-costs.ts';
import { STORED } from './life.ts';
import { ASSUMED, MEASURED_FUNCTIONS, ONE_VCPU_MEGABYTES } from './measured.ts';
import type { PricedSettings } from './priced-settings.ts';
import { HOURS_PER_MONTH, PRICES } from './prices.ts';
import {
  CAPACITY_UNIT_HOUR,
  DELETION_DAYS,
  FREE_RULES,
  INVOCATIONS,
  ITEM_OVERHEAD_BYTES,
  JTI_DAYS,
  LOG_COMPRESSION,
  SCHEDULES,
  TASK,
} from './usage.ts';

const MILLION = 1e6;
const GIGABYTE = 1e9;

/** Different reasons of refusals per month. Each is a metric. */
const REFUSAL_REASONS = 5;

const DAYS_PER_MONTH = 30;

/**
 * Costs of a month with this number of tasks, each with one callback.
 * @param resources of the environment's templates
 */
export const usageCosts = (
  callbacks: number,
  settings: PricedSettings,
  resources: readonly TemplateResource[],
): readonly CostItem[] => {
  const requests = callbacks * TASK.requests;
  const invocations = callbacks * Object.values(INVOCATIONS).reduce((sum, { count }) => sum + count, 0);
  const inBucket = callbacks * TASK.payloadsInBucket;
  const rules = resources.filter(({ Type }) => Type === 'AWS::ElasticLoadBalancingV2::ListenerRule').length;
  const covered = isCoveredByShield(resources);
  const behindDoor = hasDoor(resources);
  const antiDdos = !covered && JSON.stringify(resources).includes('AWSManagedRulesAntiDDoSRuleSet');
  const gigabytesOut = (callbacks * TASK.bytesOut) / GIGABYTE;
  const daysKept = settings.retentionDays + TASK.days;
  const stored = storedGigabytes(callbacks, daysKept + DELETION_DAYS);
  const logGigabytes = (callbacks * TASK.logBytes) / GIGABYTE;
  return [
    ...(behindDoor
      ? []
      : [
          {
            name: 'load balancer capacity',
            quantity: capacityUnitHours(callbacks, rules),
            unit: 'LCU-hour',
            price: PRICES.loadBalancerCapacityUnitHour,
          },
        ]),
    ...(covered || behindDoor
      ? []
      : [perMillion('requests through the web ACL', requests, PRICES.webAclMillionRequests)]),
    ...(antiDdos && !behindDoor
      ? [perMillion('requests through the anti-DDoS group', requests, PRICES.antiDdosMillionRequests)]
      : []),
    perMillion('function calls', invocations, PRICES.lambdaMillionRequests),
    {
      name: 'function time',
      quantity: callbacks * gigabyteSeconds(resources),
      unit: 'GB-s',
      price: PRICES.lambdaGigabyteSecond,
    },
    // A rotating key signs in the function. Each process decrypts it once.
    settings.signing === 'kms'
      ? perMillion('signatures of KMS', callbacks * TASK.signatures, signaturePrice(settings))
      : perMillion('decryptions of signing keys', callbacks * ASSUMED.coldStarts, PRICES.kmsMillionRequests),
    perMillion('write units, new tasks', callbacks * TASK.writeUnits.open, PRICES.dynamodbMillionWriteUnits),
    perMillion(
      'write units, callbacks',
      (callbacks - inBucket) * TASK.writeUnits.callback + inBucket * TASK.writeUnits.callbackToBucket,
      PRICES.dynamodbMillionWriteUnits,
    ),
    perMillion('read units', callbacks * TASK.readUnits, PRICES.dynamodbMillionReadUnits),
    {
      name: 'tables and indexes',
      quantity: stored.tables + stored.indexes,
      unit: 'GB-month',
      price: PRICES.dynamodbGigabyteMonth,
    },
    ...(settings.isProtected
      ? [
          {
            name: 'point-in-time recovery',
            // Its price is based on the size of the tables, without global indexes.
            // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html
            quantity: stored.tables,
            unit: 'GB-month',
            price: PRICES.dynamodbRecoveryGigabyteMonth,
          },
        ]
      : []),
    perMillion('payloads into the bucket', inBucket, PRICES.s3MillionPuts),
    perMillion('payloads out of the bucket', inBucket, PRICES.s3MillionGets),
    {
      name: 'payload bucket',
      quantity: (inBucket * TASK.payloadBytes * (daysKept / DAYS_PER_MONTH)) / GIGABYTE,
      unit: 'GB-month',
      price: PRICES.s3GigabyteMonth,
    },
    perMillion('events', callbacks * TASK.events, PRICES.eventMillion),
    { name: 'logs of functions', quantity: logGigabytes, unit: 'GB', price: PRICES.logGigabyte },
    {
      name: 'logs that are kept',
      quantity: (logGigabytes * LOG_COMPRESSION * settings.logRetentionDays) / DAYS_PER_MONTH,
      unit: 'GB-month',
      price: PRICES.logGigabyteMonth,
    },
    ...(behindDoor
      ? []
      : [
          {
            name: 'logs of the load balancer',
            quantity: (requests * TASK.accessLogBytesPerRequest) / GIGABYTE,
            unit: 'GB-month',
            price: PRICES.s3GigabyteMonth,
          },
        ]),
    {
      name: 'metrics of functions',
      quantity: callbacks === 0 ? 0 : countMetrics(settings),
      unit: 'metric',
      price: PRICES.metric,
    },
    { name: 'data out', quantity: gigabytesOut, unit: 'GB', price: PRICES.gigabyteOut },
    ...(covered
      ? [{ name: 'data out, protected by Shield', quantity: gigabytesOut, unit: 'GB', price: PRICES.shieldGigabyteOut }]
      : []),
  ];
};

/**
 * Storage of the tasks, used tokens and index entries of this many callbacks a month, at any time.
 * @param days that a task is stored
 */
const storedGigabytes = (callbacks: number, days: number) => {
  const gigabyteMonths = (bytes: number, daysKept: number) =>
    (callbacks * (bytes + ITEM_OVERHEAD_BYTES) * (daysKept / DAYS_PER_MONTH)) / GIGABYTE;
  return {
    tables: gigabyteMonths(STORED.task, days) + gigabyteMonths(STORED.jti, TASK.days + JTI_DAYS + DELETION_DAYS),
    indexes: STORED.indexEntries.reduce((sum, bytes) => sum + gigabyteMonths(bytes, days), 0),
  };
};

/** Costs of the schedules, independent of the number of callbacks. */
export const scheduledCosts = (
  { dispatchedProcessors }: Pick<PricedSettings, 'dispatchedProcessors'>,
  resources: readonly TemplateResource[],
): readonly CostItem[] => [
  ...scheduleCosts('schedule that expires tasks', SCHEDULES.expiry, memoryOf('Expires', resources)),
  ...scheduleCosts('schedule of bulk revocations', SCHEDULES.revocations, memoryOf('Revokes', resources)),
  ...(dispatchedProcessors === 0
    ? []
    : scheduleCosts(
        'schedule of dispatch',
        { ...SCHEDULES.dispatch, readUnits: dispatchedProcessors * SCHEDULES.dispatch.readUnits },
        memoryOf('Sends the work', resources),
      )),
  // With `signing: { kind: 'kms' }` an environment may have no such function.
  ...(hasFunction(ROTATES, resources)
    ? [
        ...scheduleCosts('schedule of signing keys', SCHEDULES.rotation, memoryOf(ROTATES, resources)),
        newSigningKeys(functionOf(ROTATES, resources)),
      ]
    : []),
];

/** Beginning of the description of the function that rotates signing keys. */
const ROTATES = 'Makes and imports';

/** One key pair for each time that a key signs. */
const newSigningKeys = ({ Properties }: TemplateResource): CostItem => {
  const { Variables = {} } = (Properties?.Environment ?? {}) as {
    readonly Variables?: Readonly<Record<string, string>>;
  };
  const { SIGNING_ALGORITHM, SIGNING_EVERY_SECONDS } = Variables;
  const pairs = (HOURS_PER_MONTH * 3_600) / Number(SIGNING_EVERY_SECONDS);
  const price = SIGNING_ALGORITHM === 'RS256' ? PRICES.kmsMillionRsaKeyPairs : PRICES.kmsMillionEccKeyPairs;
  return perMillion('new signing keys', pairs, price);
};

type Schedule = Readonly<Record<keyof (typeof SCHEDULES)['expiry'], number>>;

const scheduleCosts = (
  name: string,
  { milliseconds, perMonth, readUnits, writeUnits }: Schedule,
  gigabytes: number,
): readonly CostItem[] => [
  {
    name,
    quantity: perMonth / MILLION,
    unit: 'million calls',
    price: PRICES.schedulerMillion + PRICES.lambdaMillionRequests,
  },
  functionTime('its function time', perMonth * milliseconds * gigabytes),
  perMillion('its read units', perMonth * readUnits, PRICES.dynamodbMillionReadUnits),
  ...(writeUnits === 0 ? [] : [perMillion('its write units', perMonth * writeUnits, PRICES.dynamodbMillionWriteUnits)]),
];

/** Price of a million signatures with the current key. */
const signaturePrice = ({ signingKeys }: PricedSettings): number =>
  signingKeys.some(({ algorithm, use }) => use === 'current' && algorithm === 'RS256')
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
  (Object.keys(INVOCATIONS) as readonly (keyof typeof INVOCATIONS)[]).reduce((sum, name) => {
    const gigabytes = memoryOf(DESCRIBED[name], resources);
    return sum + (INVOCATIONS[name].count * durationOf(name, gigabytes) * gigabytes) / 1_000;
  }, 0);

/** Milliseconds that Lambda bills for an event on average, with the share of new processes. It rounds up each event. */
const durationOf = (name: keyof typeof INVOCATIONS, gigabytes: number): number => {
  const { coldMilliseconds, cpuMilliseconds } = MEASURED_FUNCTIONS[name];
  const { waiting } = INVOCATIONS[name];
  const share = Math.min(1, (gigabytes * 1_024) / ONE_VCPU_MEGABYTES);
  const warm = Math.ceil(cpuMilliseconds / share + waiting);
  // A new process also reads keys or settings, in one request.
  const cold = Math.ceil(coldMilliseconds / share + 2 * waiting);
  return (1 - ASSUMED.coldStarts) * warm + ASSUMED.coldStarts * cold;
};

/** Beginning of each function's description in the template. */
const DESCRIBED = { 'create-task': 'Opens', receive: 'Receives', tasks: 'Lists', publish: 'Publishes' } as const;

/** Memory of a function in GB. */
export const memoryOf = (description: string, resources: readonly TemplateResource[]): number =>
  Number(functionOf(description, resources).Properties?.MemorySize) / 1_024;

const isFunction =
  (description: string) =>
  ({ Properties, Type }: TemplateResource): boolean =>
    Type === 'AWS::Lambda::Function' && String(Properties?.Description).startsWith(description);

const hasFunction = (description: string, resources: readonly TemplateResource[]): boolean =>
  resources.some(isFunction(description));

/** @throws {Error} if no function has a description that begins with this */
export const functionOf = (description: string, resources: readonly TemplateResource[]): TemplateResource => {
  const match = resources.find(isFunction(description));
  if (match === undefined) throw new Error(`No function has a description that begins with "${description}".`);
  return match;
};

/** Metrics of environments that resume workflows, send work to processors, or have applications that open tasks by an invocation. */
const OF_RESUMED: readonly string[] = [
  'WorkflowResumed',
  'ResumeRefused',
  'ResumeDelay',
] satisfies readonly MetricName[];
const OF_DISPATCHED: readonly string[] = [
  'DispatchAccepted',
  'DispatchRetried',
  'DispatchFailed',
  'DispatchDelay',
  'DispatchOldest',
  'ProcessorPaused',
] satisfies readonly MetricName[];
const OF_INVOCATIONS: readonly string[] = ['InvocationUnavailable'] satisfies readonly MetricName[];

/** Metrics that are billed: one for the environment, and one for each processor or reason. */
const countMetrics = (settings: PricedSettings): number =>
  Object.entries(METRICS)
    .filter(([name]) => settings.resumesWorkflows || !OF_RESUMED.includes(name))
    .filter(([name]) => settings.dispatchedProcessors > 0 || !OF_DISPATCHED.includes(name))
    .filter(([name]) => settings.hasInvocationTargets || !OF_INVOCATIONS.includes(name))
    .reduce((sum, [name, { by }]) => {
      const processors = OF_DISPATCHED.includes(name) ? settings.dispatchedProcessors : settings.processors;
      const values = by === 'Processor' ? processors : by === 'Reason' ? REFUSAL_REASONS : 0;
      return sum + 1 + values;
    }, 0);
