import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Variables } from '../../lambda/contract/variables.ts';
import type { PosternFunction } from '../functions/postern-function.ts';
import type { AuditTable } from '../state/audit-table.ts';
import type { TasksTable } from '../state/tasks-table.ts';
import { deadLetterQueue } from './dead-letters.ts';
import { mapStream } from './stream-mapping.ts';

export interface ChangeFeedProps {
  readonly tasks: TasksTable;
  readonly audit: AuditTable;
}

/**
 * Feeds the changes of tasks and the actions of operators to the publisher, at least once and in order per task. During an outage of
 * the event bus a shard waits and then continues at the same position. The publisher itself sends changes that can never be published to the
 * dead-letter queue. The mapping gives up only changes that are too old, and puts their stream position in the same queue.
 */
export class ChangeFeed extends Construct {
  readonly deadLetters: Queue;
  readonly #streams: ChangeFeedProps;

  constructor(scope: Construct, id: string, streams: ChangeFeedProps) {
    super(scope, id);
    this.#streams = streams;
    this.deadLetters = deadLetterQueue(this, 'DeadLetters');
  }

  /** Lets a function send changes to the dead-letter queue. The streams' mappings use the same role. */
  grantSendToDeadLetters(grantee: IGrantable): Pick<Variables<'publish'>, 'DEAD_LETTER_QUEUE_URL'> {
    Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns: [this.deadLetters.queueArn] });
    return { DEAD_LETTER_QUEUE_URL: this.deadLetters.queueUrl };
  }

  /** Connects the streams to the publisher. Call `grantSendToDeadLetters` first. */
  feed(publish: PosternFunction<'publish'>): void {
    const { deadLetters } = this;
    mapStream(this, 'Resource', { table: this.#streams.tasks, function: publish, deadLetters });
    mapStream(this, 'Audit', { table: this.#streams.audit, function: publish, deadLetters });
  }
}
