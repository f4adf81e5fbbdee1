import type { Postern } from '@postern/client';
import type { PosternOperator } from '@postern/client/operator';
import type { AccessTokens } from '../../sdk/shared/client-credentials.ts';
import type { Context } from '../context.ts';
import type { Api } from './api-scopes.ts';
import { openSession } from './session.ts';

/**
 * The client for the commands of senders, at the gateway of the profile in use.
 * @throws {CommandError} `unavailable` without a gateway on this machine, `signIn` without a sign-in at another one
 */
export const senderOf = async (context: Context): Promise<Postern> => {
  const client = await import('@postern/client');
  return new client.Postern(optionsOf(context, 'sender'));
};

/** The client for the commands of operators. @throws as `senderOf` */
export const operatorOf = async (context: Context): Promise<PosternOperator> => {
  const client = await import('@postern/client/operator');
  return new client.PosternOperator(optionsOf(context, 'operator'));
};

const optionsOf = (context: Context, api: Api) => {
  const { origin, token } = openSession(context);
  const credentials: AccessTokens = async (request) => (await token(api, request)).accessToken;
  return { origin, credentials, fetch: context.fetch, platform: { now: context.now } };
};
