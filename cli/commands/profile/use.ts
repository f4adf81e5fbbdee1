import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import { findProfile } from '../../settings/find-profile.ts';
import { LOCAL_PROFILE } from '../../settings/settings.ts';

export const PROFILE_USE_COMMAND = defineCommand({
  name: 'profile use',
  summary: 'Makes a profile the current one',
  description:
    'It is written into your file of settings. --profile, POSTERN_PROFILE and the file of a project come before it.',
  arguments: { name: { doc: 'the profile' } },
  options: {},
  examples: ['postern profile use staging', 'postern profile use local'],
  exits: ['failed', 'notFound'],
  run: async ({ io, settings }, { arguments: { name } }) => {
    const { configFile, placedProfile } = settings;
    if (name !== LOCAL_PROFILE && findProfile(settings, name) === undefined) {
      throw new CommandError(
        'notFound',
        `There is no profile "${name}" in ${configFile}.`,
        `"postern profile list" shows the profiles. "postern login --profile ${name}" makes one.`,
      );
    }
    const { writeCurrentProfile } = await import('../../settings/write-config.ts');
    writeCurrentProfile(configFile, name);
    io.note(
      placedProfile === undefined || placedProfile.name === name
        ? `The current profile is "${name}".`
        : `The current profile is "${name}", but here ${placedProfile.by} names "${placedProfile.name}".`,
    );
    return 'ok';
  },
});
