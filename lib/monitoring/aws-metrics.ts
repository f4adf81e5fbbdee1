import { DISPATCHING_FUNCTIONS, RESUMING_FUNCTIONS } from '../../lambda/contract/variables.ts';
import type { ByDeadLetterFunction } from '../events/dead-letters.ts';
import type { ByFunction } from '../functions/gateway-functions.ts';
import { ALIAS } from '../functions/postern-function.ts';
import { END_INDEXES } from '../state/task-indexes.ts';
import type { MetricIdentity } from './metric.ts';
import type { Sources, TableName } from './sources.ts';

type Metrics = (sources: Sources) => readonly MetricIdentity[];

/**
 * A metric of a queue; none if the queue does not exist.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
const ofQueue = (name: QueueMetric, queue: string | undefined, label: string): readonly MetricIdentity[] =>
  queue === undefined ? [] : [{ namespace: 'AWS/SQS', name, dimensions: { QueueName: queue }, label }];

type QueueMetric =
  | 'ApproximateAgeOfOldestMessage'
  | 'ApproximateNumberOfMessagesDelayed'
  | 'ApproximateNumberOfMessagesNotVisible'
  | 'ApproximateNumberOfMessagesVisible';

/** Messages in the dead-letter queues of functions. */
export const deadLettersOf =
  (...names: readonly (keyof ByDeadLetterFunction<unknown>)[]): Metrics =>
  ({ deadLetters }) =>
    names.flatMap((name) => ofQueue('ApproximateNumberOfMessagesVisible', deadLetters[name], name));

/** Seconds since the oldest outcome came into its queue. It includes outcomes that wait for their next attempt. */
export const ageOfOutcomes: Metrics = ({ outcomes }) => ofQueue('ApproximateAgeOfOldestMessage', outcomes, 'oldest');

/** Outcomes in their queue: those that can be received, and those that are worked on or wait for their next attempt. */
export const countOfOutcomes: Metrics = ({ outcomes }) => [
  ...ofQueue('ApproximateNumberOfMessagesVisible', outcomes, 'new'),
  ...ofQueue('ApproximateNumberOfMessagesNotVisible', outcomes, 'received'),
];

/** Messages in the queues of processors. They include those that wait for their time, up to 15 minutes. */
export const countOfDispatches: Metrics = ({ dispatches }) =>
  Object.entries(dispatches).flatMap(([processor, queue]) => [
    ...ofQueue('ApproximateNumberOfMessagesVisible', queue, `${processor}, new`),
    ...ofQueue('ApproximateNumberOfMessagesDelayed', queue, `${processor}, later`),
  ]);

/** The dimension `Region` is part of the metric: https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html */
export const blockedCallbacks: Metrics = ({ region, webAcl }) =>
  webAcl === undefined
    ? []
    : webAcl.callbackRules.map((rule) => ({
        namespace: 'AWS/WAFV2',
        name: 'BlockedRequests',
        dimensions: { Region: region, Rule: rule, WebACL: webAcl.metricName },
        label: rule,
      }));

/** Metrics of the web ACL, over all rules. */
export const ofWebAcl =
  (...metrics: readonly ('AllowedRequests' | 'BlockedRequests')[]): Metrics =>
  ({ region, webAcl }) =>
    webAcl === undefined
      ? []
      : metrics.map((name) => ({
          namespace: 'AWS/WAFV2',
          name,
          dimensions: { Region: region, Rule: 'ALL', WebACL: webAcl.metricName },
          label: name,
        }));

/** A function that may be in a gateway. */
type AnyFunction = keyof ByFunction<unknown>;

/** Functions that processors and applications call and wait for. */
const CRITICAL: readonly AnyFunction[] = ['receive', 'create-task', 'tasks'];

export const isCritical = (name: AnyFunction): boolean => CRITICAL.includes(name);
/** True for functions that resume workflows. They have separate alarms, because an alarm has at most ten metrics. */
export const isResuming = (name: AnyFunction): boolean => (RESUMING_FUNCTIONS as readonly AnyFunction[]).includes(name);
/** True for functions that send work to processors. They have separate alarms too. */
const isDispatching = (name: AnyFunction): boolean => (DISPATCHING_FUNCTIONS as readonly AnyFunction[]).includes(name);
export const isNotCritical = (name: AnyFunction): boolean =>
  !isCritical(name) && !isResuming(name) && !isDispatching(name);

type FunctionMetric = 'Errors' | 'Throttles' | 'Invocations' | 'Duration' | 'ConcurrentExecutions' | 'IteratorAge';

/**
 * A metric of functions, over all their versions. Errors of `create-task` are only those of the alias that the load balancer
 * calls: applications invoke other aliases, and there a refusal counts as an error too.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
 */
export const ofFunctions =
  (metric: FunctionMetric, which: (name: AnyFunction) => boolean): Metrics =>
  ({ functions }) =>
    (Object.entries(functions) as [AnyFunction, string][])
      .filter(([name]) => which(name))
      .map(([name, FunctionName]) => ({
        namespace: 'AWS/Lambda',
        name: metric,
        dimensions: {
          FunctionName,
          ...(metric === 'Errors' && name === 'create-task' && { Resource: `${FunctionName}:${ALIAS}` }),
        },
        label: name,
      }));

type LoadBalancerMetric =
  | 'RequestCount'
  | 'HTTPCode_ELB_4XX_Count'
  | 'HTTPCode_ELB_5XX_Count'
  | 'HTTPCode_Target_5XX_Count'
  | 'LowReputationPacketsDropped'
  | 'LowReputationRequestsDenied';

/**
 * Metrics of the load balancer.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 */
export const ofLoadBalancer =
  (...metrics: readonly LoadBalancerMetric[]): Metrics =>
  ({ loadBalancer }) =>
    loadBalancer === undefined
      ? []
      : metrics.map((name) => ({
          namespace: 'AWS/ApplicationELB',
          name,
          dimensions: { LoadBalancer: loadBalancer.name },
          label: name,
        }));

/**
 * Above 0 during an attack. Shield Advanced reports it for protected resources only.
 * https://docs.aws.amazon.com/waf/latest/developerguide/shield-metrics.html
 */
export const attacks: Metrics = ({ protectedArns }) =>
  protectedArns.map((arn) => ({
    namespace: 'AWS/DDoSProtection',
    name: 'DDoSDetected',
    dimensions: { ResourceArn: arn },
  }));

/** CloudWatch reports it only for target groups with a health check. */
export const unhealthyTargets: Metrics = ({ loadBalancer }) =>
  loadBalancer === undefined
    ? []
    : [
        {
          namespace: 'AWS/ApplicationELB',
          name: 'UnHealthyHostCount',
          dimensions: { LoadBalancer: loadBalancer.name, TargetGroup: loadBalancer.healthTarget },
        },
      ];

type DoorBalancerMetric =
  | 'UnHealthyHostCount'
  | 'HealthyHostCount'
  | 'NewFlowCount'
  | 'TCP_Client_Reset_Count'
  | 'TCP_Target_Reset_Count';

/**
 * Metrics of the network door's load balancer, for its one target group where they are of targets.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html
 */
export const ofDoorBalancer =
  (...metrics: readonly DoorBalancerMetric[]): Metrics =>
  ({ door }) =>
    door === undefined
      ? []
      : metrics.map((name) => ({
          namespace: 'AWS/NetworkELB',
          name,
          dimensions: {
            LoadBalancer: door.loadBalancer,
            ...(name.endsWith('HostCount') && { TargetGroup: door.targetGroup }),
          },
          label: name,
        }));

/**
 * Metrics of the network door's tasks, in percent of what they have.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
 */
export const ofDoorTasks =
  (...metrics: readonly ('CPUUtilization' | 'MemoryUtilization')[]): Metrics =>
  ({ door }) =>
    door === undefined
      ? []
      : metrics.map((name) => ({
          namespace: 'AWS/ECS',
          name,
          dimensions: { ClusterName: door.cluster, ServiceName: door.service },
          label: name,
        }));

/**
 * Operations that the functions call on each table. DynamoDB counts errors by table and operation. A transaction counts
 * under its own name on every table that it touches.
 */
const TABLE_OPERATIONS = {
  tasks: ['BatchGetItem', 'GetItem', 'PutItem', 'Query', 'TransactWriteItems', 'UpdateItem'],
  jtis: ['BatchGetItem', 'GetItem', 'TransactWriteItems'],
  lookups: ['DeleteItem', 'GetItem', 'PutItem', 'TransactWriteItems', 'UpdateItem'],
  audit: ['BatchGetItem', 'PutItem', 'Query', 'TransactWriteItems'],
  signingKeys: ['Query', 'TransactWriteItems'],
} as const satisfies Record<TableName, readonly string[]>;

/** Joins the metrics of several sources. */
export const together =
  (...all: readonly Metrics[]): Metrics =>
  (sources) =>
    all.flatMap((metrics) => metrics(sources));

/** Errors of each operation: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html */
export const tableSystemErrors =
  (...names: readonly TableName[]): Metrics =>
  (sources) =>
    names.flatMap((table) =>
      TABLE_OPERATIONS[table].flatMap((operation) => operationErrors(table, operation)(sources)),
    );

/** Errors of one operation. */
export const operationErrors =
  <T extends TableName>(table: T, operation: (typeof TABLE_OPERATIONS)[T][number]): Metrics =>
  ({ tables }) => [
    {
      namespace: 'AWS/DynamoDB',
      name: 'SystemErrors',
      dimensions: { TableName: tables[table], Operation: operation },
      label: `${table} ${operation}`,
    },
  ];

/** Throttles of reads and writes of tables. */
export const tableThrottles: Metrics = (sources) => [
  ...ofTables('ReadThrottleEvents')(sources),
  ...ofTables('WriteThrottleEvents')(sources),
];

type TableMetric =
  | 'ReadThrottleEvents'
  | 'WriteThrottleEvents'
  | 'ConsumedReadCapacityUnits'
  | 'ConsumedWriteCapacityUnits';

/** A metric of every table, without indexes. */
export const ofTables =
  (metric: TableMetric): Metrics =>
  ({ tables }) =>
    (Object.keys(tables) as TableName[]).map((table) => ({
      namespace: 'AWS/DynamoDB',
      name: metric,
      dimensions: { TableName: tables[table] },
      label: `${table} ${metric}`,
    }));

/** A metric of every index of the tasks table. */
export const ofIndexes =
  (metric: TableMetric): Metrics =>
  ({ tables }) =>
    END_INDEXES.map(({ name }) => ({
      namespace: 'AWS/DynamoDB',
      name: metric,
      dimensions: { TableName: tables.tasks, GlobalSecondaryIndexName: name },
      label: `tasks/${name} ${metric}`,
    }));
