import { Duration, Size, Token } from 'aws-cdk-lib';

/** A value in words, as the end of a sentence that begins with its name: `has 3 keys`. It replaces a value that is too long, or secret. */
export class Description {
  readonly words: string;
  constructor(words: string) {
    this.words = words;
  }
}

/** In place of a value that is the last name of its place, which would be read twice. */
export const NAMED_BY_PLACE = Symbol('named by its place');

/** Values of properties with such a name are never shown, because they may be the secret itself. */
export const SECRET_PROPERTY = /secret|password|token$|private/i;

/** A longer value is cut off. */
const MAX_SHOWN_CHARS = 300;

/** The value as the environment file would write it. */
export const show = (value: unknown): string => {
  if (value === undefined) return 'missing';
  if (Token.isUnresolved(value)) return 'a value that only the deployment knows';
  if (value instanceof Duration) return showDuration(value);
  if (value instanceof Size) return value.isUnresolved() ? 'a size that is not known yet' : `${value.toBytes()} bytes`;
  if (typeof value === 'function') return 'a function';
  if (isForeign(value)) return `a ${value.constructor.name} of another copy of aws-cdk-lib`;
  const text = jsonOf(value);
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
};

/** True if the value's class comes from a second copy of `aws-cdk-lib`, as after `npm link`. Its checks by class fail. */
const isForeign = (value: unknown): value is Duration | Size =>
  typeof value === 'object' && value !== null && ['Duration', 'Size'].includes(value.constructor?.name);

/** The value as JSON, with durations and sizes as the file writes them; as plain text if it cannot be JSON. */
export const jsonOf = (value: unknown): string => {
  try {
    const shown = (_: string, member: unknown): unknown =>
      member instanceof Duration || member instanceof Size ? show(member) : member;
    return JSON.stringify(value, shown) ?? String(value);
  } catch {
    // A circular value, or a BigInt.
    return String(value);
  }
};

const MILLISECONDS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, millis: 1 } as const;

/** `Duration.days(9)`: in the unit of the file. */
const showDuration = (duration: Duration): string => {
  if (duration.isUnresolved()) return 'a duration that is not known yet';
  const unit = duration.unitLabel() as keyof typeof MILLISECONDS;
  return `Duration.${unit}(${duration.toMilliseconds({ integral: false }) / MILLISECONDS[unit]})`;
};

/** `1 day`, `2 days`. */
const withUnit = (amount: number, unit: string): string => `${amount} ${amount === 1 ? unit.slice(0, -1) : unit}`;

/** A limit in the largest unit that fits: `7 days`. */
export const showLimit = (milliseconds: number): string => {
  const units = Object.entries(MILLISECONDS).filter(([, of]) => milliseconds % of === 0);
  const [unit, of] = units[0] ?? ['millis', 1];
  return withUnit(milliseconds / of, unit === 'millis' ? 'milliseconds' : unit);
};
