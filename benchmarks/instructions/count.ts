import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { receiverFiles, variablesFor, writeContenders } from '../harness/contenders.ts';
import { withForeignSignature } from '../harness/invalid-tokens.ts';
import { NODE } from '../harness/machine.ts';
import { openingFiles, openingVariables, putRotatingKey } from '../harness/opening.ts';
import { scope } from '../harness/scope.ts';
import { openSender } from '../harness/sender.ts';
import { anEvent, type Callback, openTestBed, resultPath } from '../harness/test-bed.ts';
import { BUDGETED_NODE, type Counts } from './budgets.ts';

const CHILD = fileURLToPath(new URL('child.cjs', import.meta.url));

/** Callbacks after the first one, whose extra instructions belong to the cold start. */
const FURTHER = 100;

/** Options that make V8 deterministic: no other threads, no compilation of hot code, no random seeds. */
const DETERMINISTIC = ['--single-threaded', '--predictable', '--jitless', '--random-seed=1'];

/** Makes OpenSSL run the same code on every CPU, instead of the fastest code for each. */
const ANY_CPU = { OPENSSL_ia32cap: '0:0' };

/** Code of a function, and its environment variables. */
interface Code {
  readonly folder: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
}

/** Returns the reason if instructions cannot be counted here, or if the budgets would not apply. */
export const findObstacle = (): string | undefined => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'It needs Linux on x64.';
  if (spawnSync('valgrind', ['--version']).status !== 0) return 'It needs valgrind.';
  const version = execFileSync(NODE, ['--version'], { encoding: 'utf8' }).trim();
  return version === BUDGETED_NODE ? undefined : `The budgets apply to Node ${BUDGETED_NODE}, and this is ${version}.`;
};

/**
 * Counts the instructions of the shipped receiver and of `create-task` with valgrind, on a real engine.
 * @throws {Error} if valgrind or one of them fails
 */
export const countInstructions = (): Promise<Counts> =>
  scope(async (defer) => {
    const bed = await openTestBed(defer);
    const folder = mkdtempSync(join(tmpdir(), 'postern-instructions-'));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    const [receiver, opener] = writeContenders({ receive: await receiverFiles(), 'create-task': await openingFiles() });
    const sender = await openSender(defer);
    const variables = variablesFor(bed);
    const ofOpener = { folder: opener?.folder, variables: openingVariables(bed, sender) };
    await putRotatingKey(bed, ofOpener.variables.POSTERN_ENVIRONMENT ?? '');

    /** @param code @default nothing is loaded */
    const count = async (name: string, events: readonly object[], expected: number, code?: Code): Promise<number> => {
      const file = join(folder, `${name}.json`);
      writeFileSync(file, JSON.stringify({ events, expected }));
      const command = [NODE, ...DETERMINISTIC, CHILD, file, ...(code?.folder === undefined ? [] : [code.folder])];
      const child = spawn('valgrind', ['--tool=callgrind', '--callgrind-out-file=/dev/null', ...command], {
        env: { PATH: process.env.PATH, ...ANY_CPU, ...(code?.variables ?? variables) },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const [output, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
      const [, collected] = /Collected : (\d+)/.exec(output) ?? [];
      if (status !== 0 || collected === undefined) throw new Error(`${name} could not be counted:\n${output}`);
      return Number(collected) / 1000;
    };

    /** Counts the first event in a new process, and each further one. */
    const countEvents = async (name: string, expected: number, events: readonly object[], code: Code) => {
      const first = await count(`${name} once`, events.slice(0, 1), expected, code);
      const all = await count(name, events.slice(1), expected, code);
      return { first, further: (all - first) / (FURTHER - 1) };
    };

    const countKind = async (
      name: string,
      expected: number,
      eventOf: (callback: Callback, previous: Callback) => object,
    ) => {
      const callbacks = await bed.callbacks(FURTHER + 2);
      const events = callbacks.slice(1).map((callback, i) => eventOf(callback, callbacks[i] as Callback));
      return countEvents(name, expected, events, { folder: receiver?.folder, variables });
    };

    const nothing = await count('nothing', [], 0);
    const [accepted, forged, invalid] = await Promise.all([
      countKind('accepted', 200, ({ event }) => event),
      countKind('forged', 401, ({ task: { taskId }, token }, previous) =>
        anEvent(resultPath(taskId), withForeignSignature(token, previous.token)),
      ),
      countKind('invalid', 422, ({ task: { taskId }, token }) =>
        anEvent(resultPath(taskId), token, { body: '{"text":"Total"}' }),
      ),
    ]);
    // Alone: valgrind is slow, and a process that waits for its turn would repeat requests that were late.
    const opened = await countEvents(
      'opened',
      201,
      Array.from({ length: FURTHER + 1 }, () => sender.event),
      ofOpener,
    );
    return {
      coldStart: accepted.first - nothing,
      accepted: accepted.further,
      forged: forged.further,
      invalid: invalid.further,
      openingStart: opened.first - nothing,
      opened: opened.further,
    };
  });
