import { resolve } from 'node:path';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import type { Exit } from '../exit-codes.ts';
import { isOpenToOthers } from '../private-files.ts';
import { readSecret } from '../read-secret.ts';
import { checkProfileName, findProfile } from '../settings/find-profile.ts';
import { writeCurrentProfile, writeProfile } from '../settings/write-config.ts';
import { API_SCOPES } from './api-scopes.ts';
import { type PersonRequest, signInWithBrowser } from './authorization-code.ts';
import { signInWithDeviceCode } from './device.ts';
import { discoverProvider, type Provider } from './discovery.ts';
import { printIdentity } from './identity.ts';
import { readPrivateKeyFile } from './private-key-file.ts';
import { machineForm, toStored } from './renew-token.ts';
import { type Client, type IssuedTokens, requestTokens, type TokenRefusal } from './token-endpoint.ts';
import { readSignIn, type SignIn, type TokenUse, writeSignIn } from './token-store.ts';

export interface LoginOptions {
  readonly clientId: string | undefined;
  readonly privateKey: string | undefined;
  readonly clientSecretFile: string | undefined;
  readonly device: boolean;
  readonly callbackPort: string | undefined;
  readonly scope: string | undefined;
  readonly audience: string | undefined;
  readonly environment: string | undefined;
  readonly protected: boolean;
}

/** What a login goes by: its options, and the profile where they say nothing. */
interface Plan {
  readonly name: string;
  readonly origin: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string | undefined;
  readonly audience: string | undefined;
  readonly by: SignIn['by'];
  /** Path of the private key. */
  readonly privateKey?: string;
  readonly clientSecret?: string;
}

/** Signs in, then stores the profile and the tokens. A login that fails stores nothing. */
export const logIn = async (context: Context, options: LoginOptions): Promise<Exit> => {
  readPort(options.callbackPort);
  const plan = await planLogin(context, options);
  const provider = await discoverProvider(context, plan.issuer);
  const isSecretInForm = plan.clientSecret !== undefined && takesSecretInForm(provider);
  const tokens =
    plan.by === 'person'
      ? { any: toStored(await signInPerson(context, provider, plan, options)) }
      : await signInMachine(context, provider, plan, isSecretInForm);
  const { audience, by, clientId, clientSecret, issuer, name, origin, scope } = plan;
  const { revocationEndpoint, tokenEndpoint } = provider;
  writeSignIn(context.settings, name, {
    origin,
    provider: { issuer, tokenEndpoint, ...(revocationEndpoint !== undefined && { revocationEndpoint }) },
    clientId,
    by,
    ...(clientSecret !== undefined && { clientSecret, isSecretInForm }),
    ...(scope !== undefined && { scope }),
    ...(audience !== undefined && { audience }),
    tokens,
  });
  storeProfile(context, plan, options);
  printIdentity(context, { profile: name, origin, clientId }, Object.values(tokens));
  return 'ok';
};

const planLogin = async (context: Context, options: LoginOptions): Promise<Plan> => {
  const { settings } = context;
  const name = checkProfileName(settings.profileName);
  const ways = [options.privateKey !== undefined, options.clientSecretFile !== undefined, options.device];
  if (ways.filter(Boolean).length > 1) {
    throw new CommandError(
      'usage',
      '--private-key, --client-secret-file and --device exclude each other.',
      'Name one of them.',
    );
  }
  const profile = findProfile(settings);
  const origin = settings.origin ?? profile?.origin;
  const issuer = settings.issuer ?? profile?.issuer;
  const clientId = options.clientId ?? profile?.clientId;
  const missing = Object.entries({ origin, issuer, 'client-id': clientId }).filter(([, value]) => !value);
  if (origin === undefined || issuer === undefined || clientId === undefined || missing.length > 0) {
    const flags = missing.map(([flag]) => `--${flag}`).join(', ');
    throw new CommandError(
      'usage',
      `${flags} is missing, and the profile "${name}" does not say it.`,
      'Name it on the command line.',
    );
  }
  const before = keptSignIn(context, { origin, issuer, clientId });
  const scope = options.scope ?? before?.scope;
  const audience = options.audience ?? before?.audience;
  const plan = { name, origin, issuer, clientId, scope, audience };
  if (options.clientSecretFile !== undefined) {
    return {
      ...plan,
      by: 'client-secret',
      clientSecret: await readSecret(context, 'client secret', options.clientSecretFile),
    };
  }
  if (options.privateKey !== undefined) {
    const privateKey = resolve(context.cwd, options.privateKey);
    readPrivateKeyFile(privateKey);
    if (isOpenToOthers(privateKey))
      context.io.note(`Others on this machine may read ${privateKey}. Run: chmod 600 ${privateKey}`);
    return { ...plan, by: 'private-key', privateKey };
  }
  if (options.device) return { ...plan, by: 'person' };
  // The key of a profile is the key of its client.
  if (profile?.privateKey !== undefined && profile.clientId === clientId && profile.issuer === issuer) {
    return { ...plan, by: 'private-key', privateKey: profile.privateKey };
  }
  if (before?.clientSecret !== undefined) return { ...plan, by: 'client-secret', clientSecret: before.clientSecret };
  return { ...plan, by: 'person' };
};

/** The sign-in that a new one replaces, if it is that of the same client at the same place. */
const keptSignIn = (
  { settings }: Context,
  { clientId, issuer, origin }: Pick<Plan, 'origin' | 'issuer' | 'clientId'>,
): SignIn | undefined => {
  let signIn: SignIn | undefined;
  try {
    signIn = readSignIn(settings, settings.profileName);
  } catch (error) {
    // A file that cannot be read is replaced.
    if (!(error instanceof CommandError)) throw error;
  }
  const isSame = signIn?.origin === origin && signIn.provider.issuer === issuer && signIn.clientId === clientId;
  return isSame ? signIn : undefined;
};

/** Basic authentication is the default (OpenID Connect Discovery 1.0 §3). */
const takesSecretInForm = ({ tokenEndpointAuthMethods: methods }: Provider): boolean =>
  methods.includes('client_secret_post') && !methods.includes('client_secret_basic');

const signInMachine = async (
  context: Context,
  provider: Provider,
  { audience, clientId, clientSecret, privateKey, scope }: Plan,
  isSecretInForm: boolean,
): Promise<SignIn['tokens']> => {
  const client: Client = {
    clientId,
    ...(clientSecret !== undefined && { clientSecret, isSecretInForm }),
    ...(privateKey !== undefined && { privateKey: readPrivateKeyFile(privateKey) }),
  };
  // A client of operators alone gets no scope of senders.
  const uses: readonly TokenUse[] = scope === undefined ? ['sender', 'operator'] : ['any'];
  let refusal: TokenRefusal | undefined;
  for (const use of uses) {
    const form = machineForm(
      { ...(audience !== undefined && { audience }), ...(scope !== undefined && { scope }) },
      use,
    );
    const outcome = await requestTokens(context, provider, client, form);
    if ('tokens' in outcome) {
      if (outcome.tokens.scopes.length > 0) return { [use]: toStored(outcome.tokens) };
    } else {
      refusal = outcome.refusal;
      if (refusal.error !== 'invalid_scope') break;
    }
  }
  throw new CommandError(
    'signIn',
    refusal === undefined
      ? `The provider gave the client ${clientId} a token without a scope.`
      : `The provider gave the client ${clientId} no token. ${refusal.message}`,
    refusal === undefined || refusal.error === 'invalid_scope'
      ? `Register the client for ${API_SCOPES.sender.join(' and ')}, or name its scopes with --scope.`
      : 'Check --client-id, and that the key or secret is the one that is registered for it.',
  );
};

const signInPerson = async (
  context: Context,
  provider: Provider,
  plan: Plan,
  { callbackPort, device: isDevice }: LoginOptions,
): Promise<IssuedTokens> => {
  if (context.settings.isInputOff) {
    throw new CommandError(
      'usage',
      'A person must sign in, and --no-input is set.',
      'Sign in as a machine: with --private-key FILE or --client-secret-file FILE.',
    );
  }
  const { audience, clientId } = plan;
  const request: PersonRequest = {
    clientId,
    audience,
    scope: plan.scope ?? personScope(provider),
    callbackPort: readPort(callbackPort),
  };
  const { authorizationEndpoint, deviceAuthorizationEndpoint } = provider;
  if (deviceAuthorizationEndpoint !== undefined && (isDevice || authorizationEndpoint === undefined)) {
    return signInWithDeviceCode(context, { ...provider, deviceAuthorizationEndpoint }, request);
  }
  if (!isDevice && authorizationEndpoint !== undefined) {
    return signInWithBrowser(context, { ...provider, authorizationEndpoint }, request);
  }
  throw new CommandError(
    'failed',
    `The provider ${provider.issuer} has no ${isDevice ? 'device_authorization_endpoint' : 'authorization_endpoint'}.`,
    isDevice ? 'Leave out --device, and sign in with the browser of this machine.' : 'Sign in with --private-key FILE.',
  );
};

const readPort = (port: string | undefined): number | undefined => {
  if (port === undefined) return undefined;
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number >= 1 && number <= 65_535) return number;
  throw new CommandError(
    'usage',
    `--callback-port is "${port}"; expected a port, 1 to 65535.`,
    'Write the port that the client has at the provider, for example 8976.',
  );
};

/** A person is an operator. With a refresh token, where the provider gives one, the sign-in outlives an hour. */
const personScope = ({ scopes }: Provider): string =>
  [...API_SCOPES.operator, ...(scopes.includes('offline_access') ? ['offline_access'] : [])].join(' ');

const storeProfile = ({ io, settings }: Context, plan: Plan, options: LoginOptions): void => {
  const { by, clientId, issuer, name, origin, privateKey } = plan;
  const { configFile, profileName } = settings;
  writeProfile(configFile, name, {
    origin,
    issuer,
    client_id: clientId,
    // A person, or a client with a secret, has no key.
    private_key: by === 'private-key' ? privateKey : undefined,
    ...(options.environment !== undefined && { environment: options.environment }),
    ...(options.protected && { protected: true }),
  });
  if (settings.userProfile === undefined) writeCurrentProfile(configFile, profileName);
  else if (settings.userProfile !== name) io.note(`"postern profile use ${name}" makes it the current profile.`);
};
