import { Duration } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Variables } from '../../lambda/contract/variables.ts';
import type { PosternFunction } from '../functions/postern-function.ts';
import type { TasksTable } from '../state/tasks-table.ts';
import { deadLetterQueue } from './dead-letters.ts';

export interface ChangeFeedProps {
  readonly tasks: TasksTable;
}

/**
 * Feeds the changes of tasks to the publisher: at least once, in order per task. While the event bus is away a shard
 * waits, and then goes on where it was. The publisher itself lays aside what can never be published; the mapping gives
 * up only what has become too old, and leaves its position in the stream in the same dead-letter queue.
 */
export class ChangeFeed extends Construct {
  readonly deadLetters: Queue;
  readonly #tasks: TasksTable;

  constructor(scope: Construct, id: string, { tasks }: ChangeFeedProps) {
    super(scope, id);
    this.#tasks = tasks;
    this.deadLetters = deadLetterQueue(this, 'DeadLetters');
  }

  /** Lets a function lay aside changes, and its stream's mapping as well, which acts in the function's role. */
  grantLayAside(grantee: IGrantable): Pick<Variables<'publish'>, 'DEAD_LETTER_QUEUE_URL'> {
    Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns: [this.deadLetters.queueArn] });
    return { DEAD_LETTER_QUEUE_URL: this.deadLetters.queueUrl };
  }

  /** Begins to feed the publisher, which may lay aside changes already. */
  feed(publish: PosternFunction<'publish'>): void {
    this.#tasks.grantReadChanges(publish);
    const mapping = new EventSourceMapping(this, 'Resource', {
      target: publish.alias,
      eventSourceArn: this.#tasks.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      // One batch of a shard at a time keeps the order of every task, for a task never leaves its shard.
      parallelizationFactor: 1,
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      // Without end: an outage of the bus must cost no event.
      retryAttempts: -1,
      // A stream keeps its records for 24 hours; the last hour is left for a look at what went wrong.
      maxRecordAge: Duration.hours(23),
      onFailure: { bind: () => ({ destination: this.deadLetters.queueArn }) },
    });
    // Lambda tries the rights of the role when the mapping is made.
    mapping.node.addDependency(publish.role);
  }
}
