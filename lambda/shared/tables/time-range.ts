/** RFC 3339 in UTC, with any number of fractional digits up to nanoseconds. */
const UTC_TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/;

/** A time, rounded down to milliseconds. */
interface Time {
  /** RFC 3339 with milliseconds, rounded down. */
  readonly millisecond: string;
  /** True if the time is later than `millisecond`. */
  readonly isLater: boolean;
}

/** Reads a time that a client sent. @returns undefined for another form, or a time that no calendar has */
export const readTime = (text: string): Time | undefined => {
  const [, second = '', fraction = ''] = UTC_TIME.exec(text) ?? [];
  const digits = fraction.padEnd(9, '0');
  const millisecond = `${second}.${digits.slice(0, 3)}Z`;
  const milliseconds = Date.parse(millisecond);
  // JavaScript reads February 30 and hour 24 as other times, so the text of the parsed time differs.
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== millisecond) return undefined;
  return { millisecond, isLater: digits.slice(3) !== '000000' };
};

/**
 * Position after every entry of a millisecond: keys of `timeKey` separate time and id by `#`, which sorts before `$`.
 */
const endOf = (millisecond: string): string => `${millisecond}$`;

/** Returns the position after which entries later than the time begin. Entries have whole milliseconds. */
export const positionAfter = (text: string | undefined): string | undefined => {
  const time = text === undefined ? undefined : readTime(text);
  return time && endOf(time.millisecond);
};

/** Returns the position before which all entries are earlier than the time. */
export const positionBefore = (text: string | undefined): string | undefined => {
  const time = text === undefined ? undefined : readTime(text);
  return time && (time.isLater ? endOf(time.millisecond) : time.millisecond);
};
