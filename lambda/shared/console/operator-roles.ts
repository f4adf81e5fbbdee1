import type { JWTPayload } from 'jose';
import { type AccessTokenProfile, RFC_9068 } from '../../contract/access-token-profile.ts';
import type { OperatorAccessToken, OperatorRole, OperatorRoles } from '../../contract/operator-roles.ts';
import type { AccessTokenReader } from '../access-token/access-token.ts';
import { readStringList } from '../access-token/claim-values.ts';
import { operatorRolesOf } from '../access-token/operator-roles.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';

/** Header with the operator's access token. The load balancer does not sign it. */
export const ACCESS_TOKEN_HEADER = 'x-amzn-oidc-accesstoken';

/**
 * Reads the roles of an operator.
 * @param claims claims of the load balancer's assertion: the provider's userinfo
 * @param accessTokens every line of `x-amzn-oidc-accesstoken`
 */
export type ReadOperatorRoles = (
  claims: Readonly<Record<string, unknown>>,
  accessTokens: readonly string[],
) => Promise<{ readonly roles: readonly OperatorRole[] } | Refusal>;

/** Returns the profile of operators' access tokens. It accepts only tokens that were issued to the console's client. */
export const operatorTokenProfile = (
  { clientClaim, ...token }: OperatorAccessToken,
  clientId: string,
): AccessTokenProfile => ({
  ...RFC_9068,
  ...token,
  audience: { claim: clientClaim, accepted: [clientId] },
});

/** @param reader verifies access tokens; `null` if the roles are in userinfo */
export const createOperatorRolesReader = (
  { claim, values }: OperatorRoles,
  reader: AccessTokenReader | null,
): ReadOperatorRoles => {
  const rolesIn = (claims: JWTPayload): readonly OperatorRole[] =>
    operatorRolesOf(readStringList(claims, claim), { values });
  if (reader === null) return async (claims) => ({ roles: rolesIn(claims) });
  return async (claims, [token, ...others]) => {
    if (token === undefined || others.length > 0) return refuse('access_token_invalid', 'not one access token');
    const accessToken = await reader.read(token);
    if (isRefusal(accessToken)) return accessToken;
    // The load balancer signs only the claims. The access token must be of the same person.
    if (accessToken.claims.sub !== claims.sub)
      return refuse('access_token_invalid', 'the access token is of another person');
    return { roles: rolesIn(accessToken.claims) };
  };
};
