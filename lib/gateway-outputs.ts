import { CfnOutput } from 'aws-cdk-lib';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { DeadLetterQueues } from './events/dead-letters.ts';
import type { GatewayFunctions } from './functions/gateway-functions.ts';
import type { InvocationTarget } from './functions/invocation-targets.ts';
import { invocationTargetOutput, senderClientOutput } from './names.ts';

export interface GatewayOutputsProps {
  readonly origin: string;
  readonly loadBalancer: IApplicationLoadBalancer;
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
  output(
    'LoadBalancerName',
    props.loadBalancer.loadBalancerDnsName,
    'DNS name of the load balancer, the target of the domain’s DNS record',
  );
  output('LoadBalancerArn', props.loadBalancer.loadBalancerArn, 'ARN of the load balancer, for zonal shift');
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

/** Makes an output name, which must be alphanumeric: `create-task` → `CreateTask`. */
const pascalCase = (name: string): string =>
  name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
