import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import type { PosternFunction } from '../functions/postern-function.ts';
import type { AuditTable } from '../state/audit-table.ts';
import type { TasksTable } from '../state/tasks-table.ts';

export interface StreamMappingProps<F extends FunctionName> {
  readonly table: TasksTable | AuditTable;
  readonly function: PosternFunction<F>;
  /** Gets the position of changes that are too old. The function's role must be allowed to send to it. */
  readonly deadLetters: IQueue;
  /**
   * Patterns of the records that the function gets. A record matches one of them. At most five.
   * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
   * @default - all records
   */
  readonly filters?: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Feeds the changes of a table to a function, at least once and in order per item. While the function fails, a shard waits and then
 * continues at the same position. Only changes that are too old are given up.
 *
 * At most two functions may read the stream of a table; with more, reads are throttled:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.Lambda.html
 */
export const mapStream = <F extends FunctionName>(scope: Construct, id: string, props: StreamMappingProps<F>): void => {
  const { deadLetters, filters, function: target, table } = props;
  table.grantReadChanges(target);
  const mapping = new EventSourceMapping(scope, id, {
    target: target.alias,
    eventSourceArn: table.streamArn,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 100,
    // One batch per shard at a time keeps the order of each item, because an item's changes are all in one shard.
    parallelizationFactor: 1,
    reportBatchItemFailures: true,
    bisectBatchOnError: true,
    // Unlimited retries: an outage of the target must not lose changes.
    retryAttempts: -1,
    // A stream keeps records for 24 hours. The last hour is left for reading the failed records.
    maxRecordAge: Duration.hours(23),
    onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    ...(filters !== undefined && { filters: filters.map((filter) => FilterCriteria.filter(filter)) }),
  });
  // Lambda checks the role's permissions when the mapping is created.
  mapping.node.addDependency(target.role);
};
