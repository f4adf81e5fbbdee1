import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import { LOCAL_PROFILE, type Settings } from '../../settings/settings.ts';
import { readLocalGateway } from '../../sign-in/local-gateway.ts';

export const PROFILE_LIST_COMMAND = defineCommand({
  name: 'profile list',
  summary: 'Lists the profiles, the current one marked with a star',
  description: 'The profile "local" is built in. It has an origin while a gateway runs on this machine.',
  options: {},
  examples: ['postern profile list', 'postern profile list -o json'],
  exits: [],
  run: async ({ io, settings }) => {
    const { profileName, profiles } = settings;
    const origin = localOrigin(settings);
    const all = [{ name: LOCAL_PROFILE, ...(origin !== undefined && { origin }) }, ...Object.values(profiles)];
    await io.printList({
      name: 'profiles',
      items: all.map((profile) => ({
        name: profile.name,
        ...(profile.origin !== undefined && { origin: profile.origin }),
        current: profile.name === profileName,
      })),
      columns: [
        { title: '', value: ({ current }) => (current ? '*' : ' ') },
        { title: 'NAME', value: ({ name }) => name },
        { title: 'ORIGIN', value: (profile) => profile.origin },
      ],
      none: 'There are no profiles.',
    });
    return 'ok';
  },
});

/** The gateway on this machine, if one runs. */
const localOrigin = ({ readyFile }: Settings): string | undefined => {
  try {
    return readLocalGateway(readyFile).gateway;
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
};
