import type { Duration } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import type { PosternFunction } from '../functions/postern-function.ts';

export interface AsynchronousCallsProps<F extends FunctionName> {
  readonly function: PosternFunction<F>;
  /** How often a call that failed is tried again: 0 to 2. */
  readonly retryAttempts: number;
  /** For how long a call that the function had no room for is tried again: a minute to six hours. */
  readonly maxEventAge: Duration;
  /** Gets what was given up. */
  readonly deadLetters: IQueue;
}

/**
 * What becomes of a call that nobody waits for. The service that makes one has done its part when Lambda has taken it:
 * its own retries and dead letters are about calls that Lambda did not take.
 */
export class AsynchronousCalls<F extends FunctionName> extends Construct {
  constructor(scope: Construct, id: string, props: AsynchronousCallsProps<F>) {
    super(scope, id);
    const { queueArn } = props.deadLetters;
    Grant.addToPrincipal({ grantee: props.function, actions: ['sqs:SendMessage'], resourceArns: [queueArn] });
    const config = new EventInvokeConfig(this, 'Resource', {
      function: props.function.function,
      qualifier: props.function.alias.aliasName,
      retryAttempts: props.retryAttempts,
      maxEventAge: props.maxEventAge,
      onFailure: { bind: () => ({ destination: queueArn }) },
    });
    // Lambda tries the rights of the role when the configuration is made, which only names the alias.
    config.node.addDependency(props.function.role, props.function.alias);
  }
}
