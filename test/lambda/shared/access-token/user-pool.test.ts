import { describe, expect } from 'vitest';
import { COGNITO } from '../../../../lambda/contract/access-token-profile.ts';
import { operatorRolesOf } from '../../../../lambda/shared/access-token/operator-roles.ts';
import { isRefusal } from '../../../../lambda/shared/refusal.ts';
import { USER_POOL_ROLES } from '../../../../lib/config/cognito.ts';
import { signAccessToken } from '../../../support/identity-provider.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';
import { test as base } from '../../../support/unit-fixtures.ts';

const CLIENT = '1h57kf5cpq17m0eml12EXAMPLE';
const PROFILE = { ...COGNITO, audience: { claim: 'client_id', accepted: [CLIENT] }, scopePrefix: `${ORIGIN}/` };

/** Roles of a token of the user pool that `cognito` makes, in the form that Cognito documents. */
const it = base.extend(
  'rolesOf',
  ({ identityProvider }) =>
    async (claims: Readonly<Record<string, unknown>>, scope: string) => {
      const token = await signAccessToken(
        identityProvider.key,
        {
          iss: identityProvider.issuer,
          iat: NOW,
          exp: NOW + 3_600,
          sub: 'aaaaaaaa-bbbb-cccc-dddd-EXAMPLE11111',
          client_id: CLIENT,
          token_use: 'access',
          jti: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE33333',
          ...claims,
        },
        { typ: undefined },
      );
      const holder = await identityProvider.verifier({ profile: PROFILE }).authenticate([`Bearer ${token}`], scope);
      return isRefusal(holder) ? holder.code : operatorRolesOf(holder.roles, USER_POOL_ROLES);
    },
);

describe('an operator of the user pool', () => {
  const scope = `openid ${ORIGIN}/operator_read ${ORIGIN}/operator_write`;

  it.for([
    [['operator-read'], ['operator_read']],
    [['operator'], ['operator']],
    [
      ['operator', 'operator-payload'],
      ['operator', 'operator_payload'],
    ],
    [['sender', 'operators'], []],
  ] as const)('of the groups %j has the roles %j', async ([groups, roles], { rolesOf }) => {
    expect(await rolesOf({ scope, 'cognito:groups': groups }, 'operator_read')).toEqual(roles);
  });

  it('has no role by a scope, but by a group alone', async ({ rolesOf }) => {
    expect(await rolesOf({ scope }, 'operator_read')).toEqual([]);
  });

  it('has the scopes of this gateway only', async ({ rolesOf }) => {
    const others = { scope: 'openid https://other.example.com/operator_read', 'cognito:groups': ['operator'] };
    expect(await rolesOf(others, 'operator_read')).toBe('access_token_insufficient');
  });

  it('is no sender’s client, whose scopes give no role of operators', async ({ rolesOf }) => {
    const sender = { sub: CLIENT, scope: `${ORIGIN}/task_read ${ORIGIN}/task_write ${ORIGIN}/sender` };
    expect(await rolesOf(sender, 'task_read')).toEqual([]);
    expect(await rolesOf(sender, 'operator_read')).toBe('access_token_insufficient');
  });
});
