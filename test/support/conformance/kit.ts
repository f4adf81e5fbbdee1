import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SYSTEM_CLOCK } from '../../../cli/conformance/clock.ts';
import { readProof } from '../../../cli/conformance/read-proof.ts';
import type { RunOptions } from '../../../cli/conformance/run.ts';
import {
  CONFORMANCE_CASES,
  CONFORMANCE_CONTENT_TYPES,
  type ConformanceProofName,
} from '../../../lambda/contract/conformance.ts';

const FOLDER = fileURLToPath(new URL('./', import.meta.url));

/** Times that no processor of the tests reaches, even on a busy machine. Seconds. */
export const PATIENT_WAITS = { delivery: 300, retry: 300, quiet: 300, retryAfter: 1 } as const;

/** Options of a run with every case, one proof less and no logs. `quiet` is short: nothing comes from a good processor. */
export const runOptions = (overrides: Partial<RunOptions> & Pick<RunOptions, 'start'>): RunOptions => ({
  port: 0,
  cases: CONFORMANCE_CASES,
  carrier: 'header',
  proof: { proof: { kind: 'none' } },
  contentTypes: CONFORMANCE_CONTENT_TYPES,
  upload: false,
  waits: { ...PATIENT_WAITS, quiet: 1 },
  clock: SYSTEM_CLOCK,
  signal: new AbortController().signal,
  parallel: CONFORMANCE_CASES.length,
  fetch,
  ...overrides,
});

/** A key of a processor, and the proof that the kit asks for. The text is the content of a key file. */
export const aProofKey = async (name: Exclude<ConformanceProofName, 'none'>) => {
  const jwk = {
    ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
    kid: 'key-1',
  };
  const key = name === 'standard-webhooks' ? `whsec_${randomBytes(32).toString('base64')}` : jwk;
  const text = typeof key === 'string' ? key : JSON.stringify(key);
  return { key, text, proof: await readProof(name, text) };
};

/** Processes of processors that ended tests must stop. */
export interface ProcessorProcess {
  /** Start URLs, in the order of the options. */
  readonly starts: readonly URL[];
  stop(): Promise<void>;
}

/**
 * Starts a program that prints a JSON list of start URLs.
 * @param log file for what the processors say
 */
export const startProcessors = async (
  command: readonly [string, ...string[]],
  { env = {}, log }: { readonly env?: Record<string, string>; readonly log?: string } = {},
): Promise<ProcessorProcess> => {
  const [program, ...parameters] = command;
  const child = spawn(program, parameters, {
    cwd: FOLDER,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', log === undefined ? 'ignore' : 'pipe'],
  });
  if (log !== undefined) child.stderr?.pipe(createWriteStream(log));
  const [line] = await Promise.race([
    once(createInterface(child.stdout as NodeJS.ReadableStream), 'line'),
    failure(child),
  ]);
  return {
    starts: (JSON.parse(String(line)) as readonly string[]).map((url) => new URL(url)),
    stop: async () => {
      const ended = once(child, 'exit');
      if (child.kill()) await ended;
    },
  };
};

const failure = async (child: ChildProcess): Promise<never> => {
  const [code] = await once(child, 'exit');
  throw new Error(`The processor ended with ${code} before it said its start URLs.`);
};

/** Starts breakable processors, all in one process. */
export const startBreakable = (options: readonly object[], log?: string): Promise<ProcessorProcess> =>
  startProcessors(
    [process.execPath, 'breakable-processor.mjs', ...options.map((option) => JSON.stringify(option))],
    log === undefined ? {} : { log },
  );
