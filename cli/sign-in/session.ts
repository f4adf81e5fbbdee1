import { CLIENT_ACCESS_TOKENS } from '../../lambda/contract/sdk-limits.ts';
import type { AccessTokenRequest } from '../../sdk/shared/client-credentials.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { findProfile } from '../settings/find-profile.ts';
import { LOCAL_PROFILE, type Settings } from '../settings/settings.ts';
import { API_SCOPES } from './api-scopes.ts';
import { readLocalGateway } from './local-gateway.ts';
import { renewToken, toStored } from './renew-token.ts';
import { requestTokens } from './token-endpoint.ts';
import { readSignIn, type SignIn, type StoredToken, type TokenUse, writeSignIn } from './token-store.ts';

/** A gateway, and the client that is signed in there. */
export interface Session {
  readonly profile: string;
  readonly origin: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Uses that it has a token for, and renews it. */
  readonly uses: () => readonly TokenUse[];
  /**
   * A token that is valid for a while.
   * @throws {CommandError} `signIn`, without a token that can be renewed; `unavailable`, if the provider does not answer
   */
  readonly token: (use: TokenUse, request?: AccessTokenRequest) => Promise<StoredToken>;
}

type Surroundings = Pick<Context, 'fetch' | 'now' | 'settings' | 'signal'>;

/**
 * The session of the profile in use.
 * @throws {CommandError} `signIn` without a sign-in, or if its tokens would go to another gateway; `unavailable`, if the profile
 *   is the built-in one and no gateway runs
 */
export const openSession = (context: Surroundings): Session =>
  context.settings.profileName === LOCAL_PROFILE ? openLocalSession(context) : openStoredSession(context);

/** The clients of the gateway on this machine. Their tokens are not stored, because a new one costs nothing. */
const openLocalSession = (context: Surroundings): Session => {
  const { settings } = context;
  const { clients, gateway: origin, idp } = readLocalGateway(settings.readyFile);
  checkTarget(settings, { origin, issuer: idp.issuer });
  const request = async (use: TokenUse): Promise<StoredToken> => {
    const api = use === 'operator' ? 'operator' : 'sender';
    const { clientId, privateJwk: privateKey } = clients[api];
    const form = { grant_type: 'client_credentials', scope: API_SCOPES[api].join(' ') };
    const outcome = await requestTokens(context, idp, { clientId, privateKey }, form);
    if ('tokens' in outcome) return toStored(outcome.tokens);
    throw new CommandError('failed', outcome.refusal.message, 'Stop the gateway, and start it again.');
  };
  return {
    profile: LOCAL_PROFILE,
    origin,
    issuer: idp.issuer,
    clientId: clients.sender.clientId,
    uses: () => ['sender'],
    token: keepTokens(context.now, () => ({}), request),
  };
};

const openStoredSession = (context: Surroundings): Session => {
  const { settings } = context;
  let signIn = findSignIn(settings);
  const { clientId, origin, provider } = signIn;
  checkTarget(settings, { origin, issuer: provider.issuer });
  const isOneForAll = signIn.by === 'person' || signIn.scope !== undefined;
  const token = keepTokens(
    context.now,
    () => signIn.tokens,
    async (use) => {
      const renewed = await renewToken(context, signIn, use);
      // Another process may have stored a token for another use meanwhile.
      const stored = readSignIn(settings, settings.profileName) ?? signIn;
      signIn = { ...signIn, tokens: { ...stored.tokens, [use]: renewed } };
      writeSignIn(settings, settings.profileName, signIn);
      return renewed;
    },
  );
  return {
    profile: settings.profileName,
    origin,
    issuer: provider.issuer,
    clientId,
    uses: () => Object.keys(signIn.tokens) as readonly TokenUse[],
    token: (use, request) => token(isOneForAll ? 'any' : use, request),
  };
};

/** Gives the current token while it is valid. Requests at the same time share one renewal. */
const keepTokens = (
  now: () => number,
  stored: () => Readonly<Partial<Record<TokenUse, StoredToken>>>,
  renew: (use: TokenUse) => Promise<StoredToken>,
): Session['token'] => {
  const current = new Map<TokenUse, StoredToken>();
  const renewals = new Map<TokenUse, Promise<StoredToken>>();
  return async (use, { refused } = {}) => {
    const token = current.get(use) ?? stored()[use];
    if (
      token !== undefined &&
      token.accessToken !== refused &&
      Date.parse(token.expiresAt) - CLIENT_ACCESS_TOKENS.renewBeforeSeconds * 1_000 > now()
    ) {
      return token;
    }
    const renewal = renewals.get(use) ?? renew(use).finally(() => renewals.delete(use));
    renewals.set(use, renewal);
    const renewed = await renewal;
    current.set(use, renewed);
    return renewed;
  };
};

/**
 * The sign-in of the profile in use, which must be about the same gateway, provider and client as the profile.
 * @throws {CommandError} `signIn`
 */
const findSignIn = (settings: Settings): SignIn => {
  const { configFile, profileName } = settings;
  const profile = findProfile(settings);
  const signIn = readSignIn(settings, profileName);
  if (profile === undefined) {
    throw new CommandError(
      'signIn',
      `There is no profile "${profileName}" in ${configFile}.`,
      `Sign in with "postern login --profile ${profileName} --origin URL --issuer URL --client-id ID". "postern profile list" shows the profiles.`,
    );
  }
  if (signIn === undefined) {
    throw new CommandError(
      'signIn',
      `You are not signed in with the profile "${profileName}".`,
      signInAgain(profileName),
    );
  }
  const changed = (
    [
      ['origin', profile.origin, signIn.origin],
      ['issuer', profile.issuer, signIn.provider.issuer],
      ['client_id', profile.clientId, signIn.clientId],
    ] as const
  ).find(([, now, then]) => now !== undefined && now !== then);
  if (changed !== undefined) {
    const [key, now, then] = changed;
    throw new CommandError(
      'signIn',
      `The profile "${profileName}" has ${key} ${now}, but you signed in with ${then}. Tokens go to no other place.`,
      signInAgain(profileName),
    );
  }
  return signIn;
};

/**
 * Refuses to send a token to another gateway than its own.
 * @throws {CommandError} `signIn`
 */
const checkTarget = (settings: Settings, own: { readonly origin: string; readonly issuer: string }): void => {
  for (const [key, name] of [
    ['origin', 'gateway'],
    ['issuer', 'issuer'],
  ] as const) {
    const wanted = settings[key];
    if (wanted === undefined || wanted === own[key]) continue;
    throw new CommandError(
      'signIn',
      `--${key} or POSTERN_${key.toUpperCase()} is ${wanted}, but the profile "${settings.profileName}" is signed in at the ${name} ${own[key]}. ` +
        'Its tokens go to no other place.',
      `Leave it out, or sign in there with a profile of its own: postern login --profile NAME --${key} ${wanted}`,
    );
  }
};

const signInAgain = (profileName: string): string => `Sign in with "postern login --profile ${profileName}".`;
