/** One line of the bill of a month. */
export interface Line {
  readonly what: string;
  /** Counted in `unit`. */
  readonly quantity: number;
  readonly unit: string;
  /** USD for one of `unit`. */
  readonly price: number;
}

/** So many, where a million of them have a price. */
export const perMillion = (what: string, count: number, price: number): Line => ({
  what,
  quantity: count / 1e6,
  unit: 'million',
  price,
});

export const usd = ({ price, quantity }: Line): number => price * quantity;

export const total = (lines: readonly Line[]): number => lines.reduce((sum, line) => sum + usd(line), 0);
