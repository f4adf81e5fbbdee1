/** Measurements of one callback with a result of 1 KB. */
export interface MeasuredCallback {
  /** CPU time in a warm process, in milliseconds of one vCPU. */
  readonly cpuMilliseconds: number;
  /** Loading the code and the first callback in a new process, in milliseconds of one vCPU. */
  readonly coldStartMilliseconds: number;
  /** Requests of DynamoDB, one after the other. */
  readonly requests: number;
  readonly writeUnits: number;
  /** Bytes of the function's log lines, without Lambda's. */
  readonly logBytes: number;
  /** True if a new process requests public keys from KMS. */
  readonly requestsKeys: boolean;
}

/**
 * Postern, and the same receiver made of middy, Powertools, aws-jwt-verify and the SDK
 * (`benchmarks/baselines/callback-peer.mjs`). Source: medians of `npm run bench -- callback` of 2026-11-27 and of
 * `npm run bench -- cold-start billed-units` of 2026-11-30, published in `docs/reference/performance.md`. A test compares them with that
 * page.
 */
export const MEASURED = {
  postern: {
    cpuMilliseconds: 0.486,
    coldStartMilliseconds: 52.5,
    requests: 1,
    writeUnits: 6,
    logBytes: 750,
    requestsKeys: true,
  },
  peer: {
    cpuMilliseconds: 2.416,
    coldStartMilliseconds: 187,
    requests: 3,
    writeUnits: 4,
    logBytes: 539,
    requestsKeys: false,
  },
} as const satisfies Record<string, MeasuredCallback>;

/** Values that cannot be measured on one machine. Replace them with your own. */
export const ASSUMED = {
  /** Duration of a DynamoDB call from a function in the same Region, in milliseconds. */
  callMilliseconds: 5,
  /** Duration of a request to EventBridge, in milliseconds. */
  eventBridgeMilliseconds: 10,
  /**
   * Share of events that start a new process. AWS says that it is below 1 % in production
   * (https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/).
   */
  coldStarts: 0.01,
  /** Bytes of Lambda's own log lines for a successful invocation, if they are stored. */
  platformLogBytes: 700,
  /** Bytes through the load balancer: token, payload, response, headers. */
  bytes: 3_000,
  /** A processor opens a new connection for each callback. */
  newConnections: 1,
} as const;

/**
 * The network door. The CPU time of a request is what a spike measured for TLS with a new connection and the headers of a request
 * in the firewall, and half as much again for the call of the function. A line of its log has no path.
 */
export const ASSUMED_DOOR = { cpuMilliseconds: 1.5, utilization: 0.5, logBytes: 700 } as const;

/**
 * Memory at which a function has one whole vCPU, in MB
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
 */
export const ONE_VCPU_MEGABYTES = 1_769;

/** CPU time of a function, in milliseconds of one vCPU. */
export interface MeasuredFunction {
  /** Of one event in a warm process. */
  readonly cpuMilliseconds: number;
  /** Of a new process, from its start to its first response. */
  readonly coldMilliseconds: number;
}

/**
 * Lowest values of `npm run bench -- functions` of 2026-11-30, published on the same page. Lowest, because other work on the machine
 * can only add. A warm callback has a better measurement above.
 */
export const MEASURED_FUNCTIONS = {
  'create-task': { cpuMilliseconds: 1.552, coldMilliseconds: 90.8 },
  receive: { cpuMilliseconds: MEASURED.postern.cpuMilliseconds, coldMilliseconds: 71.8 },
  tasks: { cpuMilliseconds: 1.433, coldMilliseconds: 205 },
  publish: { cpuMilliseconds: 1.011, coldMilliseconds: 170 },
} as const satisfies Record<string, MeasuredFunction>;
