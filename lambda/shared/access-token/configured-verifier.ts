import type { AccessTokenProfile } from '../../contract/access-token-profile.ts';
import { readSeconds, type Variables } from '../../contract/environment-variables.ts';
import { type AccessTokenVerifier, createAccessTokenVerifier } from './access-token.ts';
import { createIdentityProviderKeys } from './identity-provider-keys.ts';
import type { AccessTokenUses } from './one-time.ts';

/**
 * The verifier that the environment variables of a function describe.
 * @param uses what remembers access tokens, where the environment takes each once
 * @throws {Error} where `ACCESS_TOKEN_PROFILE` or `ACCESS_TOKEN_USES` cannot be understood
 */
export const configuredVerifier = (
  variables: Pick<
    Variables<'receive' | 'create-task' | 'tasks'>,
    | 'POSTERN_ORIGIN'
    | 'IDP_ISSUER'
    | 'IDP_JWKS_URI'
    | 'ACCESS_TOKEN_MAX_LIFETIME_SECONDS'
    | 'ACCESS_TOKEN_PROFILE'
    | 'ACCESS_TOKEN_USES'
  >,
  uses: AccessTokenUses,
  now: () => number = Date.now,
): AccessTokenVerifier =>
  createAccessTokenVerifier({
    issuer: variables.IDP_ISSUER,
    audience: variables.POSTERN_ORIGIN,
    maxLifetimeSeconds: readSeconds(variables, 'ACCESS_TOKEN_MAX_LIFETIME_SECONDS'),
    keys: createIdentityProviderKeys(variables.IDP_JWKS_URI),
    profile: JSON.parse(variables.ACCESS_TOKEN_PROFILE) as AccessTokenProfile,
    oneTime: isOneTime(variables.ACCESS_TOKEN_USES) ? uses : null,
    now,
  });

/** A typing error must not switch a check off. */
const isOneTime = (uses: string): boolean => {
  if (uses === 'one-time' || uses === 'many') return uses === 'one-time';
  throw new Error(`Environment variable ACCESS_TOKEN_USES is "${uses}"; expected "many" or "one-time".`);
};
