import { CommandError } from '../command-error.ts';
import { LOCAL_PROFILE, type Profile, type Settings } from './settings.ts';

/** The profile in use. Undefined for the built-in one, and for a name that the user's file does not have. */
export const findProfile = (
  settings: Pick<Settings, 'profileName' | 'profiles'>,
  name: string = settings.profileName,
): Profile | undefined => (Object.hasOwn(settings.profiles, name) ? settings.profiles[name] : undefined);

/** Names of profiles that can be made. They are names of files, and keys of TOML without quotation marks. */
const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** @throws {CommandError} `usage`, if no profile can have this name */
export const checkProfileName = (name: string): string => {
  if (name === LOCAL_PROFILE) {
    throw new CommandError(
      'usage',
      `The profile "${LOCAL_PROFILE}" is built in, for the gateway on this machine, and needs no login.`,
      'Name another profile with --profile NAME.',
    );
  }
  if (!PROFILE_NAME.test(name)) {
    throw new CommandError(
      'usage',
      `The profile "${name}" has no valid name; expected 1 to 64 of A-Z, a-z, 0-9, _ and -.`,
    );
  }
  return name;
};
