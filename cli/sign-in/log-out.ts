import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import type { Exit } from '../exit-codes.ts';
import { LOCAL_PROFILE } from '../settings/settings.ts';
import { clientOf } from './renew-token.ts';
import { postForm, refusalOf } from './token-endpoint.ts';
import { readSignIn, removeSignIn, type SignIn } from './token-store.ts';

/** Removes the sign-in of the profile in use. Without one it does nothing, so that scripts may repeat it. */
export const logOut = async (context: Context): Promise<Exit> => {
  const { io, settings } = context;
  const { profileName } = settings;
  if (profileName === LOCAL_PROFILE) {
    io.note(`The profile "${LOCAL_PROFILE}" has no tokens on this machine.`);
    return 'ok';
  }
  let signIn: SignIn | undefined;
  try {
    signIn = readSignIn(settings, profileName);
    if (signIn === undefined) {
      io.note(`You are not signed in with the profile "${profileName}".`);
      return 'ok';
    }
    await revoke(context, signIn);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    // The tokens leave this machine all the same.
    io.note(`The provider did not revoke the refresh token: ${error.message} It stays valid there until it expires.`);
  } finally {
    removeSignIn(settings, profileName);
  }
  io.note(`Signed out of the profile "${profileName}".`);
  return 'ok';
};

/** Revokes the refresh token, and with it the access tokens of the same grant (RFC 7009 §2.1). */
const revoke = async (context: Context, signIn: SignIn): Promise<void> => {
  const { issuer, revocationEndpoint } = signIn.provider;
  const token = signIn.tokens.any?.refreshToken;
  if (revocationEndpoint === undefined || token === undefined) return;
  const form = { token, token_type_hint: 'refresh_token' };
  const request = 'The request to revoke the refresh token';
  const answer = await postForm(context, request, revocationEndpoint, issuer, clientOf(context, signIn), form);
  const refusal = refusalOf(answer, 'revocation_endpoint');
  if (refusal !== undefined) throw new CommandError('failed', refusal.message);
};
