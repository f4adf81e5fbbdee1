import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from './app-error.ts';
import { checkOwner } from './check-owner.ts';

/** A CDK app, as its `cdk.json` describes it. */
export interface CdkApp {
  /** Folder with `cdk.json`. The command runs in it. */
  readonly folder: string;
  /** Command line for a shell. */
  readonly command: string;
  /** Context that the CDK's command line would give to the app. */
  readonly context: Readonly<Record<string, unknown>>;
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Finds the CDK app of a folder: the nearest `cdk.json` upwards, in the same Git checkout and not above the folder of the person.
 * @param home folder of the person, with `.cdk.json` for all apps
 * @throws {AppError} `usage` in four cases: no folder has the file; another user may have written it; it names no command; the
 * packages of the app are not installed
 */
export const findApp = (cwd: string, home = homedir()): CdkApp => {
  const searched = searchedFolders(cwd, home);
  const folder = searched.find((one) => existsSync(join(one, 'cdk.json')));
  if (folder === undefined) {
    throw new AppError(
      'usage',
      `Neither ${cwd} nor a folder above it has a cdk.json, up to ${searched.at(-1)}; expected the folder of a CDK app.`,
      'Run the command in the folder of the app that makes your environments. "postern init DIR" makes a new one.',
    );
  }
  const file = join(folder, 'cdk.json');
  checkOwner({ cwd, file });
  const project = readObject(file);
  const user = readObject(join(home, '.cdk.json'));
  const settings = { ...user, ...project };
  checkInstalled(folder);
  return {
    folder,
    command: commandOf(settings.app, file, folder),
    // The first one that has a key wins, as on the CDK's command line. The keys of a project are below `context` in cdk.json.
    context: {
      ...objectIn(user.context),
      ...readObject(join(folder, 'cdk.context.json')),
      ...objectIn(project.context),
      ...switches(settings),
    },
  };
};

/** A folder and those above it, up to the root of its Git checkout or to the folder of the person. */
export const searchedFolders = (cwd: string, home = homedir()): readonly string[] => {
  const all = upwards(cwd);
  const last = all.findIndex((one) => one === home || existsSync(join(one, '.git')));
  return last === -1 ? all : all.slice(0, last + 1);
};

/** A folder and the folders above it. */
export const upwards = (folder: string): readonly string[] => {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
};

const commandOf = (app: unknown, file: string, folder: string): string => {
  const command = Array.isArray(app) ? app.join(' ') : app;
  if (typeof command !== 'string' || command.trim() === '') {
    throw new AppError(
      'usage',
      `${file} names no command in "app"; expected the command that runs the app.`,
      'Write for instance "app": "npx tsx bin/app.ts".',
    );
  }
  if (existsSync(join(folder, command, 'manifest.json'))) {
    throw new AppError(
      'usage',
      `"app" of ${file} is ${JSON.stringify(command)}, a folder with templates; expected the command that makes them.`,
      'Write the command that runs the app.',
    );
  }
  // The CDK's command line runs a JavaScript file that is not executable with Node.
  return /^\S+\.js$/.test(command) && existsSync(join(folder, command)) ? `node ${command}` : command;
};

/**
 * The settings of `cdk.json` that the CDK's command line passes on as context. They decide about resources and metadata of the
 * templates, so without them a template would differ from the deployed one.
 */
const switches = ({ assetMetadata, pathMetadata, versionReporting }: JsonObject): JsonObject => ({
  ...(pathMetadata !== false && { 'aws:cdk:enable-path-metadata': true }),
  ...(assetMetadata !== false && { 'aws:cdk:enable-asset-metadata': true }),
  ...(versionReporting === false
    ? { 'aws:cdk:disable-version-reporting': true }
    : { 'aws:cdk:version-reporting': true }),
  'aws:cdk:bundling-stacks': ['**'],
});

/** Without its packages, `npx` would load whatever the registry has now. */
const checkInstalled = (folder: string): void => {
  const { dependencies, devDependencies } = readObject(join(folder, 'package.json'));
  const needed = { ...objectIn(dependencies), ...objectIn(devDependencies) };
  const isInstalled = upwards(folder).some((one) =>
    ['node_modules', '.pnp.cjs'].some((name) => existsSync(join(one, name))),
  );
  if (Object.keys(needed).length === 0 || isInstalled) return;
  throw new AppError('usage', `The packages of ${folder} are not installed.`, 'Run "npm ci" there.');
};

/** The object of a JSON file; an empty one if there is no file. */
const readObject = (file: string): JsonObject => {
  if (!existsSync(file)) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new AppError('usage', `${file} is not a JSON object.`, 'Correct the file.');
};

const objectIn = (value: unknown): JsonObject => Object(value) as JsonObject;
