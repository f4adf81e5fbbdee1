import { Duration } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { PosternFunction } from '../functions/postern-function.ts';
import type { TasksTable } from '../state/tasks-table.ts';
import { deadLetterQueue } from './dead-letters.ts';

export interface ChangeFeedProps {
  readonly tasks: TasksTable;
  readonly publish: PosternFunction<'publish'>;
}

/**
 * Feeds the changes of tasks to the publisher: at least once, in order per task. A record that cannot be published is
 * tried again a few times, alone, and then leaves its position in the stream in the dead-letter queue, so that later
 * ones go on.
 */
export class ChangeFeed extends Construct {
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: ChangeFeedProps) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters');
    Grant.addToPrincipal({
      grantee: props.publish,
      actions: ['sqs:SendMessage'],
      resourceArns: [this.deadLetters.queueArn],
    });
    props.tasks.grantReadChanges(props.publish);

    const mapping = new EventSourceMapping(this, 'Resource', {
      target: props.publish.function,
      eventSourceArn: props.tasks.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      // One batch of a shard at a time keeps the order of every task, for a task never leaves its shard.
      parallelizationFactor: 1,
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      retryAttempts: 5,
      // A stream keeps its records for 24 hours; the last hour is left for a look at what went wrong.
      maxRecordAge: Duration.hours(23),
      onFailure: { bind: () => ({ destination: this.deadLetters.queueArn }) },
    });
    // Lambda tries the rights of the role when the mapping is made.
    mapping.node.addDependency(props.publish.role);
  }
}
