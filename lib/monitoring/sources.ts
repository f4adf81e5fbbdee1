import type { FunctionName } from '../../lambda/contract/environment-variables.ts';
import type { BackgroundFunction } from '../functions/background-functions.ts';

/** A metric as CloudWatch knows it. Complete: with a dimension more or fewer it is another metric. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** What it is called where it stands beside others. */
  readonly label?: string | undefined;
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
