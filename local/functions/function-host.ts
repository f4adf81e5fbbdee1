import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { installedPackage } from '../installed-package.ts';
import type { Alias } from './aliases.ts';
import type { FunctionPool } from './function-pool.ts';
import { createFunctionPool } from './function-pool.ts';
import type { FunctionDefinition, LineListener, Qualified } from './function-process.ts';

/** Processes per function: enough to meet real concurrency, few enough for two cores. */
export const POOL_SIZE = 4;

/** Every function of the template, each in separate processes. */
export interface FunctionHost {
  /** True if a function has this name or ARN, or one with this alias. */
  has(name: string): boolean;
  /** Time limit of a function, in milliseconds. */
  timeoutMs(name: string): number;
  /**
   * Runs one event.
   * @param name a function's name or ARN, or one with an alias
   * @throws {FunctionError} if the function failed, crashed or took too long
   */
  invoke(name: string, event: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

export interface FunctionHostOptions {
  /** Most processes of functions that may have others than `POOL_SIZE`, by ARN or name. */
  readonly sizes?: ReadonlyMap<string, number>;
  /** Aliases of functions by what calls of them name. */
  readonly aliases?: ReadonlyMap<string, Alias>;
  /** Is done before the first process of any other function starts. @default nothing */
  readonly prepare?: (host: Pick<FunctionHost, 'invoke'>) => Promise<void>;
}

/**
 * Starts a first process of each function.
 * @throws {FunctionError} if one cannot start; then all have been stopped. Also the error of `prepare`.
 */
export const startFunctionHost = async (
  definitions: readonly FunctionDefinition[],
  executable: string,
  onLine: LineListener,
  { aliases = new Map(), prepare, sizes = new Map() }: FunctionHostOptions = {},
): Promise<FunctionHost> => {
  const all = definitions.map((definition) => {
    const size = sizes.get(definition.arn) ?? sizes.get(definition.name) ?? POOL_SIZE;
    return createFunctionPool(definition, { executable, onLine, size });
  });
  const targets = new Map<string, { readonly pool: FunctionPool; readonly called?: Qualified }>();
  for (const pool of all) {
    const { arn, name } = pool.definition;
    targets.set(name, { pool }).set(arn, { pool });
  }
  for (const [called, alias] of aliases) {
    const target = targets.get(alias.functionName);
    if (target !== undefined) targets.set(called, { pool: target.pool, called: alias });
  }
  const stop = async () => {
    await Promise.all(all.map((pool) => pool.stop()));
  };
  const targetOf = (name: string) => {
    const target = targets.get(name);
    if (target === undefined) throw new Error(`There is no function "${name}".`);
    return target;
  };
  const host: FunctionHost = {
    has: (name) => targets.has(name),
    timeoutMs: (name) => targetOf(name).pool.definition.timeoutMs,
    invoke: (name, event) => {
      const { called, pool } = targetOf(name);
      return pool.invoke(event, called);
    },
    stop,
  };
  try {
    await prepare?.(host);
    await Promise.all(all.map((pool) => pool.warm()));
  } catch (error) {
    await stop();
    throw error;
  }
  return host;
};

export interface FunctionRuntime {
  readonly executable: string;
  /** `v24.1.0` */
  readonly version: string;
}

/**
 * The Node that functions run on: the one of the Lambda runtime where its npm package is installed, else our own.
 * @param app folder of the app whose packages are used. @default - only packages that this code finds
 */
export const findFunctionRuntime = (app?: string): FunctionRuntime => {
  const own = { executable: process.execPath, version: process.version };
  const folder = installedPackage(`node-${process.platform}-${process.arch}`, app);
  if (folder === undefined) return own;
  const executable = join(folder, 'bin', 'node');
  const { status, stdout } = spawnSync(executable, ['--version'], { encoding: 'utf8' });
  return status === 0 ? { executable, version: stdout.trim() } : own;
};
