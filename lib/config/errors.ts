import { Description, NAMED_BY_PLACE, show } from './show.ts';
import type { Source } from './source.ts';

/** One mistake in an environment. */
export interface ConfigError {
  /** Path of the value: `processors.acme-ocr.carriers`. */
  readonly at: string;
  /** The value, or a `Description` if the value is secret or too long. */
  readonly value: unknown;
  readonly expected: string;
  /** Advice: the change to make. */
  readonly remedy: string;
}

/** The context names an environment that has no file, or there is no file at all. */
export class UnknownEnvironment extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnknownEnvironment';
  }
}

/** A context value of the command line is not valid. */
export class InvalidContext extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidContext';
  }
}

/** Environments have mistakes. The message names each value, the expectation and the remedy. */
export class InvalidEnvironment extends Error {
  readonly #errors: readonly ConfigError[];

  /** @param sources of the environment with the mistakes, or of all environments that exclude each other */
  constructor(sources: Source | readonly Source[], errors: readonly ConfigError[]) {
    const labels = [sources].flat().map(({ label }) => label);
    const heading =
      labels.length === 1
        ? `The environment ${labels[0]} cannot be built:`
        : `The environments ${labels.join(' and ')} cannot be built together:`;
    super([heading, ...errors.map(lineOf)].join('\n'));
    this.name = 'InvalidEnvironment';
    this.#errors = errors;
  }

  /** Not a property of its own, so that Node does not print each mistake a second time below the message. */
  get errors(): readonly ConfigError[] {
    return this.#errors;
  }

  /** One error for several files, so that one synth shows every mistake. */
  static ofFiles(files: readonly InvalidEnvironment[]): InvalidEnvironment {
    const [first, ...others] = files;
    if (first === undefined || others.length > 0) {
      const all = new InvalidEnvironment(
        [],
        files.flatMap(({ errors }) => errors),
      );
      all.message = files.map(({ message }) => message).join('\n\n');
      return all;
    }
    return first;
  }
}

const lineOf = ({ at, value, expected, remedy }: ConfigError): string =>
  `  ${at}${showValue(value)} expected ${expected}. ${remedy}`;

const showValue = (value: unknown): string => {
  if (value === NAMED_BY_PLACE) return ':';
  return value instanceof Description ? ` ${value.words};` : ` is ${show(value)};`;
};

/** Collects mistakes, so that one synth shows all of them. */
export class ConfigErrors {
  readonly list: ConfigError[] = [];

  /** Adds an error unless `ok`. */
  expect(ok: boolean, at: string, value: unknown, expected: string, remedy: string): void {
    if (!ok) this.list.push({ at, value, expected, remedy });
  }
}
