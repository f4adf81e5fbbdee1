import { distributeKeys, type KeyDistributions, SAMPLE } from './key-distribution.ts';
import { type Limit, limitsOf } from './limits.ts';
import { MEASURED } from './measured.ts';
import { type StoreSimulation, simulateStores } from './partitions.ts';
import { type CapacitySettings, settingsFor } from './settings.ts';
import { EXPIRY_CONCURRENCY, expiryRateOf, publishRateOf } from './workload.ts';

/** Callbacks per second that the model covers. */
export const RATES = [1e3, 1e4, 1e5] as const;

/** Capacity of a gateway with the default settings in one account. */
export interface Estimate {
  readonly keys: KeyDistributions;
  readonly limits: readonly Limit[];
  /** Changes per second that `publish` takes from one shard of the stream. */
  readonly publishRate: number;
  /** Tasks per second that `expire` closes. */
  readonly expiryRate: number;
  readonly byRate: readonly {
    readonly rate: number;
    readonly simulations: readonly StoreSimulation[];
    readonly settings: CapacitySettings;
  }[];
}

/** Gives the same result on every machine. */
export const estimate = (): Estimate => ({
  keys: distributeKeys(SAMPLE),
  limits: limitsOf(MEASURED),
  publishRate: publishRateOf(MEASURED),
  expiryRate: expiryRateOf(MEASURED, EXPIRY_CONCURRENCY),
  byRate: RATES.map((rate) => ({ rate, simulations: simulateStores(rate), settings: settingsFor(rate, MEASURED) })),
});
