import { COMMANDS, GROUPS } from './commands.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { runCli } from './run-cli.ts';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one does not wait until the command has cleaned up.
    if (interruption.signal.aborted) process.exit(EXIT_CODES.interrupted.code);
    interruption.abort();
  });
}
// A reader such as `head` may close the pipe. That is no error of the command.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_CODES.ok.code);
  throw error;
});

process.exitCode = await runCli({ commands: COMMANDS, groups: GROUPS }, process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: interruption.signal,
  fetch,
  now: Date.now,
});
