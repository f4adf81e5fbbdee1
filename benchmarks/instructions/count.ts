import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { layOut, receiverFiles, variablesOf } from '../harness/contenders.ts';
import { forge } from '../harness/invalid-tokens.ts';
import { NODE } from '../harness/machine.ts';
import { anEvent, type Callback, openWorld } from '../harness/test-bed.ts';
import { BUDGETED_NODE, type Counts } from './budgets.ts';

const CHILD = fileURLToPath(new URL('child.cjs', import.meta.url));

/** Beyond the first: what it alone takes is a part of the cold start. */
const MORE = 100;

/** Without what V8 does at moments of its own choosing: other threads, compiling what is hot, random seeds. */
const DETERMINISTIC = ['--single-threaded', '--predictable', '--jitless', '--random-seed=1'];

/** OpenSSL then takes the same way on every processor, not the fastest of each. */
const ANY_PROCESSOR = { OPENSSL_ia32cap: '0:0' };

/** Why instructions cannot be counted on this machine, or would not be those of the budgets; undefined where they can. */
export const obstacle = (): string | undefined => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'That takes Linux on x64.';
  if (spawnSync('valgrind', ['--version']).status !== 0) return 'That takes valgrind.';
  const version = execFileSync(NODE, ['--version'], { encoding: 'utf8' }).trim();
  return version === BUDGETED_NODE
    ? undefined
    : `The budgets are those of Node ${BUDGETED_NODE}, and here is ${version}.`;
};

/**
 * Counts the instructions that the shipped receiver takes, on the real engine, as valgrind sees them.
 * @throws {Error} where valgrind or the receiver fails
 */
export const countInstructions = async (): Promise<Counts> => {
  const world = await openWorld();
  const folder = mkdtempSync(join(tmpdir(), 'postern-instructions-'));
  const [receiver] = layOut({ postern: await receiverFiles() }, {});
  const variables = variablesOf(world);

  const count = async (name: string, events: readonly object[], expected: number, code?: string): Promise<number> => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify({ events, expected }));
    const command = [NODE, ...DETERMINISTIC, CHILD, file, ...(code === undefined ? [] : [code])];
    const child = spawn('valgrind', ['--tool=callgrind', '--callgrind-out-file=/dev/null', ...command], {
      env: { PATH: process.env.PATH, ...ANY_PROCESSOR, ...variables },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [said, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    const [, counted] = /Collected : (\d+)/.exec(said) ?? [];
    if (status !== 0 || counted === undefined) throw new Error(`${name} could not be counted:\n${said}`);
    return Number(counted) / 1000;
  };

  /** The first of a kind in a new process, and one more. */
  const kind = async (name: string, expected: number, eventOf: (callback: Callback, other: Callback) => object) => {
    const callbacks = await world.callbacks(MORE + 2);
    const events = callbacks.slice(1).map((callback, i) => eventOf(callback, callbacks[i] as Callback));
    const first = await count(`${name} once`, events.slice(0, 1), expected, receiver?.folder);
    const all = await count(name, events.slice(1), expected, receiver?.folder);
    return { first, more: (all - first) / (MORE - 1) };
  };

  try {
    const nothing = await count('nothing', [], 0);
    const [accepted, forged, invalid] = await Promise.all([
      kind('accepted', 200, ({ event }) => event),
      kind('forged', 401, ({ taskId, token }, other) => anEvent(`/v1/results/${taskId}`, forge(token, other.token))),
      kind('invalid', 422, ({ taskId, token }) =>
        anEvent(`/v1/results/${taskId}`, token, { body: '{"text":"Total"}' }),
      ),
    ]);
    return { coldStart: accepted.first - nothing, accepted: accepted.more, forged: forged.more, invalid: invalid.more };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await world.close();
  }
};
