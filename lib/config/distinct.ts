import { LOCAL_ENVIRONMENT } from '../../lambda/contract/environments.ts';
import type { StackNames } from '../stack-names.ts';
import type { Environment } from './environment.ts';
import { ConfigErrors, InvalidEnvironment } from './errors.ts';
import { Description } from './show.ts';
import { constructSource, fileOf, fileSource } from './source.ts';

/**
 * Compares the names of the files, before any of them is read.
 * @throws {InvalidEnvironment} if a file has the name `local`, or if two differ in capitals only, because both would have stacks
 * of the same name
 */
export const checkNames = (names: readonly string[]): void => {
  if (names.includes(LOCAL_ENVIRONMENT)) throw reservedName();
  for (const [i, name] of names.entries()) {
    const other = names.slice(0, i).find((one) => one.toLowerCase() === name.toLowerCase());
    if (other === undefined) continue;
    throw new InvalidEnvironment(
      [fileSource(other), fileSource(name)],
      [
        {
          at: 'the name',
          value: new Description(`"${other}" differs from "${name}" in capitals only`),
          expected: 'names that differ in lower case too, because both would have stacks of the same name',
          remedy: 'Rename one of the two files.',
        },
      ],
    );
  }
};

const reservedName = (): InvalidEnvironment =>
  new InvalidEnvironment(fileSource(LOCAL_ENVIRONMENT), [
    {
      at: 'the name',
      value: LOCAL_ENVIRONMENT,
      expected:
        'another name, because `npm start` runs an environment of this name, which local/environment.ts describes',
      remedy: 'Rename the file. Delete it if it comes from an earlier version of Postern.',
    },
  ]);

type Compared = Pick<Environment, 'name' | 'origin' | 'host'>;

const REASON = 'because a callback token of one would be accepted by the other';

/**
 * Compares the environments of files.
 * @param changedAt time of the last change of an environment's file, in milliseconds
 * @throws {InvalidEnvironment} if two have the same origin, because each would accept tokens of the other
 */
export const checkDistinct = (environments: readonly Compared[], changedAt: (name: string) => number): void => {
  for (const [i, environment] of environments.entries()) {
    const other = environments.slice(0, i).find(({ origin }) => origin === environment.origin);
    if (other === undefined) continue;
    const copy = findCopy(environment, other, changedAt);
    if (copy === undefined) throw sameDomain(other, environment);
    throw sameDomainOfCopy(copy, copy === other ? environment : other);
  }
};

/** A checkout writes all files within this time. */
const CHECKOUT_MILLISECONDS = 10_000;

/** Returns the one that was changed after the other, or nothing if a checkout wrote both. */
const findCopy = (a: Compared, b: Compared, changedAt: (name: string) => number): Compared | undefined => {
  const lead = changedAt(a.name) - changedAt(b.name);
  if (Math.abs(lead) <= CHECKOUT_MILLISECONDS) return undefined;
  return lead > 0 ? a : b;
};

const sameDomainOfCopy = (copy: Compared, original: Compared): InvalidEnvironment =>
  new InvalidEnvironment(fileSource(copy.name), [
    {
      at: 'domain',
      value: new Description(`is "${copy.host}", which ${fileOf(original.name)} has too`),
      expected: `another domain in each, ${REASON}`,
      remedy: `${fileOf(copy.name)} was changed last, so it is probably the copy: change its \`domain\`.`,
    },
  ]);

const sameDomain = (a: Compared, b: Compared): InvalidEnvironment =>
  new InvalidEnvironment(
    [fileSource(a.name), fileSource(b.name)],
    [
      {
        at: 'domain',
        value: new Description(`is "${a.host}" in both files`),
        expected: `another domain in each, ${REASON}`,
        remedy: `Change \`domain\` in ${fileOf(b.name)} or in ${fileOf(a.name)}, whichever is the copy.`,
      },
    ],
  );

/** An environment of a construct, with the construct's place in the app. */
export interface PlacedEnvironment {
  /** Path of the construct. */
  readonly path: string;
  /** Folder of the assembly that has its templates. */
  readonly folder: string | undefined;
  readonly environment: Compared & Pick<Environment, 'account' | 'region'>;
  readonly stackNames: StackNames;
}

/**
 * Compares the environment of a construct with those of the other constructs in the app.
 * @throws {InvalidEnvironment} if another one has the same origin, or the same name in an account or an assembly, or if a stack of
 * another one has the same name in an account and Region
 */
export const checkDistinctInApp = (added: PlacedEnvironment, others: readonly PlacedEnvironment[]): void => {
  const { environment } = added;
  for (const other of others) {
    const errors = new ConfigErrors();
    const isSameAccount = environment.account === other.environment.account;
    const isSameName = environment.name === other.environment.name;
    errors.expect(
      !isSameName || !isSameAccount,
      'environment.name',
      new Description(`is "${environment.name}" in both`),
      'another name in each, because roles of functions have it and belong to all Regions of an account: the policies of the ' +
        'tables of one Region would not deny the functions of the other',
      'Change one of them.',
    );
    errors.expect(
      !isSameName || isSameAccount || added.folder !== other.folder,
      'environment.name',
      new Description(`is "${environment.name}" in both`),
      'another name in each, because commands find an environment by its name',
      'Change one of them, or make each in a stage of its own.',
    );
    errors.expect(
      environment.origin !== other.environment.origin,
      'environment.domain',
      new Description(`is "${environment.host}" in both`),
      `another domain in each, ${REASON}`,
      'Change one of them.',
    );
    // Without names of their own, the stacks have that of the environment.
    if (!isSameName && isSameAccount && environment.region === other.environment.region)
      expectOtherStacks(errors, added, other);
    if (errors.list.length > 0) {
      throw new InvalidEnvironment([constructSource(other.path), constructSource(added.path)], errors.list);
    }
  }
};

const expectOtherStacks = (
  errors: ConfigErrors,
  { stackNames }: PlacedEnvironment,
  { path, stackNames: others }: PlacedEnvironment,
): void => {
  const taken = Object.values<string>({ ...others });
  for (const [kind, name] of Object.entries<string>({ ...stackNames })) {
    errors.expect(
      !taken.includes(name),
      `stackNames.${kind}`,
      name,
      `another name than the stacks of "${path}" have (${taken.join(', ')}), because a deployment of one would replace the other`,
      'Change one of them.',
    );
  }
};
