import { existsSync } from 'node:fs';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { LOCAL_PROFILE } from '../settings/settings.ts';
import { readLocalGateway } from '../sign-in/local-gateway.ts';
import type { PublicGateway } from './explain-token.ts';
import { readKeySet } from './key-set.ts';

/**
 * Reads what is public about the gateway that a token is judged by: that of `--origin`, otherwise that of the URL, otherwise
 * that of the profile.
 * @throws {CommandError} `unavailable`, if it does not answer
 */
export const readPublicGateway = async (context: Context, url: string | undefined): Promise<PublicGateway> => {
  const { profileName, profiles, readyFile } = context.settings;
  const isLocal = profileName === LOCAL_PROFILE;
  const asked = context.settings.origin ?? (url === undefined ? undefined : new URL(url).origin);
  const local = isLocal && (asked === undefined || existsSync(readyFile)) ? readLocalGateway(readyFile) : undefined;
  const origin = asked ?? local?.gateway ?? profiles[profileName]?.origin;
  if (origin === undefined) {
    throw new CommandError('usage', `There is no profile "${profileName}".`, '"postern profile list" shows yours.');
  }
  const keys = await readKeySet(context, origin);
  // Only the gateway of this machine says which processors it has.
  return { origin, keys, ...(local?.gateway === origin && { processors: local.processors }) };
};
