import type { Variables } from '../../contract/variables.ts';
import { type AccessTokenVerifier, createAccessTokenVerifier } from './access-token.ts';
import { createIdentityProviderKeys } from './identity-provider-keys.ts';
import type { AccessTokenUses } from './one-time.ts';

/**
 * The verifier that the environment variables of a function describe.
 * @param uses what remembers access tokens, where the environment takes each once
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
    maxLifetimeSeconds: variables.ACCESS_TOKEN_MAX_LIFETIME_SECONDS,
    keys: createIdentityProviderKeys(variables.IDP_JWKS_URI),
    profile: variables.ACCESS_TOKEN_PROFILE,
    oneTime: variables.ACCESS_TOKEN_USES === 'one-time' ? uses : null,
    now,
  });
