import type { FunctionName } from '../../lambda/contract/environment-variables.ts';
import { BY_CREATION_INDEX, BY_DEADLINE_INDEX } from '../../lambda/contract/tables.ts';
import type { BackgroundFunction } from '../functions/background-functions.ts';
import type { MetricIdentity, Sources, TableName } from './sources.ts';

type Watch = (sources: Sources) => readonly MetricIdentity[];

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
export const deadLettersOf =
  (name: BackgroundFunction): Watch =>
  ({ deadLetters }) => [
    {
      namespace: 'AWS/SQS',
      name: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: deadLetters[name] },
      label: name,
    },
  ];

/** Without `Region` it would be no metric: https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html */
export const blockedCallbacks: Watch = ({ region, webAcl }) =>
  webAcl.callbackRules.map((rule) => ({
    namespace: 'AWS/WAFV2',
    name: 'BlockedRequests',
    dimensions: { Region: region, Rule: rule, WebACL: webAcl.metricName },
    label: rule,
  }));

/** Over all rules. */
export const ofWebAcl =
  (...metrics: readonly ('AllowedRequests' | 'BlockedRequests')[]): Watch =>
  ({ region, webAcl }) =>
    metrics.map((name) => ({
      namespace: 'AWS/WAFV2',
      name,
      dimensions: { Region: region, Rule: 'ALL', WebACL: webAcl.metricName },
      label: name,
    }));

/** Functions whose answer a processor or an application waits for. */
const WAITED_FOR: readonly FunctionName[] = ['receive', 'create-task', 'tasks'];

export const isWaitedFor = (name: FunctionName): boolean => WAITED_FOR.includes(name);
export const isOther = (name: FunctionName): boolean => !isWaitedFor(name);

type FunctionMetric = 'Errors' | 'Throttles' | 'Invocations' | 'Duration' | 'ConcurrentExecutions' | 'IteratorAge';

/**
 * A metric of functions, over all their versions.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export const ofFunctions =
  (metric: FunctionMetric, which: (name: FunctionName) => boolean): Watch =>
  ({ functions }) =>
    (Object.keys(functions) as FunctionName[]).filter(which).map((name) => ({
      namespace: 'AWS/Lambda',
      name: metric,
      dimensions: { FunctionName: functions[name] },
      label: name,
    }));

type LoadBalancerMetric =
  | 'RequestCount'
  | 'HTTPCode_ELB_4XX_Count'
  | 'HTTPCode_ELB_5XX_Count'
  | 'HTTPCode_Target_5XX_Count'
  | 'LowReputationPacketsDropped'
  | 'LowReputationRequestsDenied';

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html */
export const ofLoadBalancer =
  (...metrics: readonly LoadBalancerMetric[]): Watch =>
  ({ loadBalancer }) =>
    metrics.map((name) => ({
      namespace: 'AWS/ApplicationELB',
      name,
      dimensions: { LoadBalancer: loadBalancer },
      label: name,
    }));

/**
 * More than 0 while an attack goes on; reported for protected resources alone.
 * https://docs.aws.amazon.com/waf/latest/developerguide/shield-metrics.html
 */
export const attacks: Watch = ({ loadBalancerArn }) => [
  { namespace: 'AWS/DDoSProtection', name: 'DDoSDetected', dimensions: { ResourceArn: loadBalancerArn } },
];

/** Reported for targets that are asked for their health, and for no others. */
export const unhealthyTargets: Watch = ({ healthTarget, loadBalancer }) => [
  {
    namespace: 'AWS/ApplicationELB',
    name: 'UnHealthyHostCount',
    dimensions: { LoadBalancer: loadBalancer, TargetGroup: healthTarget },
  },
];

/**
 * The requests that functions make of each table. DynamoDB counts its errors by table and operation, and a transaction
 * under its own name on every table that it touches.
 */
export const TABLE_OPERATIONS = {
  tasks: ['GetItem', 'PutItem', 'Query', 'TransactWriteItems', 'UpdateItem'],
  jtis: ['GetItem', 'TransactWriteItems'],
  lookups: ['GetItem', 'PutItem', 'TransactWriteItems'],
} as const satisfies Record<TableName, readonly string[]>;

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html */
export const tableSystemErrors: Watch = ({ tables }) =>
  tableNames(tables).flatMap((table) =>
    TABLE_OPERATIONS[table].map((operation) => ({
      namespace: 'AWS/DynamoDB',
      name: 'SystemErrors',
      dimensions: { TableName: tables[table], Operation: operation },
      label: `${table} ${operation}`,
    })),
  );

/** Tables and their indexes: one that cannot follow holds up the writes of its table. */
export const tableThrottles: Watch = (sources) =>
  (['ReadThrottleEvents', 'WriteThrottleEvents'] as const).flatMap((metric) => ofTables(metric, true)(sources));

type TableMetric =
  | 'ReadThrottleEvents'
  | 'WriteThrottleEvents'
  | 'ConsumedReadCapacityUnits'
  | 'ConsumedWriteCapacityUnits';

export const ofTables =
  (metric: TableMetric, indexes: boolean): Watch =>
  ({ tables }) => [
    ...tableNames(tables).map((table) => ({
      namespace: 'AWS/DynamoDB',
      name: metric,
      dimensions: { TableName: tables[table] },
      label: `${table} ${metric}`,
    })),
    ...(indexes ? [BY_CREATION_INDEX, BY_DEADLINE_INDEX] : []).map(({ name }) => ({
      namespace: 'AWS/DynamoDB',
      name: metric,
      dimensions: { TableName: tables.tasks, GlobalSecondaryIndexName: name },
      label: `tasks/${name} ${metric}`,
    })),
  ];

const tableNames = (tables: Sources['tables']): readonly TableName[] => Object.keys(tables) as TableName[];
