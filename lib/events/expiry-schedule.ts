import { Duration, Stack } from 'aws-cdk-lib';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { PosternFunction } from '../functions/postern-function.ts';
import { AsynchronousCalls } from './asynchronous-calls.ts';
import { deadLetterQueue } from './dead-letters.ts';

export interface ExpiryScheduleProps {
  readonly environmentName: string;
  readonly expire: PosternFunction<'expire'>;
}

/**
 * Runs the expirer every minute. Nothing is lost by a run that fails, for the next one does its work too; one that
 * fails twice is kept as a dead letter, so that somebody looks.
 */
export class ExpirySchedule extends Construct {
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: ExpiryScheduleProps) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters');
    new AsynchronousCalls(this, 'Calls', {
      function: props.expire,
      retryAttempts: 1,
      maxEventAge: Duration.minutes(5),
      deadLetters: this.deadLetters,
    });

    const stack = Stack.of(this);
    const name = `postern-${props.environmentName}-expire`;
    const { functionArn } = props.expire.alias;
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': stack.account,
            // A role is asked for the group of a schedule, not for the schedule.
            // https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
            'aws:SourceArn': stack.formatArn({
              service: 'scheduler',
              resource: 'schedule-group',
              resourceName: 'default',
            }),
          },
        },
      }),
    });
    Grant.addToPrincipal({ grantee: role, actions: ['lambda:InvokeFunction'], resourceArns: [functionArn] });
    Grant.addToPrincipal({ grantee: role, actions: ['sqs:SendMessage'], resourceArns: [this.deadLetters.queueArn] });
    const schedule = new CfnSchedule(this, 'Resource', {
      name,
      description: 'Expires tasks whose time is over',
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: functionArn,
        roleArn: role.roleArn,
        retryPolicy: { maximumEventAgeInSeconds: Duration.minutes(1).toSeconds(), maximumRetryAttempts: 1 },
        deadLetterConfig: { arn: this.deadLetters.queueArn },
      },
    });
    // The first run is due at once.
    schedule.node.addDependency(role);
  }
}
