import type { JWTPayload } from 'jose';
import { type AccessTokenProfile, RFC_9068 } from '../../contract/access-token-profile.ts';
import {
  OPERATOR_ROLES,
  type OperatorAccessToken,
  type OperatorRole,
  type OperatorRoles,
} from '../../contract/operator-roles.ts';
import type { AccessTokenReader } from '../../shared/access-token/access-token.ts';
import { readStringList } from '../../shared/access-token/claim-values.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';

/** Where the load balancer puts the operator's access token, in clear and unsigned. */
export const ACCESS_TOKEN_HEADER = 'x-amzn-oidc-accesstoken';

/**
 * Reads the roles of an operator.
 * @param claims what the load balancer signed: the provider's userinfo
 * @param accessTokens every line of `x-amzn-oidc-accesstoken`
 */
export type ReadOperatorRoles = (
  claims: Readonly<Record<string, unknown>>,
  accessTokens: readonly string[],
) => Promise<{ readonly roles: readonly OperatorRole[] } | Refusal>;

/** How access tokens of operators are written: those that were issued to the console's client, and no others. */
export const operatorTokenProfile = (
  { clientClaim, ...token }: OperatorAccessToken,
  clientId: string,
): AccessTokenProfile => ({
  ...RFC_9068,
  ...token,
  audience: { claim: clientClaim, accepted: [clientId] },
});

/** @param reader what verifies access tokens; `null` where the roles are in userinfo */
export const createOperatorRolesReader = (
  { claim, values }: OperatorRoles,
  reader: AccessTokenReader | null,
): ReadOperatorRoles => {
  const rolesIn = (claims: JWTPayload): readonly OperatorRole[] => {
    const words = readStringList(claims, claim);
    return OPERATOR_ROLES.filter((role) => values[role].some((value) => words.includes(value)));
  };
  if (reader === null) return async (claims) => ({ roles: rolesIn(claims) });
  return async (claims, [token, ...others]) => {
    if (token === undefined || others.length > 0) return refuse('access_token_invalid', 'not one access token');
    const read = await reader.read(token);
    if (isRefusal(read)) return read;
    // The load balancer signs the claims alone: the token must be of the person whom they are about.
    if (read.claims.sub !== claims.sub) return refuse('access_token_invalid', 'the access token is of somebody else');
    return { roles: rolesIn(read.claims) };
  };
};
