import { CommandError } from './command-error.ts';
import type { Context } from './context.ts';
import { findProfile } from './settings/find-profile.ts';

/** An action that changes something at a gateway. */
export interface Confirmation {
  /** What will happen, as a sentence without a full stop: "Cancels the task abc". */
  readonly action: string;
  /** Value of `--reason`. */
  readonly reason: string | undefined;
  /** Value of `--yes`. */
  readonly yes: boolean;
}

/**
 * Call it before an action. In a protected environment a person types the environment's name, or a script gives `--yes`
 * together with `--reason`. Elsewhere it asks nothing.
 * @throws {CommandError} `usage`, if nobody confirms: then the action must not happen
 */
export const confirmAction = async (
  { io, settings }: Pick<Context, 'io' | 'settings'>,
  { action, reason, yes }: Confirmation,
): Promise<void> => {
  const hasReason = reason !== undefined && reason.trim() !== '';
  // The same everywhere, so that a script that works in a trial works in production.
  if (yes && !hasReason) {
    throw new CommandError('usage', '--yes needs --reason: a script that is asked nothing says why it acts.');
  }
  const profile = findProfile(settings);
  if (profile?.isProtected !== true || yes) return;
  const environment = profile.environment ?? profile.name;
  if (!settings.mayAsk) {
    throw new CommandError(
      'usage',
      `The environment "${environment}" is protected, and there is nobody to ask. Nothing was done.`,
      'Confirm the action with --yes and --reason TEXT.',
    );
  }
  io.note(`${action}. The environment "${environment}" is protected.`);
  const answer = await io.ask('Type the name of the environment to go on:');
  if (answer.trim() !== environment) {
    throw new CommandError('usage', `That is not "${environment}". Nothing was done.`);
  }
};
