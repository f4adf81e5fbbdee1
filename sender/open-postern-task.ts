import { Duration } from 'aws-cdk-lib';
import { type IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import {
  IntegrationPattern,
  JitterType,
  QueryLanguage,
  TaskInput,
  type TaskStateJsonataBaseProps,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { PROCESSOR_ERROR_CODE, PROCESSOR_ERROR_PREFIX, WORKFLOW_ERRORS } from '../lambda/contract/resume.ts';
import { WORKFLOW_WAIT } from '../lambda/contract/workflow-limits.ts';
import { InvocationTarget } from './invocation-target.ts';
import { mistakesOf } from './mistakes.ts';
import { requestOf, type TaskRequestProps } from './task-request.ts';

/** Properties of a state that creates a task and waits for its outcome. */
export interface OpenPosternTaskProps
  extends TaskRequestProps,
    Pick<TaskStateJsonataBaseProps, 'assign' | 'comment' | 'outputs' | 'stateName'> {
  /**
   * The function that gets the request, invokes the application's invocation target with it, and gives the callbacks to the processor.
   *
   * It should return nothing: Step Functions writes its answer into the history of the execution, and callback URLs are credentials.
   *
   * The invocation target itself, for a processor that Postern sends the work to: its answer has no callbacks then, and no function of
   * yours is needed. The request says `dispatch: true`, so a processor that needs callbacks is refused.
   */
  readonly opener: IFunction | InvocationTarget;
}

/**
 * A state that creates a task and waits for its outcome (`lambda:invoke.waitForTaskToken`). Its result is what Postern tells the
 * workflow of a task that succeeded; of any other task it is one of `OpenPosternTask.ERRORS`, or `Processor.` and the code of the
 * processor's failure.
 *
 * The state uses JSONata. A state with JSONata fits into a state machine with either query language, while a state with JSONPath does
 * not fit into one with JSONata.
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
 *
 * It retries what can succeed later: errors of Lambda, throttling, time-outs of a function, and the refusals `unavailable` and
 * `too_many_pending`, if the opener throws an error whose name is the code. Each attempt has a task of its own, which supersedes the task of the attempt before.
 * Only Standard workflows can wait.
 */
export class OpenPosternTask extends LambdaInvoke {
  /** Errors of tasks that did not succeed. `failed` is the error of a failure without a code. */
  static readonly ERRORS = WORKFLOW_ERRORS;

  /** Returns the error of a failure with this code. @throws {Error} if no failure can have the code */
  static processorError(code: string): string {
    if (!PROCESSOR_ERROR_CODE.test(code)) {
      throw new Error(`"${code}" is not the code of a failure; expected 1 to 100 of A-Z, a-z, 0-9, ., _ and -.`);
    }
    return PROCESSOR_ERROR_PREFIX + code;
  }

  /** @throws {Error} if a property cannot be right: a task would be refused only when the workflow runs */
  constructor(scope: Construct, id: string, props: OpenPosternTaskProps) {
    const mistakes = mistakesOf(props);
    if (mistakes.length > 0) throw new Error(`${scope.node.path}/${id}: ${mistakes.join(' ')}`);
    const { assign, comment, outputs, stateName } = props;
    super(scope, id, {
      ...(assign !== undefined && { assign }),
      ...(comment !== undefined && { comment }),
      ...(outputs !== undefined && { outputs }),
      ...(stateName !== undefined && { stateName }),
      queryLanguage: QueryLanguage.JSONATA,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      lambdaFunction: functionOf(scope, id, props.opener),
      payload: TaskInput.fromObject({
        ...requestOf(props),
        ...(props.opener instanceof InvocationTarget && { dispatch: true }),
      }),
      ...timeoutsOf(props),
    });
    this.addRetry({
      errors: ['unavailable', 'Lambda.TooManyRequestsException', 'TooManyRequestsException', 'Sandbox.Timedout'],
      interval: Duration.seconds(2),
      maxDelay: Duration.minutes(1),
      maxAttempts: 8,
      ...BACKOFF,
    });
    // Other tasks of the application must end first.
    this.addRetry({
      errors: ['too_many_pending'],
      interval: Duration.minutes(1),
      maxDelay: Duration.minutes(15),
      maxAttempts: 12,
      ...BACKOFF,
    });
  }
}

/** A state invokes a function. The target is an alias of one, which another stack has. */
const functionOf = (scope: Construct, id: string, opener: OpenPosternTaskProps['opener']): IFunction =>
  opener instanceof InvocationTarget
    ? LambdaFunction.fromFunctionAttributes(scope, `${id}Target`, { functionArn: opener.arn, skipPermissions: true })
    : opener;

const BACKOFF = { backoffRate: 2, jitterStrategy: JitterType.FULL };

/** Time-outs that end after the task. A heartbeat that would end after the time-out is omitted, because Step Functions refuses it. */
const timeoutsOf = ({ expiresIn, heartbeat }: TaskRequestProps) => {
  const { heartbeats, marginSeconds } = WORKFLOW_WAIT;
  const timeout = expiresIn.toSeconds() + marginSeconds;
  const heartbeatTimeout = heartbeat && heartbeats * heartbeat.toSeconds() + marginSeconds;
  return {
    taskTimeout: Timeout.duration(Duration.seconds(timeout)),
    ...(heartbeatTimeout !== undefined &&
      heartbeatTimeout < timeout && { heartbeatTimeout: Timeout.duration(Duration.seconds(heartbeatTimeout)) }),
  };
};
