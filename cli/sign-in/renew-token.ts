import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { findProfile } from '../settings/find-profile.ts';
import { API_SCOPES } from './api-scopes.ts';
import { readPrivateKeyFile } from './private-key-file.ts';
import { type Client, type IssuedTokens, requestTokens, type TokenRefusal } from './token-endpoint.ts';
import { readSignIn, type SignIn, type StoredToken, type TokenUse } from './token-store.ts';

type Surroundings = Pick<Context, 'fetch' | 'now' | 'settings' | 'signal'>;

export const toStored = ({ accessToken, expiresAt, refreshToken, scopes }: IssuedTokens): StoredToken => ({
  accessToken,
  ...(refreshToken !== undefined && { refreshToken }),
  scopes,
  expiresAt: new Date(expiresAt).toISOString(),
});

/** `audience` is what Auth0 reads, `resource` is RFC 8707 §2. */
export const audienceForm = (audience: string | undefined): Readonly<Record<string, string>> =>
  audience === undefined ? {} : { audience, resource: audience };

/** Parameters of a machine's request for a token. */
export const machineForm = (
  { audience, scope }: Pick<SignIn, 'audience' | 'scope'>,
  use: TokenUse,
): Readonly<Record<string, string>> => ({
  grant_type: 'client_credentials',
  scope: scope ?? API_SCOPES[use === 'operator' ? 'operator' : 'sender'].join(' '),
  ...audienceForm(audience),
});

/**
 * Gets a new token in the way of the sign-in.
 * @throws {CommandError} `signIn`, if the provider gives none; `unavailable` without its answer
 */
export const renewToken = async (context: Surroundings, signIn: SignIn, use: TokenUse): Promise<StoredToken> =>
  signIn.by === 'person' ? await refresh(context, signIn) : await requestAgain(context, signIn, use);

const requestAgain = async (context: Surroundings, signIn: SignIn, use: TokenUse): Promise<StoredToken> => {
  const outcome = await requestTokens(context, signIn.provider, clientOf(context, signIn), machineForm(signIn, use));
  if ('refusal' in outcome) throw toError(context, outcome.refusal);
  return toStored(outcome.tokens);
};

const refresh = async (context: Surroundings, signIn: SignIn): Promise<StoredToken> => {
  const { provider, tokens } = signIn;
  const { refreshToken } = tokens.any ?? {};
  if (refreshToken === undefined) {
    throw new CommandError('signIn', 'Your sign-in is over: its token expired.', remedyOf(context));
  }
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, ...audienceForm(signIn.audience) };
  const outcome = await requestTokens(context, provider, clientOf(context, signIn), form, tokens.any?.scopes);
  // A provider that does not rotate refresh tokens gives none (RFC 6749 §6).
  if ('tokens' in outcome) return { refreshToken, ...toStored(outcome.tokens) };
  // Another process may have used the refresh token a moment ago, and stored the answer.
  const stored = readSignIn(context.settings, context.settings.profileName)?.tokens.any;
  if (stored?.refreshToken !== refreshToken && stored !== undefined && Date.parse(stored.expiresAt) > context.now()) {
    return stored;
  }
  throw toError(context, outcome.refusal);
};

/** The client of a sign-in, with its secret or the key of its profile. */
export const clientOf = ({ settings }: Pick<Context, 'settings'>, signIn: SignIn): Client => {
  const { by, clientId, clientSecret, isSecretInForm } = signIn;
  if (by === 'person') return { clientId };
  if (clientSecret !== undefined) {
    return { clientId, clientSecret, ...(isSecretInForm !== undefined && { isSecretInForm }) };
  }
  const file = findProfile(settings)?.privateKey;
  if (file === undefined) {
    throw new CommandError(
      'signIn',
      `The profile "${settings.profileName}" has no private_key any more.`,
      `Sign in with "postern login --profile ${settings.profileName} --private-key FILE".`,
    );
  }
  return { clientId, privateKey: readPrivateKeyFile(file) };
};

const toError = (context: Pick<Context, 'settings'>, { message }: TokenRefusal): CommandError =>
  new CommandError('signIn', `Your sign-in could not be renewed. ${message}`, remedyOf(context));

const remedyOf = ({ settings }: Pick<Context, 'settings'>): string =>
  `Sign in with "postern login --profile ${settings.profileName}".`;
