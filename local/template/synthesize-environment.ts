import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AppError } from '../../cdk-app/app-error.ts';
import { synthesizeApp } from '../../cdk-app/synthesize-app.ts';
import { LOCAL_ACCOUNT } from '../../lib/config/local-settings.ts';
import { DESCRIBE_CONTEXT, ENVIRONMENT_CONTEXT, LOCAL_CONTEXT } from '../../lib/context-keys.ts';
import { type EnvironmentDescription, isDescriptionFile } from '../../lib/describe/description.ts';
import { describedEnvironments } from './assembly.ts';
import { emptyFolder, errorMessageOf, type SynthesisOptions, type Synthesize } from './synthesize.ts';

/**
 * Makes the templates of an environment of the CDK app in a folder. Other stacks of the app are made too, and nothing runs them.
 * @param cwd a folder of the app, or below it
 */
export const synthesizeEnvironment =
  (cwd: string, environment: string): Synthesize =>
  async (settings, options) => {
    await run(cwd, options, {
      [ENVIRONMENT_CONTEXT]: environment,
      [DESCRIBE_CONTEXT]: true,
      [LOCAL_CONTEXT]: JSON.stringify({ ...settings, environment }),
    });
    const made = describedEnvironments(options.outputDirectory);
    const found = made.find(({ description }) => description.environment === environment);
    if (found !== undefined) return found;
    const names = namesIn(options.outputDirectory);
    throw names.length === 0
      ? new Error(NONE)
      : new Error(`The app has no environment "${environment}"; expected one of ${names.join(', ')}.`);
  };

/**
 * The name of the only environment of the CDK app in a folder.
 * @throws {Error} that lists its environments, if there is not exactly one
 */
export const onlyEnvironment = async (cwd: string, options: SynthesisOptions): Promise<string> => {
  await run(cwd, options, { [DESCRIBE_CONTEXT]: true });
  const names = namesIn(options.outputDirectory);
  const [name] = names;
  if (name === undefined) throw new Error(NONE);
  if (names.length === 1) return name;
  throw new Error(`The app has the environments ${names.join(', ')}; expected one of them after --environment.`);
};

const NONE = 'The app has no environment of Postern; expected a "new Postern(app, …)" of @postern/cdk.';

/** Names of the environments that wrote their settings into an assembly. */
const namesIn = (assembly: string): readonly string[] =>
  readdirSync(assembly, { recursive: true, encoding: 'utf8' })
    .filter((file) => isDescriptionFile(basename(file)))
    .map((file) => (JSON.parse(readFileSync(join(assembly, file), 'utf8')) as EnvironmentDescription).name)
    .sort();

/** @throws {Error} with what the app wrote, if it fails */
const run = async (
  cwd: string,
  { outputDirectory, signal }: SynthesisOptions,
  context: Readonly<Record<string, unknown>>,
): Promise<void> => {
  emptyFolder(outputDirectory);
  let said = '';
  try {
    await synthesizeApp({
      cwd,
      env: { ...process.env, CDK_DEFAULT_ACCOUNT: process.env.CDK_DEFAULT_ACCOUNT ?? LOCAL_ACCOUNT },
      context,
      outdir: outputDirectory,
      signal,
      onOutput: (text) => {
        said += text;
      },
      // For what is deployed; it takes most of a synthesis.
      isValidated: false,
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new Error([errorMessageOf(said), error.message, error.remedy].filter((line) => line !== '').join('\n'));
  }
};
