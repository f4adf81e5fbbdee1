import type { Machine } from './machine.ts';
import type { Spread } from './statistics.ts';

/** One thing that was measured, of every contender. */
export interface Measure {
  readonly name: string;
  readonly unit: string;
  /** Whether more is better. */
  readonly higherIsBetter: boolean;
  /** By contender; those that cannot be measured are left out. */
  readonly values: Readonly<Record<string, Spread>>;
  /** Those of the contender that is compared by each other's, paired by round. */
  readonly ratios: Readonly<Record<string, Spread>>;
  /** The limit's by each other's but Postern's: what no ratio of Postern's can be better than. */
  readonly limits?: Readonly<Record<string, Spread>>;
}

/** What one part of the benchmarks brought. */
export interface PartResult {
  readonly part: string;
  readonly title: string;
  /** What was done, for somebody who reads the table. */
  readonly method: string;
  /** In the order in which they are shown, with what each is. */
  readonly contenders: Readonly<Record<string, string>>;
  /** The contender that the others are compared with. @default 'postern' */
  readonly compared?: string;
  readonly measures: readonly Measure[];
  /** Names of the measures that are drawn: what a reader should take in at a glance. */
  readonly pictured: readonly string[];
}

/** A result, and what it was measured on. */
export interface MeasuredPart extends PartResult {
  readonly machine: Machine;
}
