import type { Io } from './io.ts';
import type { Settings } from './settings/settings.ts';

/** Everything that a command gets from outside. Tests give their own. */
export interface Context {
  readonly io: Io;
  readonly settings: Settings;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths are relative to it. */
  readonly cwd: string;
  /** Aborted by Ctrl-C. A command that made something outside removes it, and then ends. */
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
  /** @returns milliseconds since 1970 */
  readonly now: () => number;
}
