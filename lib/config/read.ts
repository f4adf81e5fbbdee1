import * as v from 'valibot';
import {
  ENVIRONMENT_NAME_PATTERN,
  LOCAL_ENVIRONMENT,
  MAX_ENVIRONMENT_NAME_CHARS,
} from '../../lambda/contract/environments.ts';
import { completeEnvironment } from './complete.ts';
import { object } from './containers.ts';
import type { AwsEntries, Environment, EnvironmentInput, LocalEntries } from './environment.ts';
import { ConfigErrors, InvalidEnvironment } from './errors.ts';
import { RULES } from './rules/all.ts';
import type { ValidEntries } from './rules/rule.ts';
import { ENTRIES, PLACE_ENTRIES } from './schema.ts';
import { fileSource, NAME_PATH, type Source } from './source.ts';

/**
 * Checks an environment and fills in its defaults. The type checker finds most mistakes; this finds all of them, also
 * where the type checker was not run.
 * @param source the place that errors name
 * @param runsOn the kind of environment that is expected. @default by the name
 * @throws {InvalidEnvironment} with every mistake: the value, the expectation and the remedy
 */
export const readEnvironment = (
  name: string,
  input: EnvironmentInput,
  source: Source = fileSource(name),
  runsOn: EnvironmentInput['runsOn'] = name === LOCAL_ENVIRONMENT ? 'this-machine' : 'aws',
): Environment => {
  const errors = new ConfigErrors();
  checkName(errors, name, source.rename);
  const entries = readEntries(errors, input, runsOn);
  const rules = new ConfigErrors();
  for (const rule of RULES) rule(entries, rules);
  const isReported = (at: string) => errors.list.some((one) => one.at === at || at.startsWith(`${one.at}.`));
  const all = [...errors.list, ...rules.list.filter(({ at }) => !isReported(at))];
  if (all.length > 0) {
    throw new InvalidEnvironment(
      source,
      all.map((error) => ({ ...error, at: source.pathOf(error.at) })),
    );
  }
  // Without a mistake, every entry is there.
  return completeEnvironment(name, entries as unknown as AwsEntries | LocalEntries);
};

const checkName = (errors: ConfigErrors, name: string, rename: string): void => {
  errors.expect(
    typeof name === 'string' && ENVIRONMENT_NAME_PATTERN.test(name),
    NAME_PATH,
    name,
    `1 to ${MAX_ENVIRONMENT_NAME_CHARS} characters of [a-z0-9-], the first of them a letter, because names of target groups begin with it`,
    rename,
  );
};

const OTHER_KIND = { aws: 'this-machine', 'this-machine': 'aws' } as const;

/** Runs the schema of the environment's kind, and returns the entries that are right. */
const readEntries = (
  errors: ConfigErrors,
  input: EnvironmentInput,
  runsOn: EnvironmentInput['runsOn'],
): ValidEntries => {
  const entries: v.ObjectEntries = ENTRIES[runsOn];
  const other = OTHER_KIND[runsOn];
  const foreign = Object.keys(ENTRIES[other]).filter((name) => !Object.hasOwn(entries, name));
  const isOwnKind = input.runsOn === runsOn;
  for (const name of foreign.filter((one) => isOwnKind && Object.hasOwn(input, one))) {
    // A property of the other kind of environment is not a spelling mistake.
    const expected = `no such property: it is for an environment with runsOn "${other}"`;
    errors.expect(false, name, input[name as keyof EnvironmentInput], expected, 'Remove the property.');
  }
  // An environment of the other kind would lack everything that its own kind has.
  const ignored = isOwnKind ? foreign : PLACE_ENTRIES.filter((name) => name !== 'runsOn');
  const { issues, output } = v.safeParse(object('', without(entries, ignored)), without(input, ignored));
  for (const { expected, input: value, message, path } of issues ?? []) {
    errors.expect(false, (path ?? []).map(({ key }) => key).join('.'), value, `${expected}`, message);
  }
  return output as ValidEntries;
};

const without = <T extends object>(values: T, names: readonly string[]): T =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name))) as T;
