import { App } from 'aws-cdk-lib';
import { InvocationTarget } from '../../../../sender/invocation-target.ts';
import { DurableFunctionExample } from './stack.ts';

const app = new App();
new DurableFunctionExample(app, 'InvoicesDurableFunction', {
  target: InvocationTarget.fromArn(app.node.getContext('target')),
  processorUrl: app.node.getContext('processorUrl'),
});
