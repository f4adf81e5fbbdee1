import { Duration } from 'aws-cdk-lib';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import type { PosternFunction } from '../functions/postern-function.ts';
import { AsynchronousCalls } from './asynchronous-calls.ts';
import { deadLetterQueue, grantSend } from './dead-letters.ts';
import { schedulerRole } from './scheduler-role.ts';

export interface MinuteScheduleProps<F extends FunctionName> {
  /** Name of the schedule: unique in the account and Region. */
  readonly name: string;
  readonly description: string;
  readonly function: PosternFunction<F>;
  /**
   * Event of each call.
   * @default - the event of a schedule
   */
  readonly input?: object;
  /**
   * Queue of the dead letters.
   * @default - the schedule makes one
   */
  readonly deadLetters?: Queue;
}

/**
 * Runs a function every minute. A failed run loses nothing, because the next run also does its work. A run that fails twice
 * becomes a dead letter, which raises an alarm.
 */
export class MinuteSchedule<F extends FunctionName> extends Construct {
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: MinuteScheduleProps<F>) {
    super(scope, id);
    const { input } = props;
    this.deadLetters = props.deadLetters ?? deadLetterQueue(this, 'DeadLetters');
    new AsynchronousCalls(this, 'Calls', {
      function: props.function,
      retryAttempts: 1,
      maxEventAge: Duration.minutes(5),
      deadLetters: this.deadLetters,
    });

    const { functionArn } = props.function.alias;
    const role = schedulerRole(this, functionArn);
    grantSend(this.deadLetters, role);
    const schedule = new CfnSchedule(this, 'Resource', {
      name: props.name,
      description: props.description,
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: functionArn,
        roleArn: role.roleArn,
        ...(input !== undefined && { input: JSON.stringify(input) }),
        retryPolicy: { maximumEventAgeInSeconds: Duration.minutes(1).toSeconds(), maximumRetryAttempts: 1 },
        deadLetterConfig: { arn: this.deadLetters.queueArn },
      },
    });
    // The first run starts at once and needs the role.
    schedule.node.addDependency(role);
  }
}
