import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import { findProfile } from '../../settings/find-profile.ts';
import { LOCAL_PROFILE, type Settings } from '../../settings/settings.ts';
import { readLocalGateway } from '../../sign-in/local-gateway.ts';

interface Shown {
  readonly name: string;
  readonly origin: string;
  readonly issuer?: string;
  readonly clientId?: string;
  readonly privateKey?: string;
  readonly environment?: string;
  readonly protected: boolean;
  readonly current: boolean;
}

export const PROFILE_SHOW_COMMAND = defineCommand({
  name: 'profile show',
  summary: 'Shows the settings of a profile',
  description: 'Without a name it shows the profile in use. Of a private key it shows the path.',
  arguments: { name: { doc: 'the profile', isOptional: true } },
  options: {},
  examples: ['postern profile show', 'postern profile show staging -o json'],
  exits: ['failed', 'notFound', 'unavailable'],
  run: async ({ io, settings }, { arguments: { name = settings.profileName } }) => {
    const shown = name === LOCAL_PROFILE ? showLocal(settings) : showProfile(settings, name);
    io.print(shown, () =>
      Object.entries(shown)
        .map(
          ([key, value]) =>
            `${(LABELS[key] ?? key).padEnd(WIDTH)}  ${typeof value === 'boolean' ? (value ? 'yes' : 'no') : value}`,
        )
        .join('\n'),
    );
    return 'ok';
  },
});

const LABELS: Readonly<Record<string, string>> = { clientId: 'client', privateKey: 'private key' };
const WIDTH = 'environment'.length;

const showLocal = (settings: Settings): Shown => {
  const { clients, gateway, idp } = readLocalGateway(settings.readyFile);
  return {
    name: LOCAL_PROFILE,
    origin: gateway,
    issuer: idp.issuer,
    clientId: clients.sender.clientId,
    protected: false,
    current: settings.profileName === LOCAL_PROFILE,
  };
};

const showProfile = (settings: Settings, name: string): Shown => {
  const profile = findProfile(settings, name);
  if (profile === undefined) {
    throw new CommandError(
      'notFound',
      `There is no profile "${name}" in ${settings.configFile}.`,
      '"postern profile list" shows the profiles.',
    );
  }
  const { clientId, environment, isProtected, issuer, origin, privateKey } = profile;
  return {
    name,
    origin,
    ...(issuer !== undefined && { issuer }),
    ...(clientId !== undefined && { clientId }),
    ...(privateKey !== undefined && { privateKey }),
    ...(environment !== undefined && { environment }),
    protected: isProtected,
    current: settings.profileName === name,
  };
};
