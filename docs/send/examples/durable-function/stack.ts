import { fileURLToPath } from 'node:url';
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Alias, type IVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import type { InvocationTarget } from '../../../../sender/invocation-target.ts';

export interface DurableFunctionExampleProps extends StackProps {
  readonly target: InvocationTarget;
  /** Address of the processor's API. */
  readonly processorUrl: string;
}

/** A durable function that has invoices recognised by an outside system. Its event is `{ invoice, document }`. */
export class DurableFunctionExample extends Stack {
  readonly workflow: NodejsFunction;

  constructor(scope: Construct, id: string, { processorUrl, target, ...props }: DurableFunctionExampleProps) {
    super(scope, id, props);
    this.workflow = new NodejsFunction(this, 'Recognise', {
      // `resumes` has the ARN, so the name is fixed.
      functionName: 'RecogniseInvoices',
      entry: fileURLToPath(new URL('recognise.ts', import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      // Of one invocation. The execution waits without one.
      timeout: Duration.minutes(1),
      durableConfig: { executionTimeout: Duration.days(1), retentionPeriod: Duration.days(14) },
      // The SDK of durable functions needs a Lambda client that knows their API, and the runtime may have an older one.
      bundling: { bundleAwsSDK: true },
      environment: { INVOCATION_TARGET: target.arn, PROCESSOR_URL: processorUrl },
    });
    target.grantOpen(this.workflow);

    // A durable function is invoked by a version or an alias. An execution stays with the version that began it.
    // https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html
    const live = new Alias(this, 'Live', { aliasName: 'live', version: this.workflow.currentVersion as IVersion });
    new CfnOutput(this, 'Invoke', { value: live.functionArn });
    new CfnOutput(this, 'Invoker', {
      value: this.workflow.role?.roleArn ?? '',
      description: '`invokers` of the application',
    });
    new CfnOutput(this, 'Resumes', {
      value: `${this.workflow.functionArn}:*`,
      description: '`resumes` of the application',
    });
  }
}
