import type { Duration, Size } from 'aws-cdk-lib';
import type { AwsEntries, EnvironmentInput } from '../environment.ts';
import type { ConfigErrors } from '../errors.ts';

/** The part of a value that is right. An entry with a mistake is missing. */
export type Valid<T> = T extends string | number | boolean | null | undefined | Duration | Size | readonly unknown[]
  ? T
  : { readonly [K in keyof T]?: Valid<T[K]> };

/** The entries of a file that are right, with defaults. */
export interface ValidEntries extends Valid<Omit<AwsEntries, 'runsOn'>> {
  readonly runsOn?: EnvironmentInput['runsOn'];
}

export type ValidProcessor = Valid<AwsEntries['processors'][string]>;

/** Checks entries that depend on each other. It skips entries that are missing, because their mistakes are reported. */
export type Rule = (entries: ValidEntries, errors: ConfigErrors) => void;

/** Makes a rule that checks each processor. `at` is its path in the file. */
export const forEachProcessor =
  (check: (processor: ValidProcessor, at: string, entries: ValidEntries, errors: ConfigErrors) => void): Rule =>
  (entries, errors) => {
    for (const [id, processor] of Object.entries(entries.processors ?? {})) {
      if (processor !== undefined) check(processor, `processors.${id}`, entries, errors);
    }
  };
