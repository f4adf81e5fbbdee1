import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installedPackage } from '../installed-package.ts';

/** Engines that we can start. */
export const ENGINE_NAMES = ['native', 'jar'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** Command line of an engine. */
export interface Command {
  readonly name: EngineName;
  readonly description: string;
  readonly command: string;
  /** @param folder where the data are kept; `undefined` for in memory */
  parameters(port: number, folder: string | undefined): readonly string[];
  /** Prepares the data of a folder after the engine has started on it. */
  readonly afterStart?: (folder: string) => Promise<void>;
}

/** Reason why an engine cannot run here, as a sentence. */
export interface Missing {
  readonly missing: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const JAVA_AT_LEAST = 17;
const DATABASE = 'dynamodb.sqlite';
const NATIVE_INDEX = fileURLToPath(new URL('native-index.mjs', import.meta.url));

/** Finds an engine that can run here. @param app folder of the app whose packages are used */
export type FindEngine = (environment: Environment, only: EngineName | undefined, app?: string) => Command | Missing;

/** Dynoxide: a native engine over SQLite, one npm package a platform. */
export const findNative: FindEngine = (_environment, only, app) => {
  if (only === 'jar') return { missing: '' };
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  const folder = installedPackage(name, app);
  if (folder === undefined) return { missing: `The native engine (npm package ${name}) is not installed.` };
  const command = join(folder, 'dynoxide');
  const version = spawnSync(command, ['--version'], { encoding: 'utf8' });
  if (version.status !== 0) return { missing: `The native engine (${command}) does not run on this system.` };
  return {
    name: 'native',
    description: `${version.stdout.trim()}, native`,
    command,
    parameters: (port, data) => [
      ...['serve', '--host', '127.0.0.1', '--port', String(port)],
      ...(data === undefined ? [] : ['--db-path', join(data, DATABASE)]),
    ],
    afterStart: (data) => addIndex(join(data, DATABASE)),
  };
};

/** Runs in a separate process, because some versions of Node lack `node:sqlite`. The index is optional: it only saves time. */
const addIndex = (database: string): Promise<void> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['--no-warnings', NATIVE_INDEX, database], () => resolve());
  });

/** Amazon's DynamoDB Local, as the npm package `amplify-dynamodb-simulator` carries it. */
export const findJar: FindEngine = (environment, only, app) => {
  if (only === 'native') return { missing: '' };
  const folder = installedPackage('amplify-dynamodb-simulator', app);
  if (folder === undefined) {
    return { missing: 'DynamoDB Local (npm package amplify-dynamodb-simulator) is not installed.' };
  }
  const home = environment.JAVA_HOME;
  const java = home ? join(home, 'bin', 'java') : 'java';
  const version = spawnSync(java, ['-version'], { encoding: 'utf8' });
  if (version.status !== 0)
    return { missing: `DynamoDB Local needs Java ${JAVA_AT_LEAST} or later: "${java}" does not run.` };
  const major = Number(/version "(\d+)/.exec(version.stderr)?.[1]);
  if (!(major >= JAVA_AT_LEAST)) {
    return { missing: `DynamoDB Local needs Java ${JAVA_AT_LEAST} or later: "${java}" is ${major || 'unknown'}.` };
  }
  const emulator = join(folder, 'emulator');
  return {
    name: 'jar',
    description: `DynamoDB Local on Java ${major}`,
    command: java,
    parameters: (port, data) => [
      `-Djava.library.path=${join(emulator, 'DynamoDBLocal_lib')}`,
      ...['-jar', join(emulator, 'DynamoDBLocal.jar'), '-port', String(port), '-sharedDb', '-disableTelemetry'],
      ...(data === undefined ? ['-inMemory'] : ['-dbPath', data]),
    ],
  };
};
