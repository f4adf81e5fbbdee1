import type { AccessTokenProfile } from '../../lambda/contract/access-token-profile.ts';
import { COGNITO } from '../../lambda/contract/access-token-profile.ts';
import type { Environment, GatewayEnvironment } from '../config/environment.ts';
import { consoleOriginOf } from '../config/ingress.ts';
import type { UserPool } from './user-pool.ts';

/** The client of an environment without a console. No operator signs in with it. */
const NO_CLIENT: GatewayEnvironment['consoleClient'] = { clientId: 'none', secretName: 'none', scopes: [] };

/**
 * Fills in the identity provider of an environment: the one of its file, or the user pool, whose ids only the deployment knows.
 * @param senderClients ids of the clients that the user pool has for applications, by application
 * @throws {Error} if the environment has neither
 */
export const completeSignIn = (
  environment: Environment,
  userPool: UserPool | undefined,
  senderClients: Readonly<Record<string, string>>,
): GatewayEnvironment => {
  const { accessToken, identityProvider = userPool?.identityProvider, senderAccessToken } = environment;
  const consoleClient =
    environment.consoleClient ??
    userPool?.consoleClient ??
    (consoleOriginOf(environment) === undefined ? NO_CLIENT : undefined);
  const profile = accessToken.profile ?? (userPool && profileOf(environment, userPool, senderClients));
  if (identityProvider === undefined || consoleClient === undefined || profile === undefined) {
    throw new Error(
      `The environment ${environment.name} has no identity provider; expected the check of its file to say so.`,
    );
  }
  const { issuer, jwksUri } = identityProvider;
  return {
    ...environment,
    identityProvider,
    consoleClient,
    accessToken: { ...accessToken, profile },
    senderAccessToken: senderAccessToken ?? { issuer, jwksUri, profile, audienceForm: accessToken.audienceForm },
    senderClients,
  };
};

/**
 * Cognito's tokens of machines have no audience. In its place the gateway accepts the clients of senders, of processors that prove
 * themselves with an access token, and of the command line.
 */
const profileOf = (
  { applications, origin, registry }: Environment,
  userPool: UserPool,
  senderClients: Readonly<Record<string, string>>,
): AccessTokenProfile => ({
  ...COGNITO,
  audience: {
    claim: 'client_id',
    accepted: [
      userPool.commandLineClientId,
      ...Object.values(senderClients),
      ...Object.values(applications).flatMap(({ clients }) => clients ?? []),
      ...Object.values(registry).flatMap(({ proof }) => (proof.kind === 'private_key_jwt' ? [proof.clientId] : [])),
    ],
  },
  scopePrefix: `${origin}/`,
});
