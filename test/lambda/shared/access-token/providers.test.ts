import { describe, expect } from 'vitest';
import {
  type AccessTokenProfile,
  AUTH0,
  AWS_IAM,
  COGNITO,
  ENTRA_ID,
  KEYCLOAK,
  OKTA,
} from '../../../../lambda/contract/access-token-profile.ts';
import {
  anIdentityProviderKey,
  type IdentityProviderKey,
  signAccessToken,
} from '../../../support/identity-provider.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';
import { test as base } from '../../../support/unit-fixtures.ts';

const READ = { scope: 'task_read', role: 'sender' } as const;
const CLIENT = '1h57kf5cpq17m0eml12EXAMPLE';
const TIMES = { iat: NOW, exp: NOW + 3_600 };
const APP = '6731de76-14a6-49ae-97bc-6eba6914391e';
const API = '00001111-aaaa-2222-bbbb-3333cccc4444';
const AWS = 'https://sts.amazonaws.com/';
const ROLE = 'arn:aws:iam::123456789012:role/DataProcessingRole';
const ROLE_TAGS = { 'postern:scopes': 'task_read task_write', 'postern:roles': 'sender', team: 'data' };

/** A provider's tokens as its documentation shows them for `client_credentials`, with our names for what it lets us name. */
interface Provider {
  readonly name: string;
  readonly profile: AccessTokenProfile;
  /** `typ` of the header; none where the provider writes none. */
  readonly typ?: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly clientId: string;
  /** Claims without which it is no access token, or not for us. */
  readonly refused: Readonly<Record<string, Record<string, unknown>>>;
  /** Claims with which it may not do what is asked. */
  readonly insufficient: Readonly<Record<string, Record<string, unknown>>>;
  /** An ID token of the same provider, for an application of the same id. */
  readonly idToken: { readonly typ?: string; readonly claims: Record<string, unknown> };
}

const PROVIDERS: readonly Provider[] = [
  {
    // https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
    name: 'Cognito',
    profile: { ...COGNITO, audience: { claim: 'client_id', accepted: [CLIENT] }, scopePrefix: `${ORIGIN}/` },
    claims: {
      sub: CLIENT,
      token_use: 'access',
      scope: `${ORIGIN}/task_read ${ORIGIN}/task_write ${ORIGIN}/sender`,
      auth_time: NOW,
      version: 2,
      jti: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111',
      client_id: CLIENT,
    },
    clientId: CLIENT,
    refused: {
      'another app client': { client_id: 'somebody-else' },
      'no app client': { client_id: undefined },
      'another use': { token_use: 'id' },
      'no use': { token_use: undefined },
    },
    insufficient: {
      'a scope of another resource server': { scope: `https://other.example.com/task_read ${ORIGIN}/sender` },
      'a scope without resource server': { scope: `task_read ${ORIGIN}/sender` },
      'no scope that stands for the role': { scope: `${ORIGIN}/task_read` },
      'the role as a scope of another': { scope: `${ORIGIN}/task_read https://other.example.com/sender` },
    },
    idToken: { claims: { aud: CLIENT, token_use: 'id', 'cognito:groups': ['sender'], sub: 'u' } },
  },
  {
    name: 'Cognito (a user of a group)',
    profile: { ...COGNITO, audience: { claim: 'client_id', accepted: [CLIENT] }, scopePrefix: `${ORIGIN}/` },
    claims: {
      sub: 'aaaaaaaa-bbbb-cccc-dddd-EXAMPLE11111',
      'cognito:groups': ['sender'],
      version: 2,
      client_id: CLIENT,
      origin_jti: 'aaaaaaaa-bbbb-cccc-dddd-EXAMPLE22222',
      token_use: 'access',
      scope: `openid ${ORIGIN}/task_read`,
      auth_time: NOW,
      jti: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE33333',
      username: 'my-test-user',
    },
    clientId: CLIENT,
    refused: {},
    insufficient: {
      'another group': { 'cognito:groups': ['reader'] },
      'groups as text': { 'cognito:groups': 'sender' },
    },
    idToken: { claims: { aud: CLIENT, token_use: 'id', 'cognito:groups': ['sender'], sub: 'u' } },
  },
  {
    // https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference
    name: 'Entra ID',
    profile: { ...ENTRA_ID, audience: { claim: 'aud', accepted: [API] } },
    typ: 'JWT',
    claims: {
      aud: API,
      nbf: NOW,
      aio: 'k2BgYOhZGfaoxcAAAA==',
      azp: APP,
      azpacr: '2',
      oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
      rh: '0.AAAA.',
      roles: ['task_read', 'task_write', 'sender'],
      sub: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
      tid: 'fa15d692-e9c7-4460-a743-29f2956fd429',
      uti: '_sSP3AwBYAucAAAA',
      ver: '2.0',
    },
    clientId: APP,
    refused: {
      'another API': { aud: '11112222-bbbb-3333-cccc-4444dddd5555' },
      'our origin, which is no API there': { aud: ORIGIN },
      'no client': { azp: undefined },
    },
    insufficient: { 'no app roles': { roles: undefined }, 'another app role': { roles: ['task_read', 'auditor'] } },
    idToken: { typ: 'JWT', claims: { aud: API, roles: ['sender', 'task_read'], sub: 'u', nonce: 'n', ver: '2.0' } },
  },
  {
    name: 'Entra ID (version 1, delegated by a user)',
    profile: { ...ENTRA_ID, audience: { claim: 'aud', accepted: [`api://${API}`] } },
    typ: 'JWT',
    claims: {
      aud: `api://${API}`,
      nbf: NOW,
      appid: APP,
      appidacr: '1',
      roles: ['sender'],
      scp: 'task_read task_write',
      sub: 'u',
      uti: '_sSP3AwBYAucAAAA',
      ver: '1.0',
    },
    clientId: APP,
    refused: { 'the client id for the URI': { aud: API } },
    insufficient: { 'another scope': { scp: 'access_as_user' }, 'scp as an array': { scp: ['task_read'] } },
    idToken: { typ: 'JWT', claims: { aud: `api://${API}`, roles: ['sender', 'task_read'], sub: 'u', ver: '1.0' } },
  },
  {
    // https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/
    name: 'Okta',
    profile: OKTA,
    claims: {
      ver: 1,
      jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
      aud: ORIGIN,
      sub: 'nmdP1fcyvdVO11AL7ECm',
      cid: 'nmdP1fcyvdVO11AL7ECm',
      scp: ['task_read', 'task_write'],
      roles: ['sender'],
    },
    clientId: 'nmdP1fcyvdVO11AL7ECm',
    refused: { 'another audience': { aud: 'api://default' }, 'no client': { cid: undefined } },
    insufficient: { 'scopes as text': { scp: 'task_read' }, 'no role': { roles: undefined } },
    idToken: { claims: { aud: ORIGIN, sub: 'u', roles: ['sender'], amr: ['pwd'] } },
  },
  {
    // https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
    name: 'Auth0',
    profile: AUTH0,
    typ: 'JWT',
    claims: {
      sub: `${APP}@clients`,
      aud: ORIGIN,
      azp: APP,
      scope: 'task_read task_write sender',
      gty: 'client-credentials',
      permissions: ['task_read', 'task_write', 'sender'],
    },
    clientId: APP,
    refused: { 'another audience': { aud: 'https://tenant.auth0.com/userinfo' }, 'no client': { azp: undefined } },
    insufficient: {
      'a scope that was asked for, and no permission': { permissions: undefined },
      'another scope': { scope: 'sender' },
    },
    idToken: { typ: 'JWT', claims: { aud: ORIGIN, sub: 'u', nonce: 'n' } },
  },
  {
    name: 'Auth0 (RFC 9068 profile)',
    profile: AUTH0,
    typ: 'at+jwt',
    claims: {
      sub: `${APP}@clients`,
      aud: [ORIGIN, 'https://tenant.auth0.com/userinfo'],
      client_id: APP,
      jti: '73WakrfVbNJBaAmhQtEeDv',
      scope: 'task_read task_write sender',
      permissions: ['task_read', 'task_write', 'sender'],
    },
    clientId: APP,
    refused: {},
    insufficient: {},
    idToken: { typ: 'JWT', claims: { aud: ORIGIN, sub: 'u' } },
  },
  {
    // https://www.keycloak.org/docs/latest/server_admin/#_audience
    name: 'Keycloak',
    profile: KEYCLOAK,
    typ: 'JWT',
    claims: {
      jti: 'trrtcc:312ee6a5-4a7e-ae0b-0500-e11c6bd4aaaa',
      aud: [ORIGIN, 'account'],
      sub: 'd952cf23-bf92-4c8f-a3ff-4972b4f2bc5b',
      typ: 'Bearer',
      azp: 'our-application',
      acr: '1',
      realm_access: { roles: ['default-roles-postern', 'sender'] },
      resource_access: { account: { roles: ['view-profile'] } },
      scope: 'profile email task_read task_write',
      clientHost: '192.0.2.1',
      client_id: 'our-application',
    },
    clientId: 'our-application',
    refused: {
      'no audience mapper': { aud: 'account' },
      'an ID token': { typ: 'ID' },
      'a refresh token': { typ: 'Refresh' },
    },
    insufficient: {
      'a role of another client': { realm_access: undefined, resource_access: { account: { roles: ['sender'] } } },
      'roles of another form': { realm_access: ['sender'] },
      'a role of the top level': { realm_access: undefined, roles: ['sender'] },
    },
    idToken: {
      typ: 'JWT',
      claims: {
        aud: ORIGIN,
        typ: 'ID',
        azp: 'our-application',
        realm_access: { roles: ['sender'] },
        scope: 'task_read',
      },
    },
  },
  {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
    name: 'AWS IAM',
    profile: AWS_IAM,
    typ: 'JWT',
    claims: {
      aud: ORIGIN,
      sub: ROLE,
      jti: 'xyz123-def456-ghi789-jkl012',
      [AWS]: { aws_account: '123456789012', principal_id: ROLE, principal_tags: ROLE_TAGS, request_tags: { job: '1' } },
    },
    clientId: ROLE,
    refused: {
      'another audience': { aud: 'https://api.example.com' },
      'no role': { [AWS]: { principal_tags: ROLE_TAGS } },
      'nothing from AWS': { [AWS]: undefined },
    },
    insufficient: {
      'no tags of the role': { [AWS]: { principal_id: ROLE } },
      'tags that the caller writes': { [AWS]: { principal_id: ROLE, request_tags: ROLE_TAGS } },
      'scopes that the caller writes': {
        [AWS]: {
          principal_id: ROLE,
          principal_tags: { 'postern:roles': 'sender' },
          request_tags: { 'postern:scopes': 'task_read' },
        },
      },
      'claims of other providers': {
        [AWS]: { principal_id: ROLE },
        scope: 'task_read',
        roles: ['sender'],
        principal_tags: ROLE_TAGS,
      },
    },
    // AWS issues no ID tokens. This one names a role where only other providers name the client.
    idToken: { typ: 'JWT', claims: { aud: ORIGIN, sub: ROLE, client_id: ROLE, [AWS]: { principal_tags: ROLE_TAGS } } },
  },
  {
    // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
    name: 'AWS IAM (subject mode OriginIdentity)',
    profile: AWS_IAM,
    claims: {
      aud: ORIGIN,
      sub: 'arn:aws:iam::123456789012:role/Administrator',
      jti: 'xyz123-def456-ghi789-jkl013',
      [AWS]: { principal_id: ROLE, principal_tags: ROLE_TAGS },
    },
    clientId: ROLE,
    refused: {},
    insufficient: {},
    idToken: { claims: { aud: ORIGIN, sub: ROLE } },
  },
];

const test = base.extend(
  'verify',
  ({ identityProvider }) =>
    async (
      { profile }: Provider,
      typ: string | undefined,
      claims: Readonly<Record<string, unknown>>,
      required = READ,
    ) => {
      const token = await signAccessToken(
        identityProvider.key,
        { iss: identityProvider.issuer, ...TIMES, ...claims },
        { typ },
      );
      return identityProvider.verifier({ profile }).verify([`Bearer ${token}`], required);
    },
);

describe.each(PROVIDERS)('an access token of $name', (provider) => {
  const { claims, clientId, idToken, insufficient, refused, typ } = provider;

  test('is accepted without changes, and names its client', async ({ verify }) => {
    expect(await verify(provider, typ, claims)).toEqual({ clientId });
  });

  test('C5 does not have a scope or role that it does not name', async ({ verify }) => {
    const code = 'access_token_insufficient';
    expect(await verify(provider, typ, claims, { ...READ, scope: 'task' } as never)).toMatchObject({ code });
    expect(await verify(provider, typ, claims, { ...READ, role: 'operator' } as never)).toMatchObject({ code });
    for (const [name, overrides] of Object.entries(insufficient)) {
      expect(await verify(provider, typ, { ...claims, ...overrides }), name).toMatchObject({ code });
    }
  });

  test('T8 C3 is refused where it is of another kind or for another', async ({ verify }) => {
    const code = 'access_token_invalid';
    for (const [name, overrides] of Object.entries(refused)) {
      expect(await verify(provider, typ, { ...claims, ...overrides }), name).toMatchObject({ code });
    }
    expect(await verify(provider, 'callback+jwt', claims)).toMatchObject({ code });
    expect(await verify(provider, typ, { ...claims, iss: 'https://other.example.com' })).toMatchObject({ code });
    expect(await verify(provider, typ, { ...claims, exp: NOW - 60 })).toMatchObject({ code });
    expect(await verify(provider, typ, { ...claims, exp: NOW + 3_601 })).toMatchObject({ code });
  });

  test('T8 is not an ID token', async ({ verify }) => {
    expect(await verify(provider, idToken.typ, idToken.claims)).toMatchObject({ code: 'access_token_invalid' });
  });
});

describe('a ready profile', () => {
  test.for([
    ['COGNITO', COGNITO, { client_id: CLIENT, token_use: 'access', scope: 'task_read sender' }, undefined],
    ['ENTRA_ID', ENTRA_ID, { aud: API, azp: APP, roles: ['task_read', 'sender'] }, 'JWT'],
  ] as const)(
    'C3 %s accepts nothing until the environment says for whom tokens are',
    async ([_, profile, claims, typ], { identityProvider }) => {
      const token = await signAccessToken(
        identityProvider.key,
        { iss: identityProvider.issuer, ...TIMES, ...claims },
        { typ },
      );
      const verdict = await identityProvider.verifier({ profile }).verify([`Bearer ${token}`], READ);
      expect(verdict).toMatchObject({ code: 'access_token_invalid' });
    },
  );

  test('T3 of AWS accepts no signature by its other key, which the load balancer cannot check', async ({
    identityProvider,
  }) => {
    const key = await anIdentityProviderKey('ES384');
    const { alg: _alg, ...withoutAlgorithm } = identityProvider.key.jwk;
    identityProvider.publish({ ...identityProvider.key, jwk: withoutAlgorithm }, key);
    const { claims } = PROVIDERS.find(({ profile }) => profile === AWS_IAM) as Provider;
    const verifyBy = async (signer: IdentityProviderKey) => {
      const token = await signAccessToken(
        signer,
        { iss: identityProvider.issuer, ...TIMES, ...claims },
        { typ: 'JWT' },
      );
      return identityProvider.verifier({ profile: AWS_IAM }).verify([`Bearer ${token}`], READ);
    };
    // The RSA key of AWS names no algorithm.
    expect(await verifyBy(identityProvider.key)).toEqual({ clientId: ROLE });
    expect(await verifyBy(key)).toMatchObject({ code: 'access_token_invalid' });
  });

  test('travels as JSON', () => {
    for (const profile of [COGNITO, ENTRA_ID, OKTA, AUTH0, KEYCLOAK, AWS_IAM]) {
      expect(JSON.parse(JSON.stringify(profile))).toEqual(profile);
    }
  });
});
