import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve as resolvePath } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { LOCKED, type SupervisedProcess, startSupervised } from '../supervisor/supervised-process.ts';
import { type Command, ENGINE_NAMES, type EngineName, findJar, findNative } from './engine-command.ts';

const ATTEMPTS = 5;
const START_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 5;
const HOST = '127.0.0.1';
const REMEDY =
  'Install what is missing with "npm install --save-optional PACKAGE", or start a DynamoDB engine of your own and put its URL into DYNAMODB_ENDPOINT.';

export interface Engine {
  /** Kind of the running engine. `description` is for people. */
  readonly name: EngineName | 'endpoint';
  readonly description: string;
  /** `http://127.0.0.1:PORT`, for any region and any credentials. */
  readonly endpoint: string;
  /** Ends the engine and waits until it is gone. Again: nothing. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  /** Folder that keeps the data; made when it is not there. @default - in memory */
  readonly dataDirectory?: string;
  /** The only engine to try. @default - `POSTERN_DYNAMODB_ENGINE`, else the first that can run here */
  readonly prefer?: EngineName;
  /**
   * Folder of the app whose packages have the engines.
   * @default - only packages that this code finds
   */
  readonly app?: string;
  /** @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Starts a DynamoDB engine on a free loopback port: the native one where its package is installed, else DynamoDB Local
 * where Java runs, else none of ours but the endpoint that `DYNAMODB_ENDPOINT` names. It ends with this process,
 * however that ends. Data of the two engines are kept apart and not converted.
 *
 * @throws {Error} naming what is missing when there is no engine, or the data folder when another process has it.
 */
export const startEngine = async (options: EngineOptions = {}): Promise<Engine> => {
  const environment = options.environment ?? process.env;
  const only = options.prefer ?? readPreference(environment);
  const missing: string[] = [];
  for (const find of [findNative, findJar]) {
    const found = find(environment, only, options.app);
    if ('command' in found) return await startCommand(found, options.dataDirectory);
    if (found.missing) missing.push(found.missing);
  }
  const endpoint = environment.DYNAMODB_ENDPOINT;
  if (endpoint && only === undefined) {
    return { name: 'endpoint', description: 'DYNAMODB_ENDPOINT', endpoint, stop: async () => {} };
  }
  throw new Error(`No DynamoDB engine can run here. ${missing.join(' ')} ${REMEDY}`);
};

const readPreference = (environment: Readonly<Record<string, string | undefined>>): EngineName | undefined => {
  const value = environment.POSTERN_DYNAMODB_ENGINE;
  if (!value) return undefined;
  const name = ENGINE_NAMES.find((known) => known === value);
  if (name === undefined) {
    throw new Error(`POSTERN_DYNAMODB_ENGINE is "${value}"; expected ${ENGINE_NAMES.join(' or ')}, or leave it unset.`);
  }
  return name;
};

const startCommand = async (command: Command, dataDirectory: string | undefined): Promise<Engine> => {
  const folder = dataDirectory === undefined ? undefined : resolvePath(dataDirectory, command.name);
  if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const running = keep(command, port, folder);
    const outcome = await untilAnswering(running, port);
    if (outcome === 'up') {
      if (folder !== undefined) await command.afterStart?.(folder);
      return {
        name: command.name,
        description: command.description,
        endpoint: `http://${HOST}:${port}`,
        stop: running.stop,
      };
    }
    await running.stop();
    if (running.process.exitCode === LOCKED) {
      throw new Error(`The data folder ${folder} is ${running.said()}: stop that process, or use another folder.`);
    }
    // Another process may have taken the port between our look and the engine's.
    if (attempt === ATTEMPTS || outcome === 'timeout') {
      throw new Error(`The DynamoDB engine (${command.description}) did not start: ${running.said() || outcome}`);
    }
  }
};

const keep = ({ command, parameters }: Command, port: number, folder: string | undefined): SupervisedProcess => {
  // The jar leaves a file where it runs: beside its data, or in a folder that goes with it.
  const cwd = folder ?? mkdtempSync(join(tmpdir(), 'dynamodb-'));
  const running = startSupervised({
    command,
    parameters: parameters(port, folder),
    cwd,
    ...(folder !== undefined && { lockFile: resolvePath(folder, 'supervisor.pid') }),
  });
  const exited = running.exited.finally(() => {
    if (folder === undefined) rmSync(cwd, { recursive: true, force: true });
  });
  return { ...running, exited };
};

const untilAnswering = async (running: SupervisedProcess, port: number): Promise<'up' | 'ended' | 'timeout'> => {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let ended = false;
  void running.exited.then(() => {
    ended = true;
  });
  while (Date.now() < deadline) {
    if (ended) return 'ended';
    if (await answers(port)) return ended ? 'ended' : 'up';
    await Promise.race([delay(POLL_INTERVAL_MS), running.exited]);
  }
  return 'timeout';
};

/** Any answer of HTTP will do: engines refuse this request in different ways. */
const answers = async (port: number): Promise<boolean> => {
  try {
    const response = await fetch(`http://${HOST}:${port}/`, { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
};
