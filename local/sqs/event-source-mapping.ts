import * as v from 'valibot';
import type { ResolvedResource } from '../resource.ts';

/** An event source mapping on an SQS queue, with Lambda's defaults filled in. */
export interface Mapping {
  readonly queueArn: string;
  readonly enabled: boolean;
  readonly batchSize: number;
  /** `ReportBatchItemFailures`: the answer may name the messages that failed. */
  readonly reportsItemFailures: boolean;
  /** Most invocations at a time. */
  readonly maximumConcurrency: number;
}

/** Messages of one receive. Lambda takes larger batches only with a batching window, which a FIFO queue cannot have. */
const MAX_BATCH_SIZE = 10;

/**
 * Lambda begins with this many and grows.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const USUAL_CONCURRENCY = 5;

/** `strictObject`: what Lambda would do and we do not is refused by name, never left out in silence. */
const Properties = v.strictObject({
  EventSourceArn: v.string(),
  FunctionName: v.string(),
  Enabled: v.optional(v.boolean(), true),
  BatchSize: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_BATCH_SIZE)), MAX_BATCH_SIZE),
  MaximumBatchingWindowInSeconds: v.optional(v.literal(0)),
  FunctionResponseTypes: v.optional(v.array(v.literal('ReportBatchItemFailures')), []),
  ScalingConfig: v.optional(
    v.strictObject({
      MaximumConcurrency: v.optional(
        v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(1_000)),
        USUAL_CONCURRENCY,
      ),
    }),
    {},
  ),
  Tags: v.optional(v.unknown()),
  MetricsConfig: v.optional(v.unknown()),
});

/** @throws {Error} naming the mapping and the property that is wrong or not done here */
export const readMapping = ({ logicalId, properties }: ResolvedResource): Mapping => {
  const parsed = v.safeParse(Properties, properties);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new Error(`Event source mapping ${logicalId}: ${v.getDotPath(issue) ?? 'properties'}: ${issue.message}`);
  }
  const output = parsed.output;
  return {
    queueArn: output.EventSourceArn,
    enabled: output.Enabled,
    batchSize: output.BatchSize,
    reportsItemFailures: output.FunctionResponseTypes.length > 0,
    maximumConcurrency: output.ScalingConfig.MaximumConcurrency,
  };
};
