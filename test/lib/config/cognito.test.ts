import { Duration } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { AWS_IAM, COGNITO, RFC_9068 } from '../../../lambda/contract/access-token-profile.ts';
import { COGNITO_OPERATORS, OPERATOR_ROLES, USERINFO_ROLES } from '../../../lambda/contract/operator-roles.ts';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { aLocalEnvironment, anAwsEnvironment } from '../../support/environments.ts';

const WITHOUT_PROVIDER = { identityProvider: undefined, consoleClient: undefined };
const WITH_POOL = { ...WITHOUT_PROVIDER, cognito: {} };
const HEADERS = { carriers: ['header'], contentTypes: ['application/json'] };

const read = (more: object) => readEnvironment('test', anAwsEnvironment({ ...more }));
const problemsOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.errors;
    throw error;
  }
  return [];
};
const refused = (more: object) => problemsOf(() => read(more)).map(({ at }) => at);
/** Applications with a client in the user pool. */
const pooled = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`app-${index}`, { clients: 'cognito' }]));

describe('an environment with cognito', () => {
  test('needs nothing else: every setting of the user pool has a default', () => {
    const { accessToken, cognito, consoleClient, identityProvider, operatorRoles, senderAccessToken } = read(WITH_POOL);
    expect(cognito).toEqual({ domainPrefix: 'callbacks-example-com', threatProtection: true });
    // Only the deployment knows the ids that these follow from.
    expect([identityProvider, consoleClient, senderAccessToken, accessToken.profile]).toEqual(Array(4).fill(undefined));
    expect(operatorRoles).toEqual({
      ...COGNITO_OPERATORS,
      values: { operator_read: ['operator-read'], operator: ['operator'], operator_payload: ['operator-payload'] },
    });
  });

  test('may name the sign-in page, and switch the threat protection off', () => {
    const cognito = { domainPrefix: 'example-postern', threatProtection: false };
    expect(read({ ...WITH_POOL, cognito }).cognito).toEqual(cognito);
  });

  test('keeps profiles and roles of its file', () => {
    const profile = { ...COGNITO, audience: { claim: 'client_id', accepted: ['a'] } };
    const { accessToken, operatorRoles } = read({
      ...WITH_POOL,
      accessToken: { profile },
      operatorRoles: USERINFO_ROLES,
    });
    expect(accessToken.profile).toEqual(profile);
    expect(operatorRoles).toEqual(USERINFO_ROLES);
  });

  test('may have an identity provider beside it, which decides the defaults', () => {
    const { accessToken, cognito, operatorRoles, senderAccessToken } = read({ cognito: {} });
    expect(cognito).toBeDefined();
    expect([accessToken.profile, senderAccessToken?.profile, operatorRoles]).toEqual([
      RFC_9068,
      RFC_9068,
      USERINFO_ROLES,
    ]);
  });

  test('knows which applications get a client, and lists none for them', () => {
    const { applications, cognitoApplications } = read({
      ...WITH_POOL,
      applications: { invoices: { clients: 'cognito' }, orders: { clients: ['a'] } },
    });
    expect(cognitoApplications).toEqual(['invoices']);
    expect([applications.invoices?.clients, applications.orders?.clients]).toEqual([[], ['a']]);
  });

  test('has a group for each role of operators, and they are different', () => {
    const { values } = read(WITH_POOL).operatorRoles;
    expect(new Set(OPERATOR_ROLES.flatMap((role) => values[role])).size).toBe(OPERATOR_ROLES.length);
  });
});

describe('the prefix of the sign-in page', () => {
  test.each(['a', 'a'.repeat(63), 'example-postern', '1-2'])('may be %s', (domainPrefix) => {
    expect(refused({ ...WITH_POOL, cognito: { domainPrefix } })).toEqual([]);
  });

  test.each(['', 'a'.repeat(64), '-a', 'a-', 'A', 'a.b', 'my-aws', 'amazon1', 'x-cognito-x'])(
    'is not %j',
    (domainPrefix) => {
      const problems = problemsOf(() => read({ ...WITH_POOL, cognito: { domainPrefix } }));
      expect(problems.map(({ at }) => at)).toEqual(['cognito.domainPrefix']);
      expect(problems[0]?.expected).toContain('1 to 63 characters of [a-z0-9-]');
    },
  );

  test.each(['hooks.aws.example.com', `${'a'.repeat(60)}.com`])('must be named for the domain %s', (domain) => {
    expect(refused({ ...WITH_POOL, domain })).toEqual(['cognito.domainPrefix']);
    expect(refused({ ...WITH_POOL, domain, cognito: { domainPrefix: 'example' } })).toEqual([]);
  });
});

describe('an environment without somebody who signs operators in', () => {
  test('is told of cognito', () => {
    const problems = problemsOf(() => read(WITHOUT_PROVIDER));
    expect(problems.map(({ at }) => at)).toEqual(['identityProvider', 'consoleClient']);
    expect(problems[0]?.remedy).toBe(
      "Copy them from the provider's /.well-known/openid-configuration. If you have no identity provider, write `cognito: {}`.",
    );
  });

  test.each([
    ['a provider without a client', { consoleClient: undefined }, ['consoleClient']],
    ['a client without a provider', { identityProvider: undefined }, ['identityProvider']],
    ['a provider beside cognito, without a client', { cognito: {}, consoleClient: undefined }, ['consoleClient']],
    ['a client beside cognito, without a provider', { cognito: {}, identityProvider: undefined }, ['identityProvider']],
  ])('is refused with %s', (_, more, at) => {
    expect(refused(more)).toEqual(at);
  });
});

describe('cognito', () => {
  test.each([
    ['a misspelt setting', { domainPrefx: 'a' }, 'cognito.domainPrefx'],
    ['a text', 'yes', 'cognito'],
    ['a text for true', { threatProtection: 'on' }, 'cognito.threatProtection'],
  ])('is refused with %s', (_, cognito, at) => {
    expect(refused({ ...WITH_POOL, cognito })).toContain(at);
  });

  test('is refused on this machine, whose own provider signs people in', () => {
    const problems = problemsOf(() => readEnvironment('local', aLocalEnvironment({ cognito: {} })));
    expect(problems.map(({ at, expected }) => [at, expected])).toEqual([
      ['cognito', 'no such property: it is for an environment with runsOn "aws"'],
    ]);
  });

  test('refuses access tokens of less than 5 minutes', () => {
    expect(refused({ ...WITH_POOL, accessTokenMaxLifetime: Duration.seconds(299) })).toEqual([
      'accessTokenMaxLifetime',
    ]);
    expect(refused({ ...WITH_POOL, accessTokenMaxLifetime: Duration.seconds(300) })).toEqual([]);
    expect(refused({ accessTokenMaxLifetime: Duration.seconds(299) })).toEqual([]);
  });
});

describe('clients in the user pool', () => {
  const applications = { invoices: { clients: 'cognito' } };
  const issuer = 'https://abc.tokens.sts.global.api.aws';
  const senderAccessToken = { issuer, jwksUri: `${issuer}/.well-known/jwks.json`, profile: AWS_IAM };

  test.each([
    ['no user pool', {}],
    ['another identity provider', { cognito: {} }],
    ['another issuer for senders', { ...WITH_POOL, senderAccessToken }],
  ])('are refused with %s', (_, more) => {
    expect(refused({ ...more, applications })).toEqual(['applications.invoices.clients']);
  });

  test('are 15 at most', () => {
    expect(refused({ ...WITH_POOL, applications: pooled(15) })).toEqual([]);
    expect(refused({ ...WITH_POOL, applications: pooled(16) })).toEqual(['applications']);
  });

  test('have outputs of their own', () => {
    const applications = { 'ab-c': { clients: 'cognito' }, 'ab--c': { clients: 'cognito' } };
    expect(refused({ ...WITH_POOL, applications })).toEqual(['applications.ab--c.clients']);
  });

  test('are not written in a list', () => {
    // It would be the id of a client.
    expect(read({ ...WITH_POOL, applications: { invoices: { clients: ['cognito'] } } }).cognitoApplications).toEqual(
      [],
    );
    expect(refused({ ...WITH_POOL, applications: { invoices: { clients: 'Cognito' } } })).toEqual([
      'applications.invoices.clients',
    ]);
  });

  test('fit into a variable, with those of lists and of processors', () => {
    const listed = (count: number) => ({
      invoices: { clients: Array.from({ length: count }, (_, index) => `${index}`.padStart(26, '0')) },
    });
    const most = [...Array(100).keys()].findLast(
      (count) => refused({ ...WITH_POOL, applications: listed(count) }).length === 0,
    );
    // 29 characters each, beside one of the command line and the rest of the profile.
    expect(most).toBe(59);
    const processors = { acme: { ...HEADERS, proof: { kind: 'private_key_jwt', clientId: 'x'.repeat(26) } } };
    expect(refused({ ...WITH_POOL, applications: listed(59), processors })).toEqual(['applications']);
    const accessToken = { profile: { ...COGNITO, audience: { claim: 'client_id', accepted: ['a'] } } };
    expect(refused({ ...WITH_POOL, accessToken, applications: listed(60) })).toEqual([]);
  });
});
