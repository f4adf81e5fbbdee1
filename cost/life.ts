/**
 * Usage of the steps that every task takes: opened with two callbacks, a result of 1 KB delivered, both changes published, and
 * the result read by the sender. `test/cost/life.test.ts` measures each of these numbers with the shipped functions.
 */
export interface StepUsage {
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Bytes of the function's log line. */
  readonly logBytes: number;
  /** Bytes of the request and of the response, headers included. Zero for a change that is published. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export const LIFE = {
  opened: { writeUnits: 4, readUnits: 0, logBytes: 615, bytesIn: 993, bytesOut: 2_179 },
  delivered: { writeUnits: 6, readUnits: 0, logBytes: 750, bytesIn: 1_847, bytesOut: 405 },
  resultRead: { writeUnits: 0, readUnits: 1, logBytes: 339, bytesIn: 926, bytesOut: 1_398 },
  openedPublished: { writeUnits: 0, readUnits: 0, logBytes: 127, bytesIn: 0, bytesOut: 0 },
  deliveredPublished: { writeUnits: 0, readUnits: 0, logBytes: 130, bytesIn: 0, bytesOut: 0 },
} as const satisfies Record<string, StepUsage>;

/** Sum of a quantity over all steps of a task. */
export const sumOf = (quantity: keyof StepUsage): number =>
  Object.values(LIFE).reduce((sum, usage) => sum + usage[quantity], 0);

/** Bytes of a closed task with its result of 1 KB, and of what belongs to it, without the overhead of storage. */
export const STORED = {
  task: 1_729,
  /** In the indexes `ofApplication`, `byResource` and `byDue`. */
  indexEntries: [110, 130, 137],
  jti: 228,
} as const;
