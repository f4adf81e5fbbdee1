import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect } from 'vitest';
import {
  AUTH0_OPERATORS,
  COGNITO_OPERATORS,
  ENTRA_ID_OPERATORS,
  KEYCLOAK_OPERATORS,
  OKTA_OPERATORS,
  type OperatorRoles,
} from '../../../../lambda/contract/operator-roles.ts';
import { createLoadBalancerKeys, PUBLIC_KEY_BOUNDS } from '../../../../lambda/shared/console/load-balancer-keys.ts';
import { createOperatorVerifier } from '../../../../lambda/shared/console/operator-assertion.ts';
import { createOperatorRolesReader, operatorTokenProfile } from '../../../../lambda/shared/console/operator-roles.ts';
import { isRefusal } from '../../../../lambda/shared/refusal.ts';
import { answering, openDocumentServer } from '../../../support/document-server.ts';
import { NOW } from '../../../support/tokens.ts';
import { test as base } from '../../../support/unit-fixtures.ts';

const ARN = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/postern/0123456789abcdef';
const CLIENT = 'postern-console';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const encode = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64url');

const test = base
  .extend('keys', { scope: 'file' }, async ({}, { onCleanup }) => {
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const keys = await openDocumentServer(answering(pem, 'application/x-pem-file'));
    onCleanup(keys.close);
    return keys;
  })
  /** Claims of userinfo that the load balancer signs. */
  .extend('assertionOf', ({ identityProvider }) => (claims: Record<string, unknown>): string => {
    const header = {
      alg: 'ES256',
      kid: 'key-1',
      signer: ARN,
      iss: identityProvider.issuer,
      client: CLIENT,
      exp: NOW + 120,
    };
    const input = [header, { sub: 'ada', ...claims }].map((part) => encode(JSON.stringify(part))).join('.');
    return `${input}.${encode(sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }))}`;
  })
  /** The operator as the console sees them. */
  .extend(
    'signInWith',
    ({ assertionOf, identityProvider, keys }) =>
      async (roles: OperatorRoles, userinfo: Record<string, unknown>, accessTokens: readonly string[] = ['opaque']) => {
        const verifier = createOperatorVerifier({
          loadBalancerArn: ARN,
          issuer: identityProvider.issuer,
          clientId: CLIENT,
          keys: createLoadBalancerKeys({ url: keys.url, bounds: PUBLIC_KEY_BOUNDS, now: () => NOW * 1000 }),
          readRoles: createOperatorRolesReader(
            roles,
            roles.token === null
              ? null
              : identityProvider.verifier({ profile: operatorTokenProfile(roles.token, CLIENT) }),
          ),
          now: () => NOW * 1000,
        });
        const operator = await verifier.verify([assertionOf(userinfo)], accessTokens);
        return isRefusal(operator) ? operator : operator.roles;
      },
  )
  /** An access token as Cognito writes it. */
  .extend(
    'ofCognito',
    ({ identityProvider }) =>
      (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
        identityProvider.accessToken(
          {
            sub: 'ada',
            aud: undefined,
            client_id: CLIENT,
            token_use: 'access',
            scope: 'openid profile',
            'cognito:groups': ['operator', 'operator_payload', 'somewhere-else'],
            username: 'ada',
            ...claims,
          },
          { typ: undefined, ...header },
        ),
  );

describe('the roles of an operator', () => {
  test('are the groups in the access token of Cognito', async ({ ofCognito, signInWith }) => {
    expect(await signInWith(COGNITO_OPERATORS, {}, [await ofCognito()])).toEqual(['operator', 'operator_payload']);
  });

  test('are the realm’s roles in the access token of Keycloak', async ({ identityProvider, signInWith }) => {
    const token = await identityProvider.accessToken(
      {
        sub: 'ada',
        aud: 'account',
        client_id: undefined,
        azp: CLIENT,
        typ: 'Bearer',
        realm_access: { roles: ['offline_access', 'operator_read'] },
      },
      { typ: 'JWT' },
    );
    expect(await signInWith(KEYCLOAK_OPERATORS, {}, [token])).toEqual(['operator_read']);
  });

  test('are the groups in userinfo of Okta, under the names that the environment gives', async ({ signInWith }) => {
    const values = { operator_read: ['Support'], operator: ['Postern operators', 'On call'], operator_payload: [] };
    const roles = { ...OKTA_OPERATORS, values };
    expect(await signInWith(roles, { groups: ['Everyone', 'On call'] })).toEqual(['operator']);
    expect(await signInWith(roles, { groups: ['operator'] })).toEqual([]);
  });

  test('are in a claim that an Action of Auth0 adds to userinfo', async ({ signInWith }) => {
    expect(await signInWith(AUTH0_OPERATORS, { 'https://postern/roles': ['operator_read'] })).toEqual([
      'operator_read',
    ]);
  });

  test('are listed by subject for Entra ID, and no other subject has one', async ({ signInWith }) => {
    const values = { operator_read: ['ada', 'bob'], operator: ['ada'], operator_payload: [] };
    const roles = { ...ENTRA_ID_OPERATORS, values };
    expect(await signInWith(roles, { email: 'ada@example.com' })).toEqual(['operator_read', 'operator']);
    expect(await signInWith(roles, { sub: 'eve', email: 'ada@example.com', name: 'ada' })).toEqual([]);
  });

  test('are missing if the claim is missing or has another form', async ({ ofCognito, signInWith }) => {
    expect(await signInWith(COGNITO_OPERATORS, {}, [await ofCognito({ 'cognito:groups': undefined })])).toEqual([]);
    expect(await signInWith(COGNITO_OPERATORS, {}, [await ofCognito({ 'cognito:groups': 'operator' })])).toEqual([]);
    // Roles in userinfo are ignored if the roles are in the access token.
    const bare = await ofCognito({ 'cognito:groups': [] });
    expect(await signInWith(COGNITO_OPERATORS, { 'cognito:groups': ['operator'] }, [bare])).toEqual([]);
  });
});

describe('P4 an access token that the load balancer forwards', () => {
  test.for<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['of somebody else', { sub: 'eve' }, {}],
    ['of another client', { client_id: 'other' }, {}],
    ['of no client', { client_id: undefined }, {}],
    ['that is an ID token', { token_use: 'id' }, {}],
    ['of another issuer', { iss: 'https://evil.example.com' }, {}],
    ['that has expired', { iat: NOW - 3_600, exp: NOW - 6 }, {}],
    ['that never expires', { exp: undefined }, {}],
    ['of the future', { iat: NOW + 60 }, {}],
    ['of another type', {}, { typ: 'at+jwt' }],
    ['by an unknown key', {}, { kid: 'unknown' }],
  ])('is refused: %s', async ([_, claims, header], { ofCognito, signInWith }) => {
    const refusal = await signInWith(COGNITO_OPERATORS, {}, [await ofCognito(claims, header)]);
    expect(refusal).toMatchObject({ code: 'access_token_invalid' });
  });

  test.for<[string, (token: string) => readonly string[]]>([
    ['is missing', () => []],
    ['comes twice', (token) => [token, token]],
    ['is opaque', () => ['opaque']],
    ['has another signature', (token) => [`${token.slice(0, -4)}AAAA`]],
    ['says that it has none', (token) => [`${encode('{"alg":"none"}')}.${token.split('.')[1]}.`]],
  ])('is refused: %s', async ([_, change], { ofCognito, signInWith }) => {
    const refusal = await signInWith(COGNITO_OPERATORS, {}, change(await ofCognito()));
    expect(refusal).toMatchObject({ code: 'access_token_invalid' });
    expect(JSON.stringify(refusal)).not.toContain('opaque');
  });

  test('C7 gets 503 if the keys cannot be read', async ({ identityProvider, ofCognito, signInWith }) => {
    identityProvider.server.serve(answering('', 'text/plain', 500));
    await expect(signInWith(COGNITO_OPERATORS, {}, [await ofCognito()])).resolves.toMatchObject({
      code: 'unavailable',
    });
    identityProvider.publish(identityProvider.key);
  });
});
