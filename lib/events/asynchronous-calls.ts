import type { Duration } from 'aws-cdk-lib';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import type { PosternFunction } from '../functions/postern-function.ts';
import { grantSend } from './dead-letters.ts';

export interface AsynchronousCallsProps<F extends FunctionName> {
  readonly function: PosternFunction<F>;
  /** Retries of a failed call: 0 to 2. */
  readonly retryAttempts: number;
  /** Time during which Lambda retries a throttled call: a minute to six hours. */
  readonly maxEventAge: Duration;
  /**
   * Receives calls that Lambda gave up.
   * @default - such a call is lost; only for functions whose failure loses no work
   */
  readonly deadLetters?: IQueue;
}

/**
 * Retries and dead letters of asynchronous calls. The calling service is done when Lambda has accepted a call; that service's
 * own retries and dead letters cover only calls that Lambda did not accept.
 */
export class AsynchronousCalls<F extends FunctionName> extends Construct {
  constructor(scope: Construct, id: string, props: AsynchronousCallsProps<F>) {
    super(scope, id);
    const { deadLetters } = props;
    if (deadLetters !== undefined) grantSend(deadLetters, props.function);
    const config = new EventInvokeConfig(this, 'Resource', {
      function: props.function.function,
      qualifier: props.function.alias.aliasName,
      retryAttempts: props.retryAttempts,
      maxEventAge: props.maxEventAge,
      ...(deadLetters && { onFailure: { bind: () => ({ destination: deadLetters.queueArn }) } }),
    });
    // Lambda checks the role's permissions when the configuration is created. The configuration names the alias only as text.
    config.node.addDependency(props.function.role, props.function.alias);
  }
}
