/** Amount of work of a suite. */
export interface Effort {
  readonly rounds: number;
  /** Returns the number of events, tasks or rows to use, for the number that a measurement needs. */
  amount(measured: number): number;
}

/** Amounts with which times can be compared. */
export const measuring = (rounds: number): Effort => ({ rounds, amount: (measured) => measured });

const CHECKED_SHARE = 0.01;
/** A refused token is made of two tokens. */
const LEAST = 2;
const MOST = 100;

/** Just enough work to see that every contender gives the expected answers. */
export const CHECK: Effort = {
  rounds: 1,
  amount: (measured) => Math.min(measured, MOST, Math.max(LEAST, Math.ceil(measured * CHECKED_SHARE))),
};
