import type { CfnTargetGroup, IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { FunctionName } from '../../lambda/contract/environment-variables.ts';
import type { FrontFunction } from '../../lambda/contract/routes.ts';
import { ROUTES } from '../../lambda/contract/routes.ts';
import type { Environment } from '../config/environment.ts';
import type { WebAcl } from '../edge/web-acl.ts';
import type { BackgroundFunction } from '../functions/background-functions.ts';
import type { PosternFunction } from '../functions/postern-function.ts';
import type { StateStack } from '../state/state-stack.ts';
import type { Sources } from './sources.ts';

export interface WatchedConstructs {
  readonly environment: Pick<Environment, 'name' | 'region'>;
  readonly loadBalancer: Pick<IApplicationLoadBalancer, 'loadBalancerArn'> & { readonly loadBalancerFullName: string };
  readonly targetGroups: Readonly<Record<FrontFunction, CfnTargetGroup>>;
  readonly webAcl: Pick<WebAcl, 'metrics'>;
  readonly functions: { readonly [F in FunctionName]: PosternFunction<F> };
  readonly state: Pick<StateStack, 'tasks' | 'jtis' | 'lookups'>;
  readonly deadLetters: Readonly<Record<BackgroundFunction, IQueue>>;
}

/** The names under which CloudWatch knows what a gateway is made of. */
export const sourcesOf = (watched: WatchedConstructs): Sources => ({
  environmentName: watched.environment.name,
  region: watched.environment.region,
  loadBalancer: watched.loadBalancer.loadBalancerFullName,
  loadBalancerArn: watched.loadBalancer.loadBalancerArn,
  healthTarget: watched.targetGroups[ROUTES.health.function].attrTargetGroupFullName,
  webAcl: watched.webAcl.metrics,
  functions: named(watched.functions, (one) => one.function.functionName),
  tables: {
    tasks: watched.state.tasks.table.tableName,
    jtis: watched.state.jtis.table.tableName,
    lookups: watched.state.lookups.table.tableName,
  },
  deadLetters: named(watched.deadLetters, (queue) => queue.queueName),
});

const named = <K extends string, T>(all: Readonly<Record<K, T>>, name: (one: T) => string): Record<K, string> =>
  Object.fromEntries(Object.entries<T>(all).map(([key, one]) => [key, name(one)])) as Record<K, string>;
