import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ENVIRONMENT_CONTEXT } from '../context-keys.ts';
import { deployedNames, deploymentFile, deploymentsBeside, readDeployedSettings } from './deployed-settings.ts';
import { checkDistinct, checkNames } from './distinct.ts';
import type { AwsEnvironmentInput, Environment, EnvironmentInput } from './environment.ts';
import { type ConfigError, InvalidEnvironment, UnknownEnvironment } from './errors.ts';
import { refusedChanges } from './fixed-settings.ts';
import { suggestion } from './near-names.ts';
import { readEnvironment } from './read.ts';
import { Description, show } from './show.ts';
import { fileOf, fileSource } from './source.ts';

/** Reads a value of the CDK's context (`--context key=value`, `cdk.json`). */
export type ReadContext = (key: string) => unknown;

/** Folder with the files of this app's environments. */
export const ENVIRONMENTS = new URL('../../environments/', import.meta.url);

/** An environment as its file writes it, and in the form that constructs read. */
export interface LoadedEnvironment {
  readonly input: AwsEnvironmentInput;
  readonly environment: Environment;
}

/** The environments of `loadEnvironmentFiles`, in the form that constructs read. */
export const loadEnvironments = async (context: ReadContext, folder: URL): Promise<readonly Environment[]> =>
  (await loadEnvironmentFiles(context, folder)).map(({ environment }) => environment);

/**
 * Reads the environments of a folder: one for each file, or only the one that the context names.
 * @param folder with the files: `ENVIRONMENTS` for this app's
 * @throws {InvalidEnvironment} if a file has mistakes, if two have the same name or the same domain, or if one changes a
 * setting that its deployment does not allow
 * @throws {UnknownEnvironment} if there is no file, if the context names an environment without one, or if a deployed one has none
 */
export const loadEnvironmentFiles = async (
  context: ReadContext,
  folder: URL,
): Promise<readonly LoadedEnvironment[]> => {
  const names = namesOf(folder);
  checkNames(names);
  const only = context(ENVIRONMENT_CONTEXT);
  if (names.length === 0) throw noEnvironments();
  if (only !== undefined && !names.includes(String(only))) throw unknownEnvironment(String(only), names);
  const deployments = deploymentsBeside(folder);
  checkDeployed(names, deployments);
  const wanted = only === undefined ? names : [String(only)];
  const outcomes = await Promise.allSettled(wanted.map((name) => loadFile(name, context, folder)));
  const errors = outcomes.flatMap((outcome): readonly unknown[] =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  for (const error of errors) if (!(error instanceof InvalidEnvironment)) throw error;
  if (errors.length > 0) throw InvalidEnvironment.ofFiles(errors as readonly InvalidEnvironment[]);
  const loaded = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const environments = loaded.map(({ environment }) => environment);
  checkDistinct(environments, (name) => statSync(new URL(`${name}.ts`, folder)).mtimeMs);
  for (const environment of environments) checkAgainstDeployment(environment, deployments);
  return loaded;
};

/** Names of the files. Git keeps no empty folder, so that it may be missing. */
const namesOf = (folder: URL): readonly string[] =>
  existsSync(folder)
    ? readdirSync(fileURLToPath(folder))
        .filter((file) => file.endsWith('.ts'))
        .map((file) => file.slice(0, -'.ts'.length))
        .sort()
    : [];

const noEnvironments = (): UnknownEnvironment =>
  new UnknownEnvironment(
    'environments/ has no environment; expected a file for each, as environments/prod.ts. ' +
      'docs/operate/deploying.md describes how to write one.',
  );

/** A renamed file would be a second environment, and the deployed one would have no file. */
const checkDeployed = (names: readonly string[], deployments: URL): void => {
  const lost = deployedNames(deployments).find((name) => !names.includes(name));
  if (lost === undefined) return;
  throw new UnknownEnvironment(
    `${deploymentFile(lost)} says that "${lost}" is deployed; expected ${fileOf(lost)}. Give the environment's file its ` +
      `name back, or take the environment down and delete ${deploymentFile(lost)}.`,
  );
};

const checkAgainstDeployment = (environment: Environment, deployments: URL): void => {
  const deployed = readDeployedSettings(environment.name, deployments);
  const errors = deployed === undefined ? [] : refusedChanges(deployed, environment);
  if (errors.length > 0) throw new InvalidEnvironment(fileSource(environment.name), errors);
};

const unknownEnvironment = (only: string, names: readonly string[]): UnknownEnvironment => {
  return new UnknownEnvironment(
    `The context value ${ENVIRONMENT_CONTEXT} is "${only}"; expected one of ${names.join(', ')}. ` +
      `${suggestion(only, names)}Name one of them, or copy a file of environments/ to ${fileOf(only)}.`,
  );
};

/** Reads the file of one environment, without a comparison with its deployment. */
export const loadEnvironment = async (name: string, context: ReadContext, folder: URL): Promise<Environment> =>
  (await loadFile(name, context, folder)).environment;

const loadFile = async (name: string, context: ReadContext, folder: URL): Promise<LoadedEnvironment> => {
  const exported = await importEnvironment(name, folder);
  const input: unknown =
    typeof exported === 'function' ? callWith(name, exported as MakeEnvironment, context) : exported;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new InvalidEnvironment(fileSource(name), [noEnvironment(input)]);
  }
  // No file has the name of the environment that runs on one machine, so the check refuses every other kind.
  const environment = readEnvironment(name, input as EnvironmentInput, fileSource(name), 'aws');
  return { input: input as AwsEnvironmentInput, environment };
};

/** An environment file exports its environment, or makes it from the context. */
type MakeEnvironment = (context: ReadContext) => unknown;

const noEnvironment = (exported: unknown): ConfigError => ({
  at: 'the default export',
  value: exported,
  expected: 'an object with the properties of an environment, or a function that returns one',
  remedy: 'Write `export default environment;` at the end of the file.',
});

const importEnvironment = async (name: string, folder: URL): Promise<unknown> => {
  try {
    const { default: exported } = (await import(new URL(`${name}.ts`, folder).href)) as { readonly default?: unknown };
    return exported;
  } catch (error) {
    throw failed(name, 'cannot be imported', error);
  }
};

const callWith = (name: string, make: MakeEnvironment, context: ReadContext): unknown => {
  try {
    return make(context);
  } catch (error) {
    throw failed(name, 'exports a function that fails', error);
  }
};

/** An error in the code of the file, with the message and the line. */
const failed = (name: string, how: string, error: unknown): InvalidEnvironment => {
  const told = error instanceof Error ? `${error.name}: ${error.message}` : show(error);
  return new InvalidEnvironment(fileSource(name), [
    {
      at: 'the file',
      value: new Description(`${how}: ${told}${placeIn(name, error)}`),
      expected: 'a file that runs without an error',
      remedy: '`npm run typecheck` finds most of such errors, with their line.',
    },
  ]);
};

/** Line of the file that an error comes from, if its stack names it. */
const placeIn = (name: string, error: unknown): string => {
  const [, line] = new RegExp(`/${name}\\.ts:(\\d+)`).exec((error instanceof Error && error.stack) || '') ?? [];
  return line === undefined ? '' : ` (line ${line})`;
};
