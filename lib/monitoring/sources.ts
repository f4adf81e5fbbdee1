import type { CfnTargetGroup, IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { FrontFunction } from '../../lambda/contract/routes.ts';
import { ROUTES } from '../../lambda/contract/routes.ts';
import type { GatewayFunction } from '../../lambda/contract/variables.ts';
import type { Environment } from '../config/environment.ts';
import type { WebAcl, WebAclMetrics } from '../edge/web-acl.ts';
import type { DeadLetterFunction } from '../events/dead-letters.ts';
import type { PosternFunction } from '../functions/postern-function.ts';
import type { State } from '../state/state.ts';

export type TableName = 'tasks' | 'jtis' | 'lookups' | 'audit' | 'signingKeys';

/** Names of an environment's resources, as the dimensions of their metrics have them. */
export interface Sources {
  readonly environmentName: string;
  readonly region: string;
  /** `app/NAME/ID`. */
  readonly loadBalancer: string;
  readonly loadBalancerArn: string;
  /** `targetgroup/NAME/ID` of the target group with the health check. */
  readonly healthTarget: string;
  readonly webAcl: WebAclMetrics;
  readonly functions: Readonly<Record<GatewayFunction, string>>;
  readonly tables: Readonly<Record<TableName, string>>;
  /** Names of the dead-letter queues. */
  readonly deadLetters: Readonly<Record<DeadLetterFunction, string>>;
}

export interface MonitoredConstructs {
  readonly environment: Pick<Environment, 'name' | 'region'>;
  readonly loadBalancer: Pick<IApplicationLoadBalancer, 'loadBalancerArn'> & { readonly loadBalancerFullName: string };
  readonly targetGroups: Readonly<Record<FrontFunction, CfnTargetGroup>>;
  readonly webAcl: Pick<WebAcl, 'metrics'>;
  readonly functions: { readonly [F in GatewayFunction]: PosternFunction<F> };
  readonly state: Pick<State, Exclude<TableName, 'signingKeys'> | 'signingKeysTable'>;
  readonly deadLetters: Readonly<Record<DeadLetterFunction, IQueue>>;
}

/** Collects the names that CloudWatch has for the constructs of a gateway. */
export const sourcesOf = (constructs: MonitoredConstructs): Sources => ({
  environmentName: constructs.environment.name,
  region: constructs.environment.region,
  loadBalancer: constructs.loadBalancer.loadBalancerFullName,
  loadBalancerArn: constructs.loadBalancer.loadBalancerArn,
  healthTarget: constructs.targetGroups[ROUTES.health.function].attrTargetGroupFullName,
  webAcl: constructs.webAcl.metrics,
  functions: mapValues(constructs.functions, (one) => one.function.functionName),
  tables: {
    tasks: constructs.state.tasks.table.tableName,
    jtis: constructs.state.jtis.table.tableName,
    lookups: constructs.state.lookups.table.tableName,
    audit: constructs.state.audit.table.tableName,
    signingKeys: constructs.state.signingKeysTable.table.tableName,
  },
  deadLetters: mapValues(constructs.deadLetters, (queue) => queue.queueName),
});

const mapValues = <K extends string, T>(all: Readonly<Record<K, T>>, name: (one: T) => string): Record<K, string> =>
  Object.fromEntries(Object.entries<T>(all).map(([key, one]) => [key, name(one)])) as Record<K, string>;
