import type { AnyCommand } from './command.ts';
import { EXIT_CODES, type Exit } from './exit-codes.ts';
import { explainError } from './explain-error.ts';
import { createIo, type Streams } from './io.ts';
import { NothingToRun, readCommandLine } from './program.ts';
import { redact } from './redact.ts';
import { readSettings } from './settings/read-settings.ts';

/** What the command line gets from the process that runs it. */
export interface Surroundings extends Streams {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
  readonly now: () => number;
}

/**
 * Runs one command line.
 * @param words without `node` and the file
 * @returns the exit code
 */
export const runCli = async (
  table: { readonly commands: readonly AnyCommand[]; readonly groups: Readonly<Record<string, string>> },
  words: readonly string[],
  surroundings: Surroundings,
): Promise<number> => {
  const { cwd, env, fetch, now, signal, stderr, stdin, stdout } = surroundings;
  const say = (lines: readonly string[]): void => {
    stderr.write(`${lines.join('\n')}\n`);
  };
  const invocation = readCommandLine(table, words, {
    writeOut: (text) => stdout.write(text),
    // A mistake on the command line may be a callback URL in the wrong place.
    writeErr: (text) => stderr.write(hideValues(redact(text))),
  });
  if (invocation instanceof NothingToRun) return invocation.exitCode;
  let exit: Exit;
  try {
    const isTerminal = stdin.isTTY === true && stderr.isTTY === true;
    const settings = await readSettings(invocation.flags, { cwd, env, isTerminal });
    const io = createIo(surroundings, settings.output, env, signal);
    const values = { options: invocation.options, arguments: invocation.arguments };
    exit = (await invocation.command.run({ io, settings, env, cwd, signal, fetch, now }, values)) ?? 'ok';
  } catch (error) {
    const explained = signal.aborted ? { exit: 'interrupted' as const, lines: ['Interrupted.'] } : explainError(error);
    say(explained.lines);
    exit = explained.exit;
  }
  return EXIT_CODES[exit].code;
};

/** The error about an unknown option repeats the word, and `--secret=VALUE` is one word. */
const hideValues = (text: string): string => text.replaceAll(/(unknown option '[^'=]*=)[^']*/g, '$1…');
