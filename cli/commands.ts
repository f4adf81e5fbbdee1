import type { AnyCommand } from './command.ts';
import { COMPLETION_COMMAND } from './commands/completion.ts';
import { ENCRYPTION_KEY_COMMAND } from './commands/encryption-key.ts';
import { VERSION_COMMAND } from './commands/version.ts';

/** Summaries of the words that have commands below them. */
export const GROUPS: Readonly<Record<string, string>> = {
  callback: 'Delivers to a callback URL, as a processor does',
  conformance: 'Judges whether a processor keeps the rules',
  env: 'Checks and shows environments of this folder',
  events: 'Shows events as they are published',
  operator: 'Looks after the tasks of all applications',
  'operator audit': 'What operators did',
  'operator dead-letters': 'Work that failed for good',
  'operator keys': 'Keys that sign callback tokens',
  'operator processors': 'Processors and their numbers',
  'operator quarantine': 'Deliveries that came too late, of all applications',
  'operator replays': 'Second uses of a token with another payload',
  'operator task': 'Tasks of all applications',
  profile: 'Gateways that you use',
  task: 'Opens tasks and gets their results',
  'task quarantine': 'Deliveries that came too late',
  token: 'Reads callback tokens and never prints one',
};

/** Every command, in the order of the help. */
export const COMMANDS: readonly AnyCommand[] = [ENCRYPTION_KEY_COMMAND, VERSION_COMMAND, COMPLETION_COMMAND];
