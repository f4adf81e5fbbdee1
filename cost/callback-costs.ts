import { type CostItem, functionTime, logs, perMillion, total } from './cost-item.ts';
import { ASSUMED, type MeasuredCallback, ONE_VCPU_MEGABYTES } from './measured.ts';
import { PRICES } from './prices.ts';
import { CAPACITY_UNIT_HOUR, TASK } from './usage.ts';

const MILLION = 1e6;

/** Settings of the receiver that affect its price. */
export interface ReceiverSettings {
  readonly memoryMegabytes: number;
  /** True if Lambda's own log lines of successful invocations are stored. */
  readonly platformLog: boolean;
  /** Live signing keys. A new process requests each from KMS. */
  readonly publicKeys: number;
}

/** Duration of a callback in milliseconds. CPU time depends on the memory; the duration of calls does not. */
export const durationOf = ({ cpuMilliseconds, requests }: MeasuredCallback, memoryMegabytes: number): number =>
  Math.ceil(onShareOfVcpu(cpuMilliseconds, memoryMegabytes) + requests * ASSUMED.callMilliseconds);

/** Duration of a cold start in milliseconds, without its calls. */
export const coldStartOf = ({ coldStartMilliseconds }: MeasuredCallback, memoryMegabytes: number): number =>
  Math.ceil(onShareOfVcpu(coldStartMilliseconds, memoryMegabytes));

/** Wall time of CPU work. One thread gains nothing from a second vCPU. */
const onShareOfVcpu = (milliseconds: number, memoryMegabytes: number): number =>
  milliseconds / Math.min(1, memoryMegabytes / ONE_VCPU_MEGABYTES);

/** Costs of a million callbacks, from the load balancer to the tables. */
export const callbackCosts = (measured: MeasuredCallback, settings: ReceiverSettings): readonly CostItem[] => {
  const { memoryMegabytes, platformLog, publicKeys } = settings;
  const gigabytes = memoryMegabytes / 1_024;
  const warm = (1 - ASSUMED.coldStarts) * durationOf(measured, memoryMegabytes);
  const coldCalls = measured.requests + (measured.requestsKeys ? 1 : 0);
  const cold = ASSUMED.coldStarts * (coldStartOf(measured, memoryMegabytes) + coldCalls * ASSUMED.callMilliseconds);
  const logBytes = measured.logBytes + (platformLog ? ASSUMED.platformLogBytes : 0);
  return [
    {
      name: 'load balancer capacity',
      quantity:
        MILLION *
        Math.max(ASSUMED.newConnections / CAPACITY_UNIT_HOUR.newConnections, ASSUMED.bytes / CAPACITY_UNIT_HOUR.bytes),
      unit: 'LCU-hour',
      price: PRICES.loadBalancerCapacityUnitHour,
    },
    perMillion('requests through the web ACL', MILLION, PRICES.webAclMillionRequests),
    perMillion('function calls', MILLION, PRICES.lambdaMillionRequests),
    functionTime('function time', MILLION * (warm + cold) * gigabytes),
    perMillion(
      'public keys of KMS',
      measured.requestsKeys ? MILLION * ASSUMED.coldStarts * publicKeys : 0,
      PRICES.kmsMillionSignatures,
    ),
    perMillion('write units', MILLION * measured.writeUnits, PRICES.dynamodbMillionWriteUnits),
    logs('logs', MILLION * logBytes),
    {
      name: 'logs of the load balancer',
      quantity: (MILLION * TASK.accessLogBytesPerRequest) / 1e9,
      unit: 'GB-month',
      price: PRICES.s3GigabyteMonth,
    },
  ];
};

/**
 * Size of a payload, in KiB, above which the bucket is cheaper than the task. An object is put once and read once; on the
 * task, a transaction writes the payload.
 */
export const inlineBreakEvenKibibytes = (): number =>
  (PRICES.s3MillionPuts + PRICES.s3MillionGets) / (2 * PRICES.dynamodbMillionWriteUnits);

/** Cost of a month with this number of callbacks, fixed costs included. */
export const monthOf = (million: readonly CostItem[], fixed: readonly CostItem[], callbacks: number): number =>
  total(fixed) + (total(million) * callbacks) / MILLION;
