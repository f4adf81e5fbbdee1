import { createRequire } from 'node:module';

export interface LoadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface LoadOptions {
  readonly origin: string;
  /** Kept, with one request at a time each. */
  readonly connections: number;
  /** Requests in all. */
  readonly amount: number;
  /** Asked for each request, and on each connection once more than is sent. */
  request(): LoadRequest;
  /** Of every answer. */
  readonly expected: number;
}

/** What came of a load. */
export interface LoadResult {
  /** From the start to the last answer. */
  readonly milliseconds: number;
  /** Milliseconds of each request. */
  readonly latencies: readonly number[];
  /** Of each answer. */
  readonly bodies: readonly string[];
}

/** What is used of autocannon, which has no types and is installed for the benchmarks alone. */
type Autocannon = (options: object) => Promise<unknown> & {
  on(event: 'response', listener: (client: object, status: number, bytes: number, milliseconds: number) => void): void;
};

/** Sends requests, and waits for all answers. @throws {Error} where one is missing, or not as expected */
export const load = async ({ amount, connections, expected, origin, request }: LoadOptions): Promise<LoadResult> => {
  const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon;
  const latencies: number[] = [];
  const bodies: string[] = [];
  const others: string[] = [];
  const start = performance.now();
  let end = start;
  const run = autocannon({
    url: origin,
    connections,
    amount,
    requests: [
      {
        setupRequest: (defaults: object) => ({ ...defaults, ...request() }),
        onResponse: (status: number, body: string) => {
          if (status === expected) bodies.push(body);
          else others.push(`${status} ${body}`);
        },
      },
    ],
  });
  run.on('response', (_client, _status, _bytes, milliseconds) => {
    latencies.push(milliseconds);
    end = performance.now();
  });
  await run;
  if (bodies.length !== amount) {
    throw new Error(`Of ${amount} requests ${bodies.length} were answered ${expected}: ${others[0] ?? 'no answer'}`);
  }
  return { milliseconds: end - start, latencies, bodies };
};
