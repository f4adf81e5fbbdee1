import { readFileSync } from 'node:fs';

/** What was measured of one callback with a result of 1 KB. */
export interface MeasuredCallback {
  /** Of a whole processor, warm, in milliseconds. */
  readonly processorMilliseconds: number;
  /** The same, of loading the code and the first callback of a new process. */
  readonly coldMilliseconds: number;
  /** Requests of DynamoDB, one after the other. */
  readonly requests: number;
  readonly writeUnits: number;
  /** Bytes of its own lines. */
  readonly logBytes: number;
  /** Whether a new process asks KMS for public keys. */
  readonly asksKms: boolean;
}

/**
 * Postern's, and that of what a good team would put together instead (middy, Powertools, aws-jwt-verify, the SDK:
 * `benchmarks/baselines/callback-peer.mjs`). `npm run bench` measures them.
 */
export const CONTENDERS = ['postern', 'peer'] as const;
export type Contender = (typeof CONTENDERS)[number];

interface Result {
  readonly measures: readonly {
    readonly name: string;
    readonly values: Readonly<Record<string, { readonly median: number }>>;
  }[];
}

/** @throws {Error} naming a measure that the results do not have */
export const readMeasured = (contender: Contender): MeasuredCallback => {
  const median = (part: string, name: string): number => {
    const file = new URL(`../benchmarks/results/${part}.json`, import.meta.url);
    const { measures } = JSON.parse(readFileSync(file, 'utf8')) as Result;
    const value = measures.find((measure) => measure.name === name)?.values[contender]?.median;
    if (value === undefined)
      throw new Error(`benchmarks/results/${part}.json does not have "${name}" of ${contender}.`);
    return value;
  };
  return {
    processorMilliseconds: median('pipeline', 'processor time of a callback, 1 at a time') / 1_000,
    coldMilliseconds: median('cold', 'load and first callback'),
    requests: median('bill', 'requests of DynamoDB'),
    writeUnits: median('bill', 'write units, payload of 1 KiB'),
    logBytes: median('bill', 'log, bytes'),
    asksKms: contender === 'postern',
  };
};

/** What nobody can measure on one machine, for whoever wants to put in what is theirs. */
export const ASSUMED = {
  /** A call of DynamoDB from a function of the same Region, in milliseconds. */
  callMilliseconds: 5,
  /** Share of callbacks that meet a new process. */
  coldStarts: 0.01,
  /** Bytes of Lambda's own lines for an invocation that went well, where they are kept. */
  platformLogBytes: 700,
  /** Bytes through the load balancer: token, payload, answer, headers. */
  bytes: 3_000,
  /** A processor's connection is new each time. */
  newConnections: 1,
} as const;

/**
 * Megabytes of memory with which a function has one whole processor
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
 */
export const MEGABYTES_OF_A_PROCESSOR = 1_769;
