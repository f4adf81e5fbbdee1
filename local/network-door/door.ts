import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { DoorPorts } from '../../lambda/contract/door-config.ts';
import { freePort } from '../free-port.ts';
import type { LineListener } from '../functions/function-process.ts';
import { type SupervisedProcess, startSupervised } from '../supervisor/supervised-process.ts';
import type { DoorDefinition } from './door-definition.ts';

/** Name of the door in the log file. */
const NAME = 'door';
const HOST = '127.0.0.1';
const HEALTH_PATH = '/healthz';
const START_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 20;
const PROBE_TIMEOUT_MS = 5_000;
/** Attempts of one start: another process may take a port before the door does. */
const ATTEMPTS = 3;
/** Time between the end of a door and the next one, as the service of ECS replaces a task that ended. */
const RESTART_DELAY_MS = 1_000;

export interface DoorOptions {
  readonly definition: Pick<DoorDefinition, 'config' | 'environment'>;
  /** The program. */
  readonly program: string;
  /** Folder in which it runs. */
  readonly folder: string;
  /** URL of the stand-ins for AWS services. */
  readonly services: string;
  readonly region: string;
  /** Is called with the port of each door that has become healthy: the first one and those after it. */
  readonly onHealthy: (port: number) => void;
  readonly onLine: LineListener;
  readonly say: (line: string) => void;
  /** Ends a start that is under way. */
  readonly signal: AbortSignal;
}

/** The running network door. It is started again when it ends. */
export interface Door {
  stop(): Promise<void>;
}

/**
 * Starts the network door and waits until it is healthy.
 * @throws {Error} with what it wrote, if it does not start; nothing is left running then
 */
export const startDoor = async (options: DoorOptions): Promise<Door> => {
  const stopping = new AbortController();
  const restart = { ...options, signal: stopping.signal };
  let current = await startOne(options);
  options.onHealthy(current.port);
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  const keep = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await Promise.race([current.running.exited, stopped]);
      if (stopping.signal.aborted) return;
      options.say('The network door ended; it is started again.');
      await delay(RESTART_DELAY_MS, undefined, { signal: stopping.signal });
      try {
        current = await startOne(restart);
        options.onHealthy(current.port);
      } catch (error) {
        if (stopping.signal.aborted) return;
        options.say(error instanceof Error ? error.message : String(error));
      }
    }
  };
  const kept = keep().catch(() => undefined);
  return {
    stop: async () => {
      stopping.abort();
      await kept;
      await current.running.stop();
    },
  };
};

interface Started {
  readonly running: SupervisedProcess;
  readonly port: number;
}

const startOne = async (options: DoorOptions): Promise<Started> => {
  for (let attempt = 1; ; attempt += 1) {
    const ports: DoorPorts = { tls: await freePort(), health: await freePort() };
    const running = run(options, ports);
    if (await isHealthy(running, ports.health, options.signal)) return { running, port: ports.tls };
    await running.stop();
    options.signal.throwIfAborted();
    if (attempt === ATTEMPTS) throw new Error(`The network door did not start: ${running.said() || 'no health.'}`);
  }
};

const run = (
  { definition, folder, onLine, program, region, services }: DoorOptions,
  ports: DoorPorts,
): SupervisedProcess => {
  const running = startSupervised({
    command: program,
    // Nobody outside of this machine reaches it.
    parameters: ['--address', HOST],
    cwd: folder,
    environment: {
      ...definition.environment,
      // Many programs share the ports of this machine; a task of ECS has an address of its own.
      DOOR_CONFIG: JSON.stringify({ ...definition.config, ports }),
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_LAMBDA: services,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: services,
    },
  });
  for (const stream of [running.process.stdout, running.process.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', (line) => line !== '' && onLine(NAME, line));
  }
  return running;
};

const isHealthy = async (running: SupervisedProcess, port: number, signal: AbortSignal): Promise<boolean> => {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let ended = false;
  void running.exited.then(() => {
    ended = true;
  });
  while (!ended && !signal.aborted && Date.now() < deadline) {
    if (await answersHealthy(port)) return !ended;
    await Promise.race([delay(POLL_INTERVAL_MS), running.exited]);
  }
  return false;
};

const answersHealthy = async (port: number): Promise<boolean> => {
  try {
    const response = await fetch(`http://${HOST}:${port}${HEALTH_PATH}`, {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
};
