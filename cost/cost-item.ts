import { PRICES } from './prices.ts';

/** One item of a monthly bill. */
export interface CostItem {
  readonly name: string;
  /** Counted in `unit`. */
  readonly quantity: number;
  readonly unit: string;
  /** USD per unit. */
  readonly price: number;
}

/** An item whose price applies to a million units. */
export const perMillion = (name: string, count: number, price: number): CostItem => ({
  name,
  quantity: count / 1e6,
  unit: 'million',
  price,
});

/** Time of functions. @param gigabyteMilliseconds memory in GB times milliseconds */
export const functionTime = (name: string, gigabyteMilliseconds: number): CostItem => ({
  name,
  quantity: gigabyteMilliseconds / 1_000,
  unit: 'GB-s',
  price: PRICES.lambdaGigabyteSecond,
});

export const logs = (name: string, bytes: number): CostItem => ({
  name,
  quantity: bytes / 1e9,
  unit: 'GB',
  price: PRICES.logGigabyte,
});

export const usd = ({ price, quantity }: CostItem): number => price * quantity;

export const total = (items: readonly CostItem[]): number => items.reduce((sum, item) => sum + usd(item), 0);
