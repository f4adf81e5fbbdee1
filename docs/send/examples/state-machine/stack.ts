import { fileURLToPath } from 'node:url';
import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  Choice,
  Condition,
  DefinitionBody,
  Fail,
  LogLevel,
  QueryLanguage,
  StateMachine,
  Succeed,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { InvocationTarget } from '../../../../sender/invocation-target.ts';
import { OpenPosternTask } from '../../../../sender/open-postern-task.ts';

export interface StateMachineExampleProps extends StackProps {
  readonly target: InvocationTarget;
  /** Address of the processor's API. */
  readonly processorUrl: string;
}

const { cancelled, expired } = OpenPosternTask.ERRORS;

/** A state machine that has invoices recognised by an outside system. Its input is `{ invoice, document }`. */
export class StateMachineExample extends Stack {
  readonly workflow: StateMachine;

  constructor(scope: Construct, id: string, { processorUrl, target, ...props }: StateMachineExampleProps) {
    super(scope, id, props);
    const opener = new NodejsFunction(this, 'Opener', {
      entry: fileURLToPath(new URL('opener.ts', import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      timeout: Duration.seconds(30),
      environment: { INVOCATION_TARGET: target.arn, PROCESSOR_URL: processorUrl },
    });
    target.grantOpen(opener);

    this.workflow = new StateMachine(this, 'Invoices', {
      // `resumes` has the ARN, so the name is fixed.
      stateMachineName: 'Invoices',
      definitionBody: DefinitionBody.fromChainable(this.recognise(opener)),
      queryLanguage: QueryLanguage.JSONATA,
      // Execution data contains task tokens. `includeExecutionData` would copy them into the log.
      logs: { destination: new LogGroup(this, 'Log', { removalPolicy: RemovalPolicy.DESTROY }), level: LogLevel.ERROR },
    });
    new CfnOutput(this, 'Invoker', { value: opener.role?.roleArn ?? '', description: '`invokers` of the application' });
    new CfnOutput(this, 'Resumes', {
      value: this.workflow.stateMachineArn,
      description: '`resumes` of the application',
    });
  }

  private recognise(opener: NodejsFunction) {
    const recognise = new OpenPosternTask(this, 'Recognise', {
      opener,
      processor: 'header-ocr',
      resource: '{% $states.input.invoice %}',
      expiresIn: Duration.hours(2),
      heartbeat: Duration.minutes(10),
      input: { document: '{% $states.input.document %}' },
      outputs: '{% $merge([$states.input, { "recognition": $states.result }]) %}',
    });
    // The opener could not give the work to the processor. The next attempt has a new task, which supersedes this one.
    recognise.addRetry({ errors: ['ProcessorUnavailable'], maxAttempts: 5, interval: Duration.seconds(30) });
    // The processor gets the work a second time, with new callbacks.
    recognise.addRetry({ errors: [expired], maxAttempts: 1, interval: Duration.minutes(5) });

    const withError = '{% $merge([$states.input, { "error": $states.errorOutput }]) %}';
    const later = this.fail('Ask the processor');
    recognise.addCatch(new Succeed(this, 'Ask for a better scan'), {
      errors: [OpenPosternTask.processorError('unreadable')],
      outputs: withError,
    });
    // `States.Timeout`: the workflow was not told anything in time.
    recognise.addCatch(later, { errors: [expired, 'States.Timeout', 'States.HeartbeatTimeout'], outputs: withError });
    // Every other failure of the processor, a cancellation, and refusals. Errors cannot be caught by a prefix.
    recognise.addCatch(
      new Choice(this, 'Choose by error')
        .when(
          Condition.jsonata(`{% $states.input.error.Error = "${cancelled}" %}`),
          new Succeed(this, 'Not wanted any more'),
        )
        .when(Condition.jsonata('{% $contains($states.input.error.Error, /^Processor\\./) %}'), this.fail('Type it in'))
        .otherwise(this.fail('Look at the refusal')),
      { errors: ['States.TaskFailed'], outputs: withError },
    );
    return recognise.next(
      new Choice(this, 'Is it in the output')
        .when(Condition.jsonata('{% $exists($states.input.recognition.result) %}'), new Succeed(this, 'Book it'))
        // A result above 256 KB, or one that is not JSON, has a `location`.
        .otherwise(new Succeed(this, 'Read it at its location')),
    );
  }

  /** Ends the execution with the error that the task ended with. */
  private fail(id: string): Fail {
    return Fail.jsonata(this, id, {
      error: '{% $states.input.error.Error %}',
      cause: '{% $states.input.error.Cause %}',
    });
  }
}
