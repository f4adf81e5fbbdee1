import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder with everything that a restart needs. */
export interface DataFolder {
  readonly path: string;
  readonly eventsFile: string;
  /** Requests that resume a workflow. */
  readonly resumesFile: string;
  /** While it does not exist, tasks with the metadata `localFault` have the fault that they ask for. */
  readonly faultsClearedFile: string;
  /** Exists once the seed data were made. */
  readonly seededFile: string;
  readonly metricsFile: string;
  readonly logsFile: string;
  readonly assembly: string;
  readonly tables: string;
  readonly standIns: string;
  readonly buckets: string;
  /** Events of AWS services that no function has been called with yet. */
  readonly events: string;
  readonly identitiesFile: string;
  readonly processorKeysFile: string;
  readonly loadBalancerFile: string;
  /** Certificate and program of the network door. */
  readonly door: string;
  /** Lets the next gateway have the folder. */
  release(): void;
}

/** Folder below the data folder with a folder for each environment, except `local`. */
const FOLDERS = 'environments';

/**
 * Opens the data folder for this process alone; made, for its owner alone, if it is not there. Each environment has its own
 * files in it, so that an environment never finds the tables and keys of another one.
 * @param environment name of the environment. @default `local`, whose files lie in the data folder itself
 * @throws {Error} if another process that runs has it.
 */
export const openDataFolder = (folder: string, environment?: string): DataFolder => {
  const root = resolve(folder);
  const path = environment === undefined ? root : join(root, FOLDERS, environment);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  // One gateway at a time: programs find it by the ready file of the data folder, whatever its environment is.
  const lockFile = join(root, 'lock');
  lock(lockFile, root);
  return {
    path,
    eventsFile: join(path, 'events.jsonl'),
    resumesFile: join(path, 'resumes.jsonl'),
    faultsClearedFile: join(path, 'faults-cleared'),
    seededFile: join(path, 'seeded'),
    metricsFile: join(path, 'metrics.jsonl'),
    logsFile: join(path, 'logs.jsonl'),
    assembly: join(path, 'assembly'),
    tables: join(path, 'tables'),
    standIns: join(path, 'stand-ins'),
    buckets: join(path, 'buckets'),
    events: join(path, 'events'),
    identitiesFile: join(path, 'identities.json'),
    processorKeysFile: join(path, 'processors.json'),
    loadBalancerFile: join(path, 'load-balancer.json'),
    door: join(path, 'door'),
    release: () => rmSync(lockFile, { force: true }),
  };
};

const lock = (file: string, path: string): void => {
  for (;;) {
    try {
      writeFileSync(file, `${process.pid} ${startOf(process.pid)}\n`, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [pid, start] = readHolder(file);
    if (pid > 0 && isRunning(pid) && start === startOf(pid)) {
      throw new Error(
        `The data folder ${path} is in use by another gateway (process ${pid}): stop it, or name another folder in POSTERN_DATA.`,
      );
    }
    // Left behind by a process that was killed.
    rmSync(file, { force: true });
  }
};

const readHolder = (file: string): readonly [pid: number, start: string] => {
  try {
    const [pid = '', start = ''] = readFileSync(file, 'utf8').trim().split(' ');
    return [Number(pid), start];
  } catch {
    return [0, ''];
  }
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** When a process began, where the system tells: process ids are used again, and this tells one from the next. */
const startOf = (pid: number): string => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return fields.slice(fields.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
};
