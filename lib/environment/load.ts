import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Environment, EnvironmentInput } from '../environment.ts';
import { checkDistinct, checkNames } from './check.ts';
import { fileOf, UnknownEnvironment } from './problem.ts';
import { readEnvironment } from './read.ts';

/** Reads a value of the CDK's context (`--context key=value`, `cdk.json`). */
export type ReadContext = (key: string) => unknown;

/** Limits the app to one environment, by name. */
export const ENVIRONMENT_CONTEXT = 'postern:environment';

/** An environment file exports its environment, or makes it from the context. */
type EnvironmentModule = { readonly default: EnvironmentInput | ((context: ReadContext) => EnvironmentInput) };

/** Where the files of this app's environments are. */
export const ENVIRONMENTS = new URL('../../environments/', import.meta.url);

/**
 * The environments of a folder: one for each file, or the one that the context names.
 * @param folder where the files are: `ENVIRONMENTS` for this app's
 * @throws {InvalidEnvironment} if a file has wrong values, or two have the same name or the same domain
 * @throws {UnknownEnvironment} if the context names an environment that has no file
 */
export const loadEnvironments = async (context: ReadContext, folder: URL): Promise<readonly Environment[]> => {
  const names = readdirSync(fileURLToPath(folder))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
  checkNames(names);
  const only = context(ENVIRONMENT_CONTEXT);
  if (only !== undefined && !names.includes(String(only))) {
    throw new UnknownEnvironment(
      `The context value ${ENVIRONMENT_CONTEXT} is "${only}"; expected one of ${names.join(', ')}. ` +
        `Name one of them, or copy a file of environments/ to ${fileOf(String(only))}.`,
    );
  }
  const wanted = only === undefined ? names : [String(only)];
  const environments = await Promise.all(wanted.map((name) => loadEnvironment(name, context, folder)));
  checkDistinct(environments);
  return environments;
};

const loadEnvironment = async (name: string, context: ReadContext, folder: URL): Promise<Environment> => {
  const { default: exported } = (await import(new URL(`${name}.ts`, folder).href)) as EnvironmentModule;
  return readEnvironment(name, typeof exported === 'function' ? exported(context) : exported);
};
