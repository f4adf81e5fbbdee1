/** One wrong value of an environment file. */
export interface EnvironmentProblem {
  /** Where it stands in the file: `processors.acme-ocr.carriers`. */
  readonly at: string;
  readonly value: unknown;
  readonly expected: string;
  /** What to change. */
  readonly remedy: string;
}

/** An environment file has wrong values; the message names each one, what was expected and what to change. */
export class InvalidEnvironment extends Error {
  readonly problems: readonly EnvironmentProblem[];
  constructor(name: string, problems: readonly EnvironmentProblem[]) {
    const lines = problems.map(
      ({ at, value, expected, remedy }) => `  ${at} is ${show(value)}; expected ${expected}. ${remedy}`,
    );
    super(`The environment "${name}" cannot be built:\n${lines.join('\n')}`);
    this.name = 'InvalidEnvironment';
    this.problems = problems;
  }
}

const show = (value: unknown): string => JSON.stringify(value) ?? String(value);
