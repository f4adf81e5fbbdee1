import type { Registry } from '../../contract/registry.ts';
import type { GetMetricData } from '../aws/cloudwatch.ts';
import { SENDABLE_ATTRIBUTES } from '../dispatch/send-again.ts';
import { type BulkRevocations, type BulkRevocationsOptions, createBulkRevocations } from './confirm-revocation.ts';
import { createDynamoDBDispatchIndex } from './dynamodb-dispatch-index.ts';
import { createDynamoDBPendingTasks, type DynamoDBPendingTasksOptions } from './dynamodb-pending-tasks.ts';
import { createDynamoDBRevocationStore, type DynamoDBRevocationStoreOptions } from './dynamodb-revocation-store.ts';
import { createDynamoDBTaskIndex } from './dynamodb-task-index.ts';
import { createSumMetrics } from './metric-sums.ts';
import { createRevocationPlanner, type RevocationPlanner } from './plan-revocation.ts';
import { createCountByProcessor } from './processor-metrics.ts';
import { createProcessors, type Processors } from './processors.ts';
import { createSendingPlanner, type SendingPlanner, type SendingPlannerOptions } from './sending-plan.ts';

export interface ProcessorOperationsOptions
  extends DynamoDBPendingTasksOptions,
    DynamoDBRevocationStoreOptions,
    Pick<BulkRevocationsOptions, 'startWorker' | 'onNotStarted' | 'randomId' | 'now'> {
  readonly registry: Registry;
  readonly getMetricData: GetMetricData;
  readonly signingKeys: SendingPlannerOptions['signingKeys'];
  /** Name of the environment: a dimension of its metrics. */
  readonly environment: string;
}

/** Reads and actions of operators that are about a processor and not about one task. */
export interface ProcessorOperations {
  readonly processors: Processors;
  readonly planRevocation: RevocationPlanner;
  readonly planSending: SendingPlanner;
  /** Bulk jobs of both kinds. */
  readonly revocations: BulkRevocations;
}

/** Composes them, for the operator API and the console. */
export const createProcessorOperations = (options: ProcessorOperationsOptions): ProcessorOperations => {
  const pending = createDynamoDBPendingTasks(options);
  const store = createDynamoDBRevocationStore(options);
  const countByProcessor = createCountByProcessor(createSumMetrics(options.getMetricData, options.environment));
  return {
    processors: createProcessors({ ...options, pending, countByProcessor }),
    planRevocation: createRevocationPlanner({ ...options, pending, store }),
    planSending: createSendingPlanner({
      ...options,
      index: createDynamoDBDispatchIndex(options),
      pending,
      store,
      readTasks: (taskIds) => createDynamoDBTaskIndex(options).load(taskIds, SENDABLE_ATTRIBUTES),
    }),
    revocations: createBulkRevocations({ ...options, store }),
  };
};
