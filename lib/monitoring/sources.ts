import type { CfnTargetGroup, IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { FrontFunction } from '../../lambda/contract/routes.ts';
import { ROUTES } from '../../lambda/contract/routes.ts';
import type { Environment } from '../config/environment.ts';
import type { NetworkDoor } from '../edge/door/network-door.ts';
import type { WebAcl, WebAclMetrics } from '../edge/web-acl.ts';
import type { ByDeadLetterFunction, DeadLetterQueues } from '../events/dead-letters.ts';
import type { ByFunction, GatewayFunctions } from '../functions/gateway-functions.ts';
import type { State } from '../state/state.ts';

export type TableName = 'tasks' | 'jtis' | 'lookups' | 'audit' | 'signingKeys';

/** Names of an environment's resources, as the dimensions of their metrics have them. */
export interface Sources {
  readonly environmentName: string;
  readonly region: string;
  /** Undefined if every request comes through the network door and there is no console. */
  readonly loadBalancer: LoadBalancerSources | undefined;
  /** Undefined without a load balancer. */
  readonly webAcl: WebAclMetrics | undefined;
  /** Undefined without the network door. */
  readonly door: DoorSources | undefined;
  /** ARNs of the load balancer and of the addresses that Shield Advanced protects. */
  readonly protectedArns: readonly string[];
  readonly functions: ByFunction<string>;
  readonly tables: Readonly<Record<TableName, string>>;
  /** Names of the dead-letter queues. */
  readonly deadLetters: ByDeadLetterFunction<string>;
  /** Name of the queue of outcomes; undefined if no application may resume a workflow. */
  readonly outcomes: string | undefined;
  /** Names of the queues of processors that work is sent to, by the ids of the processors. */
  readonly dispatches: Readonly<Record<string, string>>;
}

export interface LoadBalancerSources {
  /** `app/NAME/ID`. */
  readonly name: string;
  /** `targetgroup/NAME/ID` of the target group with the health check. */
  readonly healthTarget: string;
}

export interface DoorSources {
  /** `net/NAME/ID`. */
  readonly loadBalancer: string;
  /** `targetgroup/NAME/ID` of the tasks. */
  readonly targetGroup: string;
  /** Names of the cluster and of the service in ECS. */
  readonly cluster: string;
  readonly service: string;
}

export interface MonitoredConstructs {
  readonly environment: Pick<Environment, 'name' | 'region'>;
  readonly loadBalancer:
    | (Pick<IApplicationLoadBalancer, 'loadBalancerArn'> & { readonly loadBalancerFullName: string })
    | undefined;
  readonly targetGroups: Partial<Readonly<Record<FrontFunction, CfnTargetGroup>>> | undefined;
  readonly webAcl: Pick<WebAcl, 'metrics'> | undefined;
  readonly door: NetworkDoor | undefined;
  readonly functions: GatewayFunctions;
  readonly state: Pick<State, Exclude<TableName, 'signingKeys'> | 'signingKeysTable'>;
  readonly deadLetters: DeadLetterQueues;
  readonly outcomes: IQueue | undefined;
  /** Queues of processors that work is sent to, by the ids of the processors. */
  readonly dispatches: ReadonlyMap<string, IQueue>;
}

/** Collects the names that CloudWatch has for the constructs of a gateway. */
export const sourcesOf = (constructs: MonitoredConstructs): Sources => ({
  environmentName: constructs.environment.name,
  region: constructs.environment.region,
  loadBalancer: loadBalancerSources(constructs),
  webAcl: constructs.webAcl?.metrics,
  door: constructs.door && doorSources(constructs.door),
  protectedArns: [
    ...(constructs.loadBalancer === undefined ? [] : [constructs.loadBalancer.loadBalancerArn]),
    ...(constructs.door?.balancer.addressArns ?? []),
  ],
  functions: namesOf(constructs.functions, (one) => one.function.functionName),
  tables: {
    tasks: constructs.state.tasks.table.tableName,
    jtis: constructs.state.jtis.table.tableName,
    lookups: constructs.state.lookups.table.tableName,
    audit: constructs.state.audit.table.tableName,
    signingKeys: constructs.state.signingKeysTable.table.tableName,
  },
  deadLetters: namesOf(constructs.deadLetters, (queue) => queue.queueName),
  outcomes: constructs.outcomes?.queueName,
  dispatches: Object.fromEntries(
    [...constructs.dispatches].map(([processor, { queueName }]) => [processor, queueName]),
  ),
});

const loadBalancerSources = ({
  loadBalancer,
  targetGroups,
}: Pick<MonitoredConstructs, 'loadBalancer' | 'targetGroups'>): LoadBalancerSources | undefined => {
  const health = targetGroups?.[ROUTES.health.function];
  return loadBalancer === undefined || health === undefined
    ? undefined
    : { name: loadBalancer.loadBalancerFullName, healthTarget: health.attrTargetGroupFullName };
};

const doorSources = ({ balancer, service }: NetworkDoor): DoorSources => ({
  loadBalancer: balancer.loadBalancer.loadBalancerFullName,
  targetGroup: balancer.targetGroup.targetGroupFullName,
  cluster: service.cluster.clusterName,
  service: service.service.serviceName,
});

/** Returns an object with the same members. A member that is optional stays so. */
const namesOf = <M extends object>(
  all: M,
  name: (one: NonNullable<M[keyof M]>) => string,
): { readonly [K in keyof M]: string } =>
  Object.fromEntries(Object.entries(all).map(([key, one]) => [key, name(one)])) as { [K in keyof M]: string };
