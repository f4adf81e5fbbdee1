import { oneLine } from '../io.ts';

/** Header and claims of a token, as JSON has them. The claims of an encrypted token are absent. */
export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Claims that are times in seconds since 1970. */
const TIMES: ReadonlySet<string> = new Set(['iat', 'nbf', 'exp']);

/**
 * Lines for a person.
 * @param now milliseconds since 1970
 */
export const showToken = ({ claims, header }: DecodedToken, now: number): string => {
  const names = [...Object.keys(header), ...Object.keys(claims ?? {})];
  const width = Math.max(...names.map((name) => oneLine(name).length));
  const section = (title: string, members: Readonly<Record<string, unknown>>): readonly string[] => [
    title,
    ...Object.entries(members).map(
      ([name, value]) => `  ${oneLine(name).padEnd(width)}  ${showValue(name, value, now)}`,
    ),
  ];
  return [...section('header', header), ...(claims === undefined ? [] : section('claims', claims))].join('\n');
};

const showValue = (name: string, value: unknown, now: number): string => {
  const text = oneLine(typeof value === 'string' ? value : JSON.stringify(value));
  if (!TIMES.has(name) || typeof value !== 'number') return text;
  const milliseconds = value * 1_000;
  const time = new Date(milliseconds);
  return Number.isNaN(time.getTime()) ? text : `${text}  (${time.toISOString()}, ${distance(milliseconds - now)})`;
};

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** "in 59 minutes", "2 days ago". */
const distance = (milliseconds: number): string => {
  const size = Math.abs(milliseconds);
  const [unit, length] = UNITS.find(([, length]) => size >= length) ?? ['second', 1_000];
  const count = Math.floor(size / length);
  const words = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return milliseconds >= 0 ? `in ${words}` : `${words} ago`;
};
