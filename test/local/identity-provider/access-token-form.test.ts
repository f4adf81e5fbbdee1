import { expect, it } from 'vitest';
import {
  type AccessTokenProfile,
  AUTH0,
  AWS_IAM,
  COGNITO,
  ENTRA_ID,
  KEYCLOAK,
  OKTA,
  RFC_9068,
} from '../../../lambda/contract/access-token-profile.ts';
import { shapeClaims } from '../../../local/identity-provider/access-token-form.ts';

const GATEWAY = 'http://127.0.0.1:8080';

/** Claims as the provider of this machine writes them. */
const CLAIMS = {
  iss: 'http://127.0.0.1:8081',
  sub: 'invoices-backend',
  client_id: 'invoices-backend',
  aud: GATEWAY,
  jti: 'token-1',
  exp: 2,
  iat: 1,
  scope: 'task_read task_write',
  roles: ['sender'],
};
const { iss, sub, exp, iat } = CLAIMS;
const common = { iss, sub, exp, iat };
const shape = (profile: AccessTokenProfile, audienceForm: 'text' | 'list' = 'text') =>
  shapeClaims(CLAIMS, { profile, audienceForm });

it('leaves a token of RFC 9068 as it is', () => {
  expect(shape(RFC_9068)).toEqual(CLAIMS);
});

it.for<[string, AccessTokenProfile, Record<string, unknown>]>([
  [
    'Cognito',
    { ...COGNITO, audience: { claim: 'client_id', accepted: ['a', 'invoices-backend'] }, scopePrefix: 'postern/' },
    {
      jti: 'token-1',
      aud: GATEWAY,
      client_id: 'invoices-backend',
      token_use: 'access',
      scope: 'postern/task_read postern/task_write',
      'cognito:groups': ['sender'],
    },
  ],
  [
    'Cognito with the role in a scope',
    { ...COGNITO, audience: { claim: 'client_id', accepted: [] }, roles: ['scopes'] },
    {
      jti: 'token-1',
      aud: GATEWAY,
      client_id: 'invoices-backend',
      token_use: 'access',
      scope: 'task_read task_write sender',
    },
  ],
  [
    'Entra ID',
    { ...ENTRA_ID, audience: { claim: 'aud', accepted: ['api-id'] } },
    { uti: 'token-1', aud: 'api-id', azp: 'invoices-backend', scp: 'task_read task_write', roles: ['sender'] },
  ],
  [
    'Entra ID with scopes and roles in one list',
    { ...ENTRA_ID, scopes: [{ array: ['roles'] }], audience: { claim: 'aud', accepted: ['api-id'] } },
    { uti: 'token-1', aud: 'api-id', azp: 'invoices-backend', roles: ['task_read', 'task_write', 'sender'] },
  ],
  [
    'Okta',
    OKTA,
    { jti: 'token-1', aud: GATEWAY, cid: 'invoices-backend', scp: ['task_read', 'task_write'], roles: ['sender'] },
  ],
  [
    'Auth0',
    AUTH0,
    { jti: 'token-1', aud: GATEWAY, azp: 'invoices-backend', scope: CLAIMS.scope, permissions: ['sender'] },
  ],
  [
    'Keycloak',
    KEYCLOAK,
    {
      jti: 'token-1',
      aud: GATEWAY,
      azp: 'invoices-backend',
      typ: 'Bearer',
      scope: CLAIMS.scope,
      realm_access: { roles: ['sender'] },
    },
  ],
  [
    'AWS',
    AWS_IAM,
    {
      jti: 'token-1',
      aud: GATEWAY,
      'https://sts.amazonaws.com/': {
        principal_id: 'invoices-backend',
        principal_tags: { 'postern:scopes': CLAIMS.scope, 'postern:roles': 'sender' },
      },
    },
  ],
])('gives a token the claims of %s', ([_, profile, claims]) => {
  expect(shape(profile)).toEqual({ ...common, ...claims });
});

it('writes the audience as a list, if the load balancer compares a list', () => {
  expect(shape(KEYCLOAK, 'list').aud).toEqual([GATEWAY]);
});

it('writes no claim for the scopes of a token without scopes', () => {
  const { scope: _, ...claims } = CLAIMS;
  expect(shapeClaims(claims, { profile: RFC_9068, audienceForm: 'text' })).toEqual(claims);
});
