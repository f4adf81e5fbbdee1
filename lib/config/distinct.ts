import type { Environment } from './environment.ts';
import { fileOf, InvalidEnvironment } from './errors.ts';
import { Description } from './show.ts';

/**
 * Compares the names of the files, before any of them is read.
 * @throws {InvalidEnvironment} if two differ in capitals only, because both would be the same stage
 */
export const checkNames = (names: readonly string[]): void => {
  for (const [i, name] of names.entries()) {
    const other = names.slice(0, i).find((one) => one.toLowerCase() === name.toLowerCase());
    if (other === undefined) continue;
    throw new InvalidEnvironment(
      [other, name],
      [
        {
          at: 'the name',
          value: new Description(`"${other}" differs from "${name}" in capitals only`),
          expected: 'names that differ in lower case too, because both would be the same stage of the CDK',
          remedy: 'Rename one of the two files.',
        },
      ],
    );
  }
};

/**
 * Compares environments.
 * @throws {InvalidEnvironment} if two have the same origin, because each would accept tokens of the other
 */
export const checkDistinct = (environments: readonly Pick<Environment, 'name' | 'origin' | 'host'>[]): void => {
  for (const [i, environment] of environments.entries()) {
    const other = environments.slice(0, i).find(({ origin }) => origin === environment.origin);
    if (other === undefined) continue;
    throw new InvalidEnvironment(
      [other.name, environment.name],
      [
        {
          at: 'domain',
          value: new Description(`is "${environment.host}" in both files`),
          expected: 'another domain in each, because a callback token of one would be accepted by the other',
          remedy: `Change \`domain\` in ${fileOf(environment.name)} or in ${fileOf(other.name)}, whichever is the copy.`,
        },
      ],
    );
  }
};
