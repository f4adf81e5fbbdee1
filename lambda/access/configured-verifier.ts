import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AccessTokenProfile } from '../contract/access-token-profile.ts';
import { readSeconds, type Variables } from '../contract/environment-variables.ts';
import { type AccessTokenVerifier, createAccessTokenVerifier } from './access-token.ts';
import { createIdentityProviderKeys } from './identity-provider-keys.ts';
import { createDynamoDBAccessTokenUses } from './one-time.ts';

/**
 * The verifier that the environment variables of a function of the sender API describe.
 * @throws {Error} where `ACCESS_TOKEN_PROFILE` or `ACCESS_TOKEN_USES` cannot be understood
 */
export const configuredVerifier = (
  variables: Variables<'open'> | Variables<'tasks'>,
  dynamodb: Pick<DynamoDBClient, 'send'>,
): AccessTokenVerifier =>
  createAccessTokenVerifier({
    issuer: variables.IDP_ISSUER,
    audience: variables.POSTERN_ORIGIN,
    maxLifetimeSeconds: readSeconds(variables, 'ACCESS_TOKEN_MAX_LIFETIME_SECONDS'),
    keys: createIdentityProviderKeys(variables.IDP_JWKS_URI),
    profile: JSON.parse(variables.ACCESS_TOKEN_PROFILE) as AccessTokenProfile,
    oneTime: isOneTime(variables.ACCESS_TOKEN_USES)
      ? createDynamoDBAccessTokenUses(dynamodb, variables.LOOKUPS_TABLE)
      : null,
    now: Date.now,
  });

/** A typing error must not switch a check off. */
const isOneTime = (uses: string): boolean => {
  if (uses === 'one-time' || uses === 'many') return uses === 'one-time';
  throw new Error(`Environment variable ACCESS_TOKEN_USES is "${uses}"; expected "many" or "one-time".`);
};
