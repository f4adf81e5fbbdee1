import { CfnOutput } from 'aws-cdk-lib';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { FunctionName } from '../lambda/contract/variables.ts';
import type { BackgroundFunction } from './events/background-functions.ts';
import type { PosternFunction } from './functions/postern-function.ts';

export interface GatewayOutputsProps {
  readonly origin: string;
  readonly loadBalancer: IApplicationLoadBalancer;
  readonly eventBus: Pick<IEventBus, 'eventBusName'>;
  readonly deadLetters: Readonly<Record<BackgroundFunction, IQueue>>;
  readonly functions: { readonly [F in FunctionName]: PosternFunction<F> };
}

/** What consumers connect to, and the names that the runbook's steps need: CloudFormation made them up. */
export const gatewayOutputs = (stack: Construct, props: GatewayOutputsProps): void => {
  const output = (name: string, value: string, description: string) =>
    new CfnOutput(stack, name, { value, description });

  output('Origin', props.origin, 'Origin of callback URLs and of the sender API');
  output('LoadBalancerName', props.loadBalancer.loadBalancerDnsName, 'What the domain is pointed at');
  output('LoadBalancerArn', props.loadBalancer.loadBalancerArn, 'Load balancer, to leave a zone of');
  output('EventBusName', props.eventBus.eventBusName, 'Bus that changes of tasks are published on');
  for (const [name, { queueUrl }] of Object.entries(props.deadLetters)) {
    output(`${pascalCase(name)}DeadLettersUrl`, queueUrl, `Queue of what the function ${name} could not work on`);
  }
  for (const [
    name,
    {
      function: { functionName },
      logGroup,
    },
  ] of Object.entries(props.functions)) {
    output(`${pascalCase(name)}FunctionName`, functionName, `Function ${name}; callers call its alias live`);
    output(`${pascalCase(name)}LogGroupName`, logGroup.logGroupName, `Log group of the function ${name}`);
  }
};

/** `create-task` → `CreateTask`: names of outputs are alphanumeric. */
const pascalCase = (name: string): string =>
  name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
