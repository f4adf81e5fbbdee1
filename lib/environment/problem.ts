import { Token } from 'aws-cdk-lib';

/** One wrong value of an environment file. */
export interface EnvironmentProblem {
  /** Where it stands in the file: `processors.acme-ocr.carriers`. */
  readonly at: string;
  readonly value: unknown;
  readonly expected: string;
  /** What to change. */
  readonly remedy: string;
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
  constructor(name: string, problems: readonly EnvironmentProblem[]) {
    const lines = problems.map(
      ({ at, value, expected, remedy }) => `  ${at} is ${show(value)}; expected ${expected}. ${remedy}`,
    );
    super(`The environment "${name}" (${fileOf(name)}) cannot be built:\n${lines.join('\n')}`);
    this.name = 'InvalidEnvironment';
    this.problems = problems;
  }
}

const show = (value: unknown): string =>
  Token.isUnresolved(value) ? 'a value that is known at deployment only' : (JSON.stringify(value) ?? String(value));

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

  /** Expects no property but these: a misspelt one would leave its default in place without a word. */
  properties(at: string, value: object, known: readonly string[]): void {
    for (const name of Object.keys(value)) {
      this.expect(
        known.includes(name),
        at === '' ? name : `${at}.${name}`,
        (value as Record<string, unknown>)[name],
        `one of the properties ${known.join(', ')}`,
        'Correct the name, or take the property out.',
      );
    }
  }
}
