/** How an environment is operated: what it may use of its account, who may look into it, how new code is let in. */
export interface OperationInput {
  /**
   * Most request units a second that each table, and each of its indexes, may use by itself, 1 to 40,000 each way; what is
   * above is throttled and answered with 503. It caps the bill of a flood, and the gateway with it: a callback writes
   * about 6 units of the table of tasks for each KiB that is kept of it. No charge.
   * @default none: what the account's quota allows
   */
  readonly tableThroughput?: TableThroughput;
  /**
   * ARNs of IAM roles whose holders may read and change tasks and payloads, as far as their own policies say so; each may
   * have a `*`. Everybody else in the account is kept from them, administrators too, beside the gateway's functions.
   * @default [] nobody
   */
  readonly dataOperators?: readonly string[];
}

export interface TableThroughput {
  readonly readUnits: number;
  readonly writeUnits: number;
}

/** How an environment is operated, complete. */
export interface Operation {
  readonly tableThroughput?: TableThroughput;
  readonly dataOperators: readonly string[];
}

/** Names of what an environment file may say about it. */
export const OPERATION_PROPERTIES = [
  'tableThroughput',
  'dataOperators',
] as const satisfies readonly (keyof OperationInput)[];

/** Fills in the defaults. */
export const completeOperation = (input: OperationInput): Operation => ({
  dataOperators: input.dataOperators ?? [],
  ...(input.tableThroughput !== undefined && { tableThroughput: input.tableThroughput }),
});
