import { CfnOutput } from 'aws-cdk-lib';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { NetworkDoor } from './edge/door/network-door.ts';
import type { DeadLetterQueues } from './events/dead-letters.ts';
import type { GatewayFunctions } from './functions/gateway-functions.ts';
import type { InvocationTarget } from './functions/invocation-targets.ts';
import { invocationTargetOutput, senderClientOutput } from './names.ts';

export interface GatewayOutputsProps {
  readonly origin: string;
  readonly loadBalancer: IApplicationLoadBalancer | undefined;
  readonly door: NetworkDoor | undefined;
  /** Undefined without a console. */
  readonly consoleOrigin: string | undefined;
  readonly eventBus: Pick<IEventBus, 'eventBusName'>;
  readonly deadLetters: DeadLetterQueues;
  readonly outcomes: IQueue | undefined;
  readonly functions: GatewayFunctions;
  readonly invocationTargets: readonly InvocationTarget[];
  /** Ids of the clients that the user pool has for applications, by application. */
  readonly senderClients: Readonly<Record<string, string>>;
}

/** Addresses that clients need, and generated names that the runbook's commands need. */
export const gatewayOutputs = (stack: Construct, props: GatewayOutputsProps): void => {
  const output = (name: string, value: string, description: string) =>
    new CfnOutput(stack, name, { value, description });

  output('Origin', props.origin, 'Origin of callback URLs and of the sender API');
  if (props.loadBalancer !== undefined) {
    output(
      'LoadBalancerName',
      props.loadBalancer.loadBalancerDnsName,
      'DNS name of the load balancer, the target of the domain’s DNS record',
    );
    output('LoadBalancerArn', props.loadBalancer.loadBalancerArn, 'ARN of the load balancer, for zonal shift');
  }
  if (props.door !== undefined) doorOutputs(output, props.door, props.consoleOrigin);
  output('EventBusName', props.eventBus.eventBusName, 'Event bus with the changes of tasks');
  for (const { application, arn } of props.invocationTargets) {
    output(
      invocationTargetOutput(application),
      arn,
      `Function that the application ${application} invokes to create tasks`,
    );
  }
  for (const [application, clientId] of Object.entries(props.senderClients)) {
    output(
      senderClientOutput(application),
      clientId,
      `Client of the application ${application} in the user pool; the pool has its secret`,
    );
  }
  for (const [name, { queueUrl }] of Object.entries(props.deadLetters)) {
    output(`${pascalCase(name)}DeadLettersUrl`, queueUrl, `Dead-letter queue of the function ${name}`);
  }
  if (props.outcomes !== undefined) {
    output('OutcomeQueueUrl', props.outcomes.queueUrl, 'Queue of outcomes that waiting workflows are still to be told');
  }
  for (const [
    name,
    {
      function: { functionName },
      logGroup,
    },
  ] of Object.entries(props.functions)) {
    output(`${pascalCase(name)}FunctionName`, functionName, `Function ${name}; callers use its alias live`);
    output(`${pascalCase(name)}LogGroupName`, logGroup.logGroupName, `Log group of the function ${name}`);
  }
};

type Output = (name: string, value: string, description: string) => void;

const doorOutputs = (output: Output, { balancer, logGroup, service }: NetworkDoor, consoleOrigin?: string): void => {
  const { loadBalancerArn, loadBalancerDnsName } = balancer.loadBalancer;
  output('DoorName', loadBalancerDnsName, 'DNS name of the network door, the target of the domain’s DNS record');
  output('DoorArn', loadBalancerArn, 'ARN of the load balancer of the network door, for zonal shift');
  output(
    'DoorAddresses',
    balancer.addresses.map(({ attrPublicIp }) => attrPublicIp).join(','),
    'Elastic IP addresses of the network door',
  );
  output('DoorClusterName', service.cluster.clusterName, 'Cluster of the network door in ECS');
  output('DoorServiceName', service.service.serviceName, 'Service of the network door in ECS');
  output('DoorLogGroupName', logGroup.logGroupName, 'Log group of the network door');
  if (consoleOrigin !== undefined) output('ConsoleOrigin', consoleOrigin, 'Origin of the console');
};

/** Makes an output name, which must be alphanumeric: `create-task` → `CreateTask`. */
const pascalCase = (name: string): string =>
  name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
