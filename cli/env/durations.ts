/** Units of a duration, from the largest one, with their letters of ISO 8601 and their seconds. */
const UNITS = [
  { letter: 'D', word: 'day', seconds: 86_400 },
  { letter: 'H', word: 'hour', seconds: 3_600 },
  { letter: 'M', word: 'minute', seconds: 60 },
] as const;

/** Parts of a duration that are not zero. The last unit, seconds, may have a fraction. */
const partsOf = (seconds: number) => {
  let rest = seconds;
  const parts = UNITS.map(({ seconds: size, ...unit }) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return { ...unit, count };
  });
  return [...parts, { letter: 'S', word: 'second', count: Number(rest.toFixed(3)) } as const].filter(
    ({ count }) => count > 0,
  );
};

/** Duration in ISO 8601: `P1DT12H`. */
export const isoDuration = (seconds: number): string => {
  const parts = partsOf(seconds);
  const textOf = (chosen: typeof parts) => chosen.map(({ count, letter }) => `${count}${letter}`).join('');
  const days = textOf(parts.filter(({ letter }) => letter === 'D'));
  const time = textOf(parts.filter(({ letter }) => letter !== 'D'));
  if (days === '' && time === '') return 'PT0S';
  return `P${days}${time === '' ? '' : `T${time}`}`;
};

/** Duration for people: `1 day 12 hours`. */
export const durationInWords = (seconds: number): string =>
  partsOf(seconds)
    .map(({ count, word }) => `${count} ${word}${count === 1 ? '' : 's'}`)
    .join(' ') || '0 seconds';
