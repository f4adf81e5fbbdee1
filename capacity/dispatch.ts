import { DISPATCH_CONCURRENCY } from '../lambda/contract/dispatch-limits.ts';
import { INDEX_SHARDS } from '../lambda/contract/limits.ts';

/* Capacity of sending work to one processor. */

/** Tasks per second that are sent to one processor. */
export const DISPATCH_RATES = [10, 1_000, 10_000] as const;

/** Assumed milliseconds of an attempt: the processor answers in half a second, and AWS services take the rest. */
const ATTEMPT_MILLISECONDS = 560;

/** Writes of the index `byDispatch` for a task: its entry is added, and removed. Of a partition: units per second. */
const INDEX_WRITES = 2;
const PARTITION_WRITE_UNITS = 1_000;

/**
 * Executions by which Lambda raises a mapping in a minute.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const RISE_PER_MINUTE = 300;

/** What one processor needs at a rate of tasks. */
export interface DispatchCapacity {
  readonly rate: number;
  /** Attempts at the same time. */
  readonly executions: number;
  /** True if `executions` is not above the limit of `concurrency`. */
  readonly isPossible: boolean;
  /** Minutes until the mapping runs `executions` functions at the same time. */
  readonly riseMinutes: number;
  /** Shards of each index that spread the writes of `byDispatch`. */
  readonly shards: number;
  /** Requests to SQS per second: a batch of ten is sent in one request, and each message is received and deleted. */
  readonly queueRequests: number;
}

export const dispatchCapacity = (rate: number): DispatchCapacity => {
  const executions = Math.ceil((rate * ATTEMPT_MILLISECONDS) / 1_000);
  return {
    rate,
    executions,
    isPossible: executions <= DISPATCH_CONCURRENCY.max,
    riseMinutes: Math.ceil(Math.min(executions, DISPATCH_CONCURRENCY.max) / RISE_PER_MINUTE),
    shards: Math.max(INDEX_SHARDS.default, Math.ceil((rate * INDEX_WRITES) / PARTITION_WRITE_UNITS)),
    queueRequests: rate * 2.1,
  };
};

/** Most tasks per second that one processor gets. */
export const MAX_DISPATCH_RATE = Math.floor((DISPATCH_CONCURRENCY.max * 1_000) / ATTEMPT_MILLISECONDS);

const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

/** The table of docs/reference/capacity.md. */
export const dispatchTable = (): string =>
  [
    '| tasks sent to one processor | attempts at a time | rise | `indexShards` | requests to SQS |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...DISPATCH_RATES.map(dispatchCapacity).map(
      ({ executions, isPossible, queueRequests, rate, riseMinutes, shards }) =>
        `| ${grouped(rate)}/s | ${grouped(executions)}${isPossible ? '' : ', more than a processor can have'} | ${riseMinutes} min | ${shards} | ${grouped(queueRequests)}/s |`,
    ),
  ].join('\n');
