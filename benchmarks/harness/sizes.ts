/** How much is there already. */
export interface Size {
  readonly name: string;
  /** Tasks and records of used tokens, half of them each. */
  readonly rows: number;
  readonly processors: number;
}

export const SIZES: readonly Size[] = [
  { name: 'small', rows: 1e3, processors: 10 },
  { name: 'middle', rows: 1e5, processors: 1_000 },
  { name: 'large', rows: 1e6, processors: 10_000 },
];

/** How much is measured in a round. */
export interface Amounts {
  readonly warmUp: number;
  readonly callbacks: number;
  readonly opened: number;
  readonly due: number;
  /** Batches of changes. */
  readonly batches: number;
  /** New processes of a function for each round: a cold start is quick, and varies. */
  readonly coldStarts: number;
}

export const AMOUNTS: Amounts = { warmUp: 200, callbacks: 480, opened: 480, due: 960, batches: 20, coldStarts: 3 };
