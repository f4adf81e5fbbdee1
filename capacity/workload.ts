import type { MeasuredPart } from '../benchmarks/harness/result.ts';
import { RESERVE_MILLISECONDS } from '../lambda/functions/expire/expire-tasks.ts';
import type { QuotaName } from './quotas.ts';
import { type Store, storesOf } from './write-units.ts';

/**
 * What is taken for one callback: its task is opened with two URLs, as by default; its result of 1 KB lies on the task,
 * one in ten is larger and lies in the bucket; the sender reads it once; one rule of EventBridge sends events to one
 * target.
 */
export const TASK = {
  /** Opened, called back, read. */
  requests: 3,
  signatures: 2,
  payloadBytes: 1_000,
  payloadsInBucket: 0.1,
  /** Opened and closed. */
  changes: 2,
  /** Through the load balancer, with headers and tokens. */
  bytes: 14_000,
  /** Share of callbacks that meet a new process, which asks KMS for each live signing key. */
  newProcesses: 0.01,
  liveKeys: 2,
} as const;

/** What one call of a service takes, in milliseconds. */
const CALL = { dynamodb: 5, kms: 10, eventbridge: 10 } as const;

/** Megabytes of each function, and those that are one whole processor. */
export const MEMORY = { receive: 1_769, open: 1_024, tasks: 512, publish: 512, expire: 1_769 } as const;
const WHOLE_PROCESSOR = 1_769;

/** Bytes that a load balancer's capacity unit takes in an hour where functions are behind it. */
const CAPACITY_UNIT_BYTES_AN_HOUR = 0.4e9;

/** Entries of one request to EventBridge, where there is more than one to send. */
const ENTRIES = 10;
const BATCH = 100;

export type FunctionTimes = Readonly<Record<keyof typeof MEMORY, number>>;

/** Processor time, in milliseconds: of a callback, a task opened and one expired, a change published. */
export interface ProcessorTimes {
  readonly callback: number;
  readonly opening: number;
  readonly expiry: number;
  readonly change: number;
}

/** As `npm run bench -- growth` measured them where most is there. @throws {Error} naming what was not measured */
export const processorTimesOf = ({ measures }: Pick<MeasuredPart, 'measures'>): ProcessorTimes => {
  const milliseconds = (name: string): number => {
    const spread = measures.find((measure) => measure.name === name)?.values.large;
    if (spread === undefined) throw new Error(`There is no "${name}" of large.`);
    return spread.median / 1_000;
  };
  return {
    callback: milliseconds('a callback, processor time'),
    opening: milliseconds('a task opened, processor time'),
    expiry: milliseconds('a task expired, processor time'),
    change: milliseconds('a change published, processor time'),
  };
};

/** A function's share of a processor stretches what it computes, and not what it waits for. */
const stretched = (milliseconds: number, name: keyof typeof MEMORY): number =>
  milliseconds * Math.max(1, WHOLE_PROCESSOR / MEMORY[name]);

/** Milliseconds of an execution for one task: of `publish` for its changes, of `expire` for one that was due. */
export const durationsOf = ({ callback, change, expiry, opening }: ProcessorTimes): FunctionTimes => ({
  receive: stretched(callback, 'receive') + CALL.dynamodb,
  open: stretched(opening, 'open') + CALL.kms + CALL.dynamodb,
  // Not measured by itself: it checks the same access token, and reads where the other writes.
  tasks: stretched(opening, 'tasks') + CALL.dynamodb,
  publish: TASK.changes * (stretched(change, 'publish') + CALL.eventbridge / ENTRIES),
  expire: stretched(expiry, 'expire'),
});

/** What one callback a second asks of each quota; `null` where nobody can say. */
export const needsOf = (times: ProcessorTimes): Readonly<Record<QuotaName, number | null>> => {
  const { open, publish, receive, tasks } = durationsOf(times);
  return {
    signatures: TASK.signatures,
    codes: TASK.signatures,
    publicKeys: TASK.newProcesses * TASK.liveKeys,
    // How fast a load rises decides, and not how high it is.
    newProcesses: null,
    concurrency: (open + publish + receive + tasks) / 1_000,
    invocations: TASK.requests + TASK.changes / BATCH,
    webAclRequests: TASK.requests,
    // Each table and each index has the quota for itself: that which is written most decides.
    tableWrites: Math.max(...storesOf(TASK.payloadBytes).map((store) => unitsOf([store]))),
    putEvents: TASK.changes / ENTRIES,
    eventInvocations: TASK.changes,
    payloadPuts: TASK.payloadsInBucket,
    logRequests: null,
    reservedCapacityUnits: (TASK.bytes * 3_600) / CAPACITY_UNIT_BYTES_AN_HOUR,
  };
};

/** Write units of one task with its callback. */
export const unitsOf = (stores: readonly Store[]): number =>
  stores.reduce((sum, { callback, opening }) => sum + opening + callback, 0);

/** Of each minute, the run that began with it is at work for so many seconds at most: its time, less what it keeps back. */
const RUN = { seconds: 55 - RESERVE_MILLISECONDS / 1_000, every: 60 } as const;

/** Tasks a second that the expirer closes: it waits for many at once, and computes for one after the other. */
export const expiryRateOf = (times: ProcessorTimes, atOnce: number): number =>
  Math.min(1_000 / durationsOf(times).expire, (atOnce * 1_000) / CALL.dynamodb) * (RUN.seconds / RUN.every);

/** Changes a second that the publisher takes from one shard of the stream: one request after the other. */
export const publishRateOf = (times: ProcessorTimes): number => (TASK.changes * 1_000) / durationsOf(times).publish;
