import { quoteForShell } from './completion/shell-words.ts';
import type { Settings } from './settings/settings.ts';

/**
 * A command line for the next step, at the same gateway: it names the profile if this command line got it by `--profile` or
 * `POSTERN_PROFILE`.
 * @param words after `postern`: `operator jobs get JOB`
 */
export const suggestCommand = ({ givenProfile }: Pick<Settings, 'givenProfile'>, words: string): string =>
  `postern ${words}${givenProfile === undefined ? '' : ` --profile ${wordOf(givenProfile)}`}`;

/** A word as a person types it: in quotes only where a shell needs them. */
export const wordOf = (text: string): string => (/^[\w./-]+$/.test(text) ? text : quoteForShell(text));
