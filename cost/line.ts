/** One line of the bill of a month. */
export interface Line {
  readonly what: string;
  /** Counted in `unit`. */
  readonly quantity: number;
  readonly unit: string;
  /** USD for one of `unit`. */
  readonly price: number;
}

export const usd = ({ price, quantity }: Line): number => price * quantity;

export const total = (lines: readonly Line[]): number => lines.reduce((sum, line) => sum + usd(line), 0);
