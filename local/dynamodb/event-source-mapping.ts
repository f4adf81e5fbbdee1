import * as v from 'valibot';
import type { ResolvedResource } from '../resource.ts';
import type { FailurePolicy } from './batch.ts';
import { FilterCriteria, type RecordFilter, readFilters } from './filter-criteria.ts';

export const EVENT_SOURCE_MAPPING_TYPE = 'AWS::Lambda::EventSourceMapping';

/** An event source mapping on a DynamoDB stream, with Lambda's defaults filled in. */
export interface Mapping extends FailurePolicy {
  readonly streamArn: string;
  readonly functionArn: string;
  readonly enabled: boolean;
  readonly batchSize: number;
  /** Seconds to wait for a batch to fill. */
  readonly batchingWindow: number;
  /** `LATEST`: what was written before the mapping is left out. */
  readonly startsAtEnd: boolean;
  readonly destinationArn: string | undefined;
  /** Returns true if the function gets the record. Others count as handled. */
  readonly matches: RecordFilter;
}

const UNLIMITED = -1;

const Destination = v.pipe(
  v.string(),
  v.check((arn) => !arn.endsWith('.fifo'), 'a FIFO queue is no destination here.'),
);

/** `strictObject`: what Lambda would do and we do not is refused by name, never left out in silence. */
const Properties = v.strictObject({
  EventSourceArn: v.string(),
  FunctionName: v.string(),
  Enabled: v.optional(v.boolean(), true),
  BatchSize: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)), 100),
  MaximumBatchingWindowInSeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(300)), 0),
  StartingPosition: v.picklist(['TRIM_HORIZON', 'LATEST']),
  BisectBatchOnFunctionError: v.optional(v.boolean(), false),
  MaximumRetryAttempts: v.optional(v.pipe(v.number(), v.minValue(UNLIMITED), v.maxValue(10_000)), UNLIMITED),
  MaximumRecordAgeInSeconds: v.optional(v.pipe(v.number(), v.minValue(UNLIMITED), v.maxValue(604_800)), UNLIMITED),
  FunctionResponseTypes: v.optional(v.array(v.literal('ReportBatchItemFailures')), []),
  DestinationConfig: v.optional(v.strictObject({ OnFailure: v.strictObject({ Destination }) })),
  FilterCriteria: v.optional(FilterCriteria, {}),
  // Only speed: keys keep their order with any factor, and one at a time keeps it as well.
  ParallelizationFactor: v.optional(v.number()),
  Tags: v.optional(v.unknown()),
  MetricsConfig: v.optional(v.unknown()),
});

/** @throws {Error} naming the mapping and the property that is wrong or not done here */
export const readMapping = ({ logicalId, properties }: ResolvedResource): Mapping => {
  const refuse = (what: string): Error => new Error(`Event source mapping ${logicalId}: ${what}`);
  const parsed = v.safeParse(Properties, properties);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw refuse(`${v.getDotPath(issue) ?? 'properties'}: ${issue.message}`);
  }
  const output = parsed.output;
  let matches: RecordFilter;
  try {
    matches = readFilters(output.FilterCriteria);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  const limit = (value: number) => (value === UNLIMITED ? undefined : value);
  return {
    streamArn: output.EventSourceArn,
    functionArn: output.FunctionName,
    enabled: output.Enabled,
    batchSize: output.BatchSize,
    batchingWindow: output.MaximumBatchingWindowInSeconds,
    startsAtEnd: output.StartingPosition === 'LATEST',
    reportsItemFailures: output.FunctionResponseTypes.length > 0,
    bisects: output.BisectBatchOnFunctionError,
    maximumRetries: limit(output.MaximumRetryAttempts),
    maximumAge: limit(output.MaximumRecordAgeInSeconds),
    destinationArn: output.DestinationConfig?.OnFailure.Destination,
    matches,
  };
};
