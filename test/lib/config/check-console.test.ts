import { Duration } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import {
  AUTH0_OPERATORS,
  COGNITO_OPERATORS,
  ENTRA_ID_OPERATORS,
  KEYCLOAK_OPERATORS,
  OKTA_OPERATORS,
  USERINFO_ROLES,
} from '../../../lambda/contract/operator-roles.ts';
import type { AwsEnvironmentInput } from '../../../lib/config/environment.ts';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { anAwsEnvironment } from '../../support/environments.ts';

const read = (more: object) => readEnvironment('test', anAwsEnvironment(more as Partial<AwsEnvironmentInput>));
const problemsOf = (more: object) => {
  try {
    read(more);
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.errors;
    throw error;
  }
  return [];
};

describe('the roles of operators', () => {
  test('are in the claim roles of userinfo unless the environment says otherwise', () => {
    expect(read({}).operatorRoles).toEqual({
      from: 'userinfo',
      claim: { array: ['roles'] },
      values: { operator_read: ['operator_read'], operator: ['operator'], operator_payload: ['operator_payload'] },
      token: null,
    });
  });

  test.each<[string, object]>([
    ['Cognito', COGNITO_OPERATORS],
    ['Entra ID', { ...ENTRA_ID_OPERATORS, values: { ...ENTRA_ID_OPERATORS.values, operator: ['AbC-1'] } }],
    ['Okta', OKTA_OPERATORS],
    ['Auth0', AUTH0_OPERATORS],
    ['Keycloak', KEYCLOAK_OPERATORS],
  ])('come from %s by a ready profile', (_, operatorRoles) => {
    expect(read({ operatorRoles }).operatorRoles).toEqual(operatorRoles);
  });

  test.each<[string, object, string]>([
    ['from nowhere', { from: 'id-token' }, 'from'],
    ['in no claim', { claim: {} }, 'claim'],
    ['in a claim without a name', { claim: { array: [] } }, 'claim'],
    ['of a role that there is not', { values: { ...USERINFO_ROLES.values, admin: ['a'] } }, 'values.admin'],
    ['with a role left out', { values: { operator_read: ['a'], operator: ['b'] } }, 'values.operator_payload'],
    ['with a text for a list', { values: { ...USERINFO_ROLES.values, operator: 'b' } }, 'values.operator'],
    ['without a way in', { values: { operator_read: [], operator: [], operator_payload: ['c'] } }, 'values'],
    ['of Entra ID without people', ENTRA_ID_OPERATORS, 'values'],
    ['with a property that is misspelt', { form: 'userinfo' }, 'form'],
    ['in an access token that is not verified', { from: 'access-token' }, 'token'],
    ['in userinfo with a token', { token: COGNITO_OPERATORS.token }, 'token'],
    [
      'T1 with an HMAC',
      { ...COGNITO_OPERATORS, token: { ...COGNITO_OPERATORS.token, algorithms: ['HS256'] } },
      'token.algorithms',
    ],
    [
      'with no type of token',
      { ...COGNITO_OPERATORS, token: { ...COGNITO_OPERATORS.token, types: [] } },
      'token.types',
    ],
    [
      'for any client',
      { ...COGNITO_OPERATORS, token: { ...COGNITO_OPERATORS.token, clientClaim: '' } },
      'token.clientClaim',
    ],
    [
      'of 100 people by their subjects',
      { values: { ...USERINFO_ROLES.values, operator: Array(100).fill('x'.repeat(43)) } },
      '',
    ],
  ])('%s are refused', (_, change, at) => {
    const problems = problemsOf({ operatorRoles: { ...USERINFO_ROLES, ...change } });
    const problem = problems.find((one) => one.at === `operatorRoles${at === '' ? '' : `.${at}`}`);
    expect(problem?.remedy).toMatch(/\.$/);
  });
});

describe('the session of operators', () => {
  const secondsOf = ({ consoleSession }: ReturnType<typeof read>) => [
    consoleSession.limit.toSeconds(),
    consoleSession.idle.toSeconds(),
  ];

  test('ends after 8 hours, and after 30 minutes without a page', () => {
    expect(secondsOf(read({}))).toEqual([28_800, 1_800]);
  });

  test.each([
    [300, 60],
    [604_800, 604_800],
    [300, 300],
  ])('may be %i seconds, and %i without a page', (limit, idle) => {
    const consoleSession = { limit: Duration.seconds(limit), idle: Duration.seconds(idle) };
    expect(secondsOf(read({ consoleSession }))).toEqual([limit, idle]);
  });

  test.each<[string, object, string]>([
    ['of 299 seconds', { limit: Duration.seconds(299), idle: Duration.seconds(60) }, 'limit'],
    ['of 604,801 seconds', { limit: Duration.seconds(604_801) }, 'limit'],
    ['of 59 seconds without a page', { idle: Duration.seconds(59) }, 'idle'],
    ['that is idle for longer than it lasts', { limit: Duration.minutes(10), idle: Duration.seconds(601) }, 'idle'],
    ['that is shorter than it is idle by default', { limit: Duration.minutes(10) }, 'idle'],
    ['without a unit', { limit: 3600 }, 'limit'],
    ['with a property that is misspelt', { idel: Duration.minutes(10) }, 'idel'],
  ])('%s is refused', (_, consoleSession, at) => {
    const problem = problemsOf({ consoleSession }).find((one) => one.at === `consoleSession.${at}`);
    expect(problem?.remedy).toMatch(/\.$/);
  });
});

describe('the place where the provider ends its session', () => {
  const { identityProvider } = anAwsEnvironment();
  test.each<[object, string]>([
    [{ endSessionEndpoint: 'http://login.example.com/logout' }, 'endSessionEndpoint'],
    [{ endSessionEndpoint: 'https://login.example.com/logout?a=b' }, 'endSessionEndpoint'],
    [{ endSessionReturn: 'returnTo' }, 'endSessionReturn'],
  ])('%j is refused', (change, at) => {
    const problems = problemsOf({ identityProvider: { ...identityProvider, ...change } });
    expect(problems.map((one) => one.at)).toEqual([`identityProvider.${at}`]);
  });
});

describe('the scopes of the sign-in', () => {
  const { consoleClient } = anAwsEnvironment();
  test('are openid and profile unless the environment says otherwise', () => {
    expect(read({}).consoleClient?.scopes).toEqual(['openid', 'profile']);
  });

  test.each([[[]], [['profile']], [['openid', 'a b']], ['openid']])('%j are refused', (scopes) => {
    const problems = problemsOf({ consoleClient: { ...consoleClient, scopes } });
    expect(problems.map((one) => one.at)).toEqual(['consoleClient.scopes']);
  });

  test('are the only further thing about the client', () => {
    const problems = problemsOf({ consoleClient: { ...consoleClient, scope: 'openid' } });
    expect(problems.map((one) => one.at)).toEqual(['consoleClient.scope']);
  });
});
