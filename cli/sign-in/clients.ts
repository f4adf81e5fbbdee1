import { Postern } from '@postern/client';
import { PosternOperator } from '@postern/client/operator';
import { createClientCredentials } from '../../sdk/shared/client-credentials.ts';
import { PLATFORM } from '../../sdk/shared/platform.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { LOCAL_PROFILE } from '../settings/settings.ts';
import { readLocalGateway } from './local-gateway.ts';

/** Scopes of the access tokens for each API. */
export const SCOPES = { sender: 'task_read task_write', operator: 'operator_read operator_write' } as const;

/**
 * The client for the commands of senders, at the gateway of the profile in use.
 * @throws {CommandError} `unavailable` without a gateway on this machine, `signIn` without a sign-in at another one
 */
export const senderOf = async (context: Context): Promise<Postern> =>
  Reflect.construct(Postern, [await connectionOf(context, 'sender')]) as Postern;

/** The client for the commands of operators. @throws as `senderOf` */
export const operatorOf = async (context: Context): Promise<PosternOperator> =>
  Reflect.construct(PosternOperator, [await connectionOf(context, 'operator')]) as PosternOperator;

const connectionOf = async ({ fetch, now, settings }: Context, as: keyof typeof SCOPES) => {
  if (settings.profileName !== LOCAL_PROFILE) {
    throw new CommandError('signIn', `You are not signed in with the profile "${settings.profileName}".`);
  }
  const { clients, gateway, idp } = readLocalGateway(settings.readyFile);
  const { clientId, privateJwk } = clients[as];
  const credentials = createClientCredentials(
    { issuer: idp.issuer, tokenEndpoint: idp.tokenEndpoint, clientId, privateKey: privateJwk, scope: SCOPES[as] },
    { ...PLATFORM, fetch, now },
    ({ message, retryable }) => new CommandError(retryable ? 'unavailable' : 'failed', message),
  );
  return { origin: gateway, credentials, fetch };
};
