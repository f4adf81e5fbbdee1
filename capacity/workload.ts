import { RESERVE_MILLISECONDS } from '../lambda/functions/expire/expire-tasks.ts';
import type { CpuTimes } from './measured.ts';
import type { QuotaName } from './quotas.ts';
import { type StoreWrites, taskWrites, unitsPerTask } from './write-units.ts';

/**
 * Work per callback. The sender opens the task with two URLs, which is the default. The result of 1 KB is stored on the
 * task; one result in ten is larger and is stored in the bucket. The sender reads it once. One rule of EventBridge
 * sends each event to one target.
 */
export const WORKLOAD = {
  /** Create the task, deliver the callback, read the task. */
  requests: 3,
  signatures: 2,
  payloadBytes: 1_000,
  payloadsInBucket: 0.1,
  /** Changes in the stream: opened and closed. */
  changes: 2,
  /** Bytes through the load balancer, with headers and tokens. */
  bytes: 7_800,
  /** Share of callbacks that start a new process. With keys of KMS that sign, it requests each live key from KMS. */
  newProcesses: 0.01,
  liveKeys: 2,
} as const;

/** Bytes of opening a task, of the same. */
const OPENING_BYTES = 3_200;

/** Way to sign callback tokens. Rotating keys sign in the function, without a request. */
export type Signing = 'rotating' | 'kms';

/** Assumed duration of one call of a service, in milliseconds. */
const CALL = { dynamodb: 5, kms: 10, eventbridge: 10 } as const;

/** Memory of each function in MB. A test compares it with the templates. */
export const MEMORY = { receive: 1_769, 'create-task': 1_024, tasks: 512, publish: 512, expire: 1_769 } as const;
type SizedFunction = keyof typeof MEMORY;

/** Memory at which a function has one vCPU, in MB. */
const ONE_VCPU = 1_769;

/** Bytes per hour that one capacity unit of a load balancer covers if its targets are functions. */
const CAPACITY_UNIT_BYTES_PER_HOUR = 0.4e9;

/** Entries per `PutEvents` request at most, and records per batch of the stream at most. */
const ENTRIES = 10;
const BATCH = 100;

/** Wall time of CPU work in a function: with less than one vCPU, the work takes longer. */
const onShareOfVcpu = (milliseconds: number, name: SizedFunction): number =>
  milliseconds * Math.max(1, ONE_VCPU / MEMORY[name]);

/** Milliseconds of execution per task in each function. */
export const durationsOf = (
  { callback, change, creation, expiry }: CpuTimes,
  signing: Signing = 'rotating',
): Readonly<Record<SizedFunction, number>> => ({
  receive: onShareOfVcpu(callback, 'receive') + CALL.dynamodb,
  'create-task': onShareOfVcpu(creation, 'create-task') + (signing === 'kms' ? CALL.kms : 0) + CALL.dynamodb,
  // Not measured. It checks the same access token as create-task, and reads an item instead of writing one.
  tasks: onShareOfVcpu(creation, 'tasks') + CALL.dynamodb,
  publish: WORKLOAD.changes * (onShareOfVcpu(change, 'publish') + CALL.eventbridge / ENTRIES),
  expire: onShareOfVcpu(expiry, 'expire'),
});

/** Looks of `expire` at a task that was closed in time, and read units of each. `cost/usage.ts` has the reasons. */
export const LOOKS = 2.5;
const LOOK_READ_UNITS = 0.517;

/** Use of each quota at one of something per second; `null` if there is no use, or it is unknown. */
export type QuotaUse = Readonly<Record<QuotaName, number | null>>;

/** Use of each quota at one callback per second: its task is opened, published, called back and read. */
export const usePerCallback = (times: CpuTimes, signing: Signing = 'rotating'): QuotaUse => {
  const { 'create-task': creation, publish, receive, tasks } = durationsOf(times, signing);
  return {
    signatures: signing === 'kms' ? WORKLOAD.signatures : null,
    codes: WORKLOAD.signatures,
    publicKeys: signing === 'kms' ? WORKLOAD.newProcesses * WORKLOAD.liveKeys : null,
    // Depends on how fast the load rises, not on how high it is.
    newProcesses: null,
    concurrency: (creation + publish + receive + tasks) / 1_000,
    invocations: WORKLOAD.requests + WORKLOAD.changes / BATCH,
    webAclRequests: WORKLOAD.requests,
    // Each table and each index has the whole quota, so the one with the most writes decides.
    tableWrites: Math.max(...taskWrites(WORKLOAD.payloadBytes).map((store: StoreWrites) => unitsPerTask([store]))),
    tableReads: 1 + LOOKS * LOOK_READ_UNITS,
    putEvents: WORKLOAD.changes / ENTRIES,
    eventInvocations: WORKLOAD.changes,
    payloadPuts: WORKLOAD.payloadsInBucket,
    logRequests: null,
    reservedCapacityUnits: (WORKLOAD.bytes * 3_600) / CAPACITY_UNIT_BYTES_PER_HOUR,
  };
};

/** Use of each quota at one task opened per second, without what follows. */
export const usePerOpening = (times: CpuTimes, signing: Signing): QuotaUse => {
  const { 'create-task': creation, publish } = durationsOf(times, signing);
  return {
    signatures: signing === 'kms' ? WORKLOAD.signatures : null,
    codes: WORKLOAD.signatures,
    publicKeys: null,
    newProcesses: null,
    concurrency: (creation + publish / WORKLOAD.changes) / 1_000,
    invocations: 1 + 1 / BATCH,
    webAclRequests: 1,
    tableWrites: Math.max(...taskWrites(WORKLOAD.payloadBytes).map(({ creation: units }) => units)),
    tableReads: null,
    putEvents: 1 / ENTRIES,
    eventInvocations: 1,
    payloadPuts: null,
    logRequests: null,
    reservedCapacityUnits: (OPENING_BYTES * 3_600) / CAPACITY_UNIT_BYTES_PER_HOUR,
  };
};

/** Read units per second of `expire` if this many tasks per second are closed in time. */
export const expiryReadUnits = (rate: number): number => rate * LOOKS * LOOK_READ_UNITS;

/** Tasks that one run of `expire` has under way at once: 16 shards, 3 tasks of each. */
export const EXPIRY_CONCURRENCY = 48;

/** Seconds that a run of `expire` works, and seconds between two runs. It stops early by its reserve. */
const RUN = { seconds: 55 - RESERVE_MILLISECONDS / 1_000, interval: 60 } as const;

/** Tasks per second that `expire` closes: limited by its one vCPU, or by the calls that it has under way. */
export const expiryRateOf = (times: CpuTimes, concurrency: number): number =>
  Math.min(1_000 / durationsOf(times).expire, (concurrency * 1_000) / CALL.dynamodb) * (RUN.seconds / RUN.interval);

/** Looks per second at closed tasks for which one vCPU of `expire` is enough. */
export const lookRateOf = ({ look }: CpuTimes): number => (1_000 / look) * (RUN.seconds / RUN.interval);

/** Changes per second that `publish` takes from one shard of the stream: one request after the other. */
export const publishRateOf = (times: CpuTimes): number => (WORKLOAD.changes * 1_000) / durationsOf(times).publish;
