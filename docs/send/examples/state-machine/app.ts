import { App } from 'aws-cdk-lib';
import { InvocationTarget } from '../../../../sender/invocation-target.ts';
import { StateMachineExample } from './stack.ts';

const app = new App();
new StateMachineExample(app, 'InvoicesStateMachine', {
  target: InvocationTarget.fromArn(app.node.getContext('target')),
  processorUrl: app.node.getContext('processorUrl'),
});
