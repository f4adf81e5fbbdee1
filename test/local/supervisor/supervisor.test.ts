import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, vi } from 'vitest';
import { test as base } from '../../support/fixtures.ts';
import { EVENTUALLY } from '../../support/patience.ts';

const SUPERVISOR = fileURLToPath(new URL('../../../local/supervisor/supervisor.mjs', import.meta.url));
/** Says its process id, stays for ever, and does not mind SIGHUP. */
const STAY = 'process.on("SIGHUP", () => {}); console.log(process.pid); setInterval(() => {}, 1000)';
/** Owns a supervisor, as the gateway does, and passes its output on. */
const OWN = `require("node:child_process").spawn(process.execPath, process.argv.slice(1), {
  detached: true, stdio: ["pipe", "inherit", "inherit"] }); setInterval(() => {}, 1000)`;

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const test = base
  .extend('lock', ({ ownFolder }) => join(ownFolder, 'supervisor.pid'))
  .extend('children', ({ ownFolder: _ }, { onCleanup }) => {
    const children: ChildProcess[] = [];
    onCleanup(async () => {
      for (const child of children) {
        child.stdin?.end();
        child.kill();
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
    });
    return children;
  })
  .extend('node', ({ children }) => (...parameters: readonly string[]) => {
    const child = spawn(process.execPath, parameters, { stdio: ['pipe', 'pipe', 'pipe'] });
    children.push(child);
    return child;
  })
  .extend(
    'keep',
    ({ lock, node }) =>
      (code: string) =>
        node(SUPERVISOR, lock, process.execPath, '-e', code),
  )
  .extend(
    'firstLine',
    ({ node }) =>
      async (child: ReturnType<typeof node>) =>
        String((await once(child.stdout, 'data'))[0]).trim(),
  );

describe('the supervisor', () => {
  test('ends its command when the process that started it is killed with SIGKILL', async ({
    firstLine,
    lock,
    node,
  }) => {
    const owner = node('-e', OWN, SUPERVISOR, lock, process.execPath, '-e', STAY);
    const pid = Number(await firstLine(owner));
    expect(isAlive(pid)).toBe(true);

    owner.kill('SIGKILL');

    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), EVENTUALLY);
    await vi.waitFor(() => expect(existsSync(lock)).toBe(false), EVENTUALLY);
  });

  test('ends its command when its owner lets go, and gives the lock back', async ({ firstLine, keep, lock }) => {
    const supervisor = keep(STAY);
    const pid = Number(await firstLine(supervisor));
    expect(readFileSync(lock, 'utf8')).toBe(String(supervisor.pid));

    supervisor.stdin.end();
    await once(supervisor, 'exit');
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(lock)).toBe(false);
  });

  test('ends a command that ignores SIGTERM', async ({ firstLine, keep }) => {
    const supervisor = keep(`process.on("SIGTERM", () => {}); ${STAY}`);
    const pid = Number(await firstLine(supervisor));
    supervisor.stdin.end();
    await once(supervisor, 'exit');
    expect(isAlive(pid)).toBe(false);
  });

  test('passes on the exit code of a command that ends by itself', async ({ keep }) => {
    const [code] = await once(keep('process.exit(3)'), 'exit');
    expect(code).toBe(3);
  });

  test('lets nobody else in while it lives: exit 75 and the holder’s process id', async ({ firstLine, keep, lock }) => {
    const first = keep(STAY);
    await firstLine(first);
    const second = keep(STAY);
    const said = once(second.stderr, 'data');
    const [code] = await once(second, 'exit');
    expect(code).toBe(75);
    expect(String((await said)[0])).toContain(`in use by process ${first.pid} (${lock})`);
    expect(readFileSync(lock, 'utf8')).toBe(String(first.pid));
  });

  test.for([
    ['no process any more', '4194305'],
    ['a process that is no supervisor', String(process.pid)],
    ['nothing', ''],
  ] as const)('takes over a lock that names %s', async ([_, pid], { firstLine, keep, lock }) => {
    writeFileSync(lock, pid);
    const supervisor = keep(STAY);
    await firstLine(supervisor);
    expect(readFileSync(lock, 'utf8')).toBe(String(supervisor.pid));
  });
});
