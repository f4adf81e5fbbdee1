import { type Line, perMillion, total } from './cost-item.ts';
import { ASSUMED, MEGABYTES_OF_A_PROCESSOR, type MeasuredCallback } from './measured.ts';
import { PRICES } from './prices.ts';
import { CAPACITY_UNIT_HOUR, TASK } from './usage.ts';

const MILLION = 1e6;

/** How a function of a callback is set up. */
export interface Setup {
  readonly memoryMegabytes: number;
  /** Whether Lambda's own lines are kept that say that an invocation went well. */
  readonly platformLog: boolean;
  /** Live signing keys: a new process asks KMS for each. */
  readonly publicKeys: number;
}

/** How long a callback takes, in milliseconds: its part of a processor comes with memory, and its calls take what they take. */
export const durationOf = ({ processorMilliseconds, requests }: MeasuredCallback, memoryMegabytes: number): number =>
  Math.ceil(stretched(processorMilliseconds, memoryMegabytes) + requests * ASSUMED.callMilliseconds);

/** How long a new process takes until its first callback is answered, in milliseconds, calls left out. */
export const coldStartOf = ({ coldMilliseconds }: MeasuredCallback, memoryMegabytes: number): number =>
  Math.ceil(stretched(coldMilliseconds, memoryMegabytes));

/** What is done by one thread gains nothing from a second processor. */
const stretched = (milliseconds: number, memoryMegabytes: number): number =>
  milliseconds / Math.min(1, memoryMegabytes / MEGABYTES_OF_A_PROCESSOR);

/** What a million callbacks cost, layer by layer, from the load balancer to the tables. */
export const callbackLines = (measured: MeasuredCallback, setup: Setup): readonly Line[] => {
  const { memoryMegabytes, platformLog, publicKeys } = setup;
  const gigabytes = memoryMegabytes / 1_024;
  const warm = (1 - ASSUMED.coldStarts) * durationOf(measured, memoryMegabytes);
  const coldCalls = measured.requests + (measured.asksKms ? 1 : 0);
  const cold = ASSUMED.coldStarts * (coldStartOf(measured, memoryMegabytes) + coldCalls * ASSUMED.callMilliseconds);
  const logBytes = measured.logBytes + (platformLog ? ASSUMED.platformLogBytes : 0);
  return [
    {
      what: 'load balancer capacity',
      quantity:
        MILLION *
        Math.max(ASSUMED.newConnections / CAPACITY_UNIT_HOUR.newConnections, ASSUMED.bytes / CAPACITY_UNIT_HOUR.bytes),
      unit: 'LCU-hour',
      price: PRICES.loadBalancerCapacityUnitHour,
    },
    perMillion('past the web ACL', MILLION, PRICES.webAclMillionRequests),
    perMillion('function calls', MILLION, PRICES.lambdaMillionRequests),
    {
      what: 'function time',
      quantity: (MILLION * (warm + cold) * gigabytes) / 1_000,
      unit: 'GB-s',
      price: PRICES.lambdaGigabyteSecond,
    },
    perMillion(
      'public keys of KMS',
      measured.asksKms ? MILLION * ASSUMED.coldStarts * publicKeys : 0,
      PRICES.kmsMillionSignatures,
    ),
    perMillion('write units', MILLION * measured.writeUnits, PRICES.dynamodbMillionWriteUnits),
    { what: 'logs', quantity: (MILLION * logBytes) / 1e9, unit: 'GB', price: PRICES.logGigabyte },
    {
      what: 'logs of the load balancer',
      quantity: (MILLION * TASK.accessLogBytesPerRequest) / 1e9,
      unit: 'GB-month',
      price: PRICES.s3GigabyteMonth,
    },
  ];
};

/** Above so many KiB a payload is cheaper in the bucket, put once and got once, than on its task, where a transaction writes it. */
export const inlineBreakEvenKibibytes = (): number =>
  (PRICES.s3MillionPuts + PRICES.s3MillionGets) / (2 * PRICES.dynamodbMillionWriteUnits);

/** What a month of so many callbacks costs, with what stands there anyway. */
export const monthOf = (lines: readonly Line[], idle: readonly Line[], callbacks: number): number =>
  total(idle) + (total(lines) * callbacks) / MILLION;
