import { Duration, Size, Token } from 'aws-cdk-lib';
import { suggestion } from './near-names.ts';

/** One wrong value of an environment file. */
export interface EnvironmentProblem {
  /** Where it stands in the file: `processors.acme-ocr.carriers`. */
  readonly at: string;
  /** The value, or what is wrong about it where the value itself must not or cannot be shown. */
  readonly value: unknown;
  readonly expected: string;
  /** What to change. */
  readonly remedy: string;
}

/** What is wrong about a value, as the end of a sentence that begins with its property: `has 3 keys`. */
export class Finding {
  readonly words: string;
  constructor(words: string) {
    this.words = words;
  }
}

/** The file that an environment is read from. */
export const fileOf = (name: string): string => `environments/${name}.ts`;

/** The context names an environment that has no file. */
export class UnknownEnvironment extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnknownEnvironment';
  }
}

/** Environment files have wrong values; the message names each one, what was expected and what to change. */
export class InvalidEnvironment extends Error {
  readonly problems: readonly EnvironmentProblem[];

  /** @param names of the environments that the problems are about: of one, or of all that do not go together */
  constructor(names: string | readonly string[], problems: readonly EnvironmentProblem[]) {
    const files = [names].flat().map((name) => `"${name}" (${fileOf(name)})`);
    const heading =
      files.length === 1
        ? `The environment ${files[0]} cannot be built:`
        : `The environments ${files.join(' and ')} cannot be built together:`;
    super([heading, ...problems.map(lineOf)].join('\n'));
    this.name = 'InvalidEnvironment';
    this.problems = problems;
  }

  /** One error for several files, so that one synth shows everything that is wrong. */
  static ofFiles(errors: readonly InvalidEnvironment[]): InvalidEnvironment {
    const [first, ...others] = errors;
    if (first === undefined || others.length > 0) {
      const all = new InvalidEnvironment(
        [],
        errors.flatMap(({ problems }) => problems),
      );
      all.message = errors.map(({ message }) => message).join('\n\n');
      return all;
    }
    return first;
  }
}

const lineOf = ({ at, value, expected, remedy }: EnvironmentProblem): string =>
  `  ${at} ${value instanceof Finding ? value.words : `is ${show(value)}`}; expected ${expected}. ${remedy}`;

/** A long value says no more than its beginning. */
const MAX_SHOWN_CHARS = 300;

/** A value in the words of the file. */
export const show = (value: unknown): string => {
  if (value === undefined) return 'missing';
  if (Token.isUnresolved(value)) return 'a value that is known at deployment only';
  if (value instanceof Duration) return showDuration(value);
  if (value instanceof Size) return value.isUnresolved() ? 'a size that is not known yet' : `${value.toBytes()} bytes`;
  if (typeof value === 'function') return 'a function';
  const text = jsonOf(value);
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
};

/** A value as JSON, with durations and sizes as they are shown; as text where it cannot be JSON. */
export const jsonOf = (value: unknown): string => {
  try {
    const shown = (_: string, member: unknown): unknown =>
      member instanceof Duration || member instanceof Size ? show(member) : member;
    return JSON.stringify(value, shown) ?? String(value);
  } catch {
    // A value that refers to itself, or a BigInt.
    return String(value);
  }
};

const MILLISECONDS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, millis: 1 } as const;

/** `9 days (777600 seconds)`: in the unit that the file uses, and in seconds, which limits are written in. */
const showDuration = (duration: Duration): string => {
  if (duration.isUnresolved()) return 'a duration that is not known yet';
  const unit = duration.unitLabel() as keyof typeof MILLISECONDS;
  const milliseconds = duration.toMilliseconds({ integral: false });
  const inFile = withUnit(milliseconds / MILLISECONDS[unit], unit === 'millis' ? 'milliseconds' : unit);
  return unit === 'seconds' || unit === 'millis' ? inFile : `${inFile} (${milliseconds / 1_000} seconds)`;
};

/** `1 day`, `2 days`. */
const withUnit = (amount: number, unit: string): string => `${amount} ${amount === 1 ? unit.slice(0, -1) : unit}`;

/** A limit in the largest unit that it is a whole number of: `7 days`. */
const showLimit = (milliseconds: number): string => {
  const units = Object.entries(MILLISECONDS).filter(([, of]) => milliseconds % of === 0);
  const [unit, of] = units[0] ?? ['millis', 1];
  return withUnit(milliseconds / of, unit === 'millis' ? 'milliseconds' : unit);
};

/** The entries of an object that are objects. Another problem names those that are not. */
export const objectsOf = <T>(values: Readonly<Record<string, T>> | undefined): readonly (readonly [string, T])[] =>
  Object.entries(values ?? {}).filter(([, value]) => typeof value === 'object' && value !== null);

/** Bounds of a duration, in milliseconds; both are allowed. `step` is what it must be a whole number of. */
interface DurationBounds {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** Values of properties with such a name are never shown: somebody may have written the secret itself. */
const SECRET_PROPERTY = /secret|password|token$|private/i;

/** Collects what is wrong, so that one synth shows all of it. */
export class Problems {
  readonly list: EnvironmentProblem[] = [];

  /** Notes a problem unless `ok`. */
  expect(ok: boolean, at: string, value: unknown, expected: string, remedy: string): void {
    if (!ok) this.list.push({ at, value, expected, remedy });
  }

  /** Expects text that is known now, because synth works with it. */
  text(at: string, value: unknown, pattern: RegExp, expected: string, remedy: string): void {
    const known = typeof value === 'string' && !Token.isUnresolved(value);
    this.expect(known && pattern.test(value), at, value, expected, remedy);
  }

  /** Expects text that synth only hands on: one that is known at deployment only is taken as it is. */
  handedOn(at: string, value: unknown, pattern: RegExp, expected: string, remedy: string): void {
    if (!Token.isUnresolved(value)) this.text(at, value, pattern, expected, remedy);
  }

  oneOf(at: string, value: unknown, allowed: readonly unknown[], remedy: string): void {
    this.expect(allowed.includes(value), at, value, `one of ${allowed.join(', ')}`, remedy);
  }

  integer(at: string, value: unknown, { min, max }: { min: number; max: number }, unit: string, remedy: string): void {
    const ok = Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
    this.expect(ok, at, value, `a whole number of ${unit} from ${min} to ${max}`, remedy);
  }

  /** Expects a Duration within bounds. */
  duration(at: string, value: unknown, { min, max, step }: DurationBounds, remedy: string): void {
    const known = value instanceof Duration && !value.isUnresolved();
    const milliseconds = known ? value.toMilliseconds({ integral: false }) : Number.NaN;
    this.expect(
      milliseconds >= min && milliseconds <= max && milliseconds % step === 0,
      at,
      value,
      `a Duration from ${showLimit(min)} to ${showLimit(max)}, in whole ${showLimit(step).replace(/^1 /, '')}s`,
      remedy,
    );
  }

  /** Expects an object, so that its properties can be looked at. Says whether it is one. */
  object(at: string, value: unknown, expected: string, remedy: string): boolean {
    const ok = typeof value === 'object' && value !== null && !Array.isArray(value);
    this.expect(ok, at, value, expected, remedy);
    return ok;
  }

  /** Expects a list, so that its entries can be looked at. Says whether it is one. */
  array(at: string, value: unknown, expected: string, remedy: string): boolean {
    const ok = Array.isArray(value);
    this.expect(ok, at, value, expected, remedy);
    return ok;
  }

  /** Expects no property but these: a misspelt one would leave its default in place without a word. */
  properties(at: string, value: object, known: readonly string[]): void {
    for (const [name, member] of Object.entries(value)) {
      if (known.includes(name)) continue;
      this.expect(
        false,
        at === '' ? name : `${at}.${name}`,
        SECRET_PROPERTY.test(name) ? new Finding('is not a property') : member,
        known.length <= MAX_LISTED ? `one of the properties ${known.join(', ')}` : 'a known property',
        `${suggestion(name, known)}Correct the name, or take the property out; docs/operate/configuration.md lists the properties.`,
      );
    }
  }
}

/** A longer list of names is hard to read. */
const MAX_LISTED = 12;
