/**
 * Keeps a command running for exactly as long as the process that started the supervisor: standard input is the thread
 * between them, and the system cuts it even when that process is killed. Runs in its own session, so that Ctrl-C in the
 * terminal reaches the owner only, which stops in its own order.
 *
 * node supervisor.mjs LOCK_FILE COMMAND [ARGUMENT…]
 *
 * LOCK_FILE names the one supervisor of a data folder ("" for none); it holds the supervisor's process id. Exits with 75 when
 * another supervisor has it, otherwise with the command's own exit code.
 */
import { spawn } from 'node:child_process';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const LOCKED = 75;
const LOCK_ATTEMPTS = 40;
const LOCK_INTERVAL_MS = 50;
const GRACE_MS = 2_000;

const [lockFile = '', command = '', ...commandArguments] = process.argv.slice(2);

const holderOf = (file) => {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0;
  }
};

const isSupervisor = (pid) => {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  try {
    // A process id may have been given to something else since.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('supervisor.mjs');
  } catch {
    return process.platform !== 'linux';
  }
};

/** A supervisor whose owner was killed needs a moment to end its command, hence the attempts. */
const lock = async (file) => {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, String(process.pid), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt += 1) {
      try {
        // A link comes into being with its content, or not at all.
        linkSync(mine, file);
        return true;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      if (isSupervisor(holderOf(file))) await delay(LOCK_INTERVAL_MS);
      else rmSync(file, { force: true });
    }
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
};

// The owner may stop reading; then a write must not end the supervisor before its command.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
if (lockFile && !(await lock(lockFile))) {
  process.stderr.write(`in use by process ${holderOf(lockFile)} (${lockFile})\n`);
  process.exit(LOCKED);
}

const child = spawn(command, commandArguments, { stdio: ['ignore', 'inherit', 'inherit'] });
const end = () => {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
};
const exit = (code) => {
  if (lockFile) rmSync(lockFile, { force: true });
  process.exit(code);
};

child.once('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  exit(1);
});
child.once('exit', (code) => exit(code ?? 1));
process.stdin.on('error', end).on('end', end).resume();
process.on('SIGTERM', end);
process.on('SIGINT', end);
