import type { FunctionName } from '../../lambda/contract/environment-variables.ts';
import type { MetricName } from '../../lambda/contract/metrics.ts';
import { ENVIRONMENT_DIMENSION, METRIC_NAMESPACE } from '../../lambda/contract/metrics.ts';
import type { BackgroundFunction } from '../functions/background-functions.ts';

/** A metric as CloudWatch knows it. Complete: with a dimension more or fewer it is another metric. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** What it is called where it stands beside others. */
  readonly label?: string;
}

/** What an environment has that can be watched, by the names that stand in the dimensions of its metrics. */
export interface Sources {
  readonly environmentName: string;
  readonly region: string;
  /** `app/NAME/ID`. */
  readonly loadBalancer: string;
  readonly loadBalancerArn: string;
  /** `targetgroup/NAME/ID` of the target that the load balancer asks for its health. */
  readonly healthTarget: string;
  readonly webAcl: WebAclMetrics;
  readonly functions: Readonly<Record<FunctionName, string>>;
  readonly tables: Readonly<Record<TableName, string>>;
  /** Names of the queues. */
  readonly deadLetters: Readonly<Record<BackgroundFunction, string>>;
}

export type TableName = 'tasks' | 'jtis' | 'lookups';

/** How a web ACL counts what it blocks. */
export interface WebAclMetrics {
  readonly metricName: string;
  /** Metric names of the rules that can block a callback. */
  readonly callbackRules: readonly string[];
}

/** What the functions count, over all of it. */
export const counted =
  (metric: MetricName) =>
  ({ environmentName }: Sources): readonly MetricIdentity[] => [
    { namespace: METRIC_NAMESPACE, name: metric, dimensions: { [ENVIRONMENT_DIMENSION]: environmentName } },
  ];

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
export const deadLettersOf =
  (name: BackgroundFunction) =>
  ({ deadLetters }: Sources): readonly MetricIdentity[] => [
    {
      namespace: 'AWS/SQS',
      name: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: deadLetters[name] },
    },
  ];

/** Without `Region` it would be no metric: https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html */
export const blockedCallbacks = ({ region, webAcl }: Sources): readonly MetricIdentity[] =>
  webAcl.callbackRules.map((rule) => ({
    namespace: 'AWS/WAFV2',
    name: 'BlockedRequests',
    dimensions: { Region: region, Rule: rule, WebACL: webAcl.metricName },
    label: rule,
  }));
