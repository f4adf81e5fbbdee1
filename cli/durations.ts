import { CommandError } from './command-error.ts';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const DURATION = /^(\d{1,9})(s|m|h|d)?$/;

/**
 * @param text a whole number with `s`, `m`, `h` or `d`, or seconds without a unit
 * @returns seconds
 * @throws {CommandError} `usage`
 */
export const readDuration = (flag: string, text: string): number => {
  const [, number, unit = 's'] = DURATION.exec(text) ?? [];
  if (number === undefined) {
    throw new CommandError('usage', `${flag} is "${text}"; expected a duration such as 90s, 30m, 1h or 2d.`);
  }
  return Number(number) * SECONDS[unit as keyof typeof SECONDS];
};

/** A duration for people, in its two largest units: `1 h 5 min`. */
export const showDuration = (seconds: number): string => {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.floor(seconds) % 60, 's'],
  ] as const;
  const first = parts.findIndex(([number]) => number > 0);
  if (first === -1) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([number]) => number > 0)
    .map(([number, unit]) => `${number} ${unit}`)
    .join(' ');
};

/** A time as people think of it: `5 min ago`, `in 2 h`. */
export const showTime = (time: string, now: number): string => {
  const seconds = Math.round((Date.parse(time) - now) / 1_000);
  if (seconds === 0) return 'now';
  return seconds < 0 ? `${showDuration(-seconds)} ago` : `in ${showDuration(seconds)}`;
};
