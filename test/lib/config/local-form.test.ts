import { Duration, Size, Token } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { COGNITO, RFC_9068 } from '../../../lambda/contract/access-token-profile.ts';
import { COGNITO_OPERATORS, USERINFO_ROLES } from '../../../lambda/contract/operator-roles.ts';
import type { AwsEnvironmentInput } from '../../../lib/config/environment.ts';
import { localFormOf } from '../../../lib/config/local-form.ts';
import type { LocalSettings } from '../../../lib/config/local-settings.ts';
import { secret } from '../../../lib/config/secret-header.ts';
import { CERTIFICATES } from '../../support/certificates.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { LOCAL_OPTIONS } from '../../support/example-environments.ts';

/** The local form of an environment on AWS; say what is different from a simple one. */
const formOf = (overrides: Parameters<typeof anAwsEnvironment>[0] = {}, settings: Partial<LocalSettings> = {}) => {
  const { account, region, runsOn: _, ...environment }: AwsEnvironmentInput = anAwsEnvironment(overrides);
  const construct = { env: { account, region }, environment: { ...environment, name: 'prod' } };
  return localFormOf('Prod', construct, { ...LOCAL_OPTIONS, ...settings });
};

/** The local form of a processor with a proof, and what is said about it. */
const processorWith = (proof: object, settings: Partial<LocalSettings> = {}, others: object = {}) => {
  const processors = { acme: { carriers: ['header'], contentTypes: ['application/json'], proof } };
  const { description, environment } = formOf({ processors, minimumGrade: 'C', ...others }, settings);
  const said = description.differences.filter((line) => line.startsWith('processors.acme.'));
  return { proof: environment.registry.acme?.proof, said, environment };
};

const KEY = {
  kid: 'theirs',
  kty: 'EC',
  crv: 'P-256',
  x: LOCAL_OPTIONS.processorKeys.dpop.x,
  y: LOCAL_OPTIONS.processorKeys.dpop.y,
};

describe('the local form of an environment', () => {
  it('keeps its name, account and Region, and has the addresses of this machine', () => {
    const { environment } = formOf({}, { gatewayPort: 9080, idpPort: 9081, standInPort: 9082 });
    expect(environment).toMatchObject({
      name: 'prod',
      account: '123456789012',
      region: 'eu-west-1',
      availabilityZones: ['eu-west-1a', 'eu-west-1b'],
      origin: 'http://127.0.0.1:9080',
      egress: 'loopback',
      identityProvider: { issuer: 'http://127.0.0.1:9081' },
      loadBalancerPublicKeysUrl: 'http://127.0.0.1:9082/load-balancer/public-keys',
      consoleClient: { clientId: 'postern-console', secretName: 'postern/local/console-client' },
      protected: false,
    });
  });

  it('keeps processors, applications, policies, limits and the settings of operators', () => {
    const schema = { type: 'object' };
    const policies = '@id("all") permit (principal, action, resource);';
    const { environment } = formOf({
      applications: { invoices: { clients: ['invoices-backend'], processors: ['acme'], pendingLimit: 7 } },
      processors: {
        acme: { carriers: ['header'], contentTypes: ['application/json'], schema, maxExpiresIn: Duration.days(2) },
        other: { carriers: ['short'], contentTypes: ['text/plain'], progressUses: 3 },
      },
      policies,
      retention: Duration.days(3),
      inlineLimit: Size.kibibytes(8),
      quarantineLimit: 2,
      disabledActions: ['cancel'],
      consoleSession: { limit: Duration.hours(1) },
      accessTokenMaxLifetime: Duration.minutes(5),
      ownerClaim: true,
      indexShards: 32,
      toleratedExpiries: 3,
    });
    expect(environment.registry).toMatchObject({
      acme: { carriers: ['header'], schema, maxExpiresIn: 172_800 },
      other: { carriers: ['short'], contentTypes: ['text/plain'], progressUses: 3 },
    });
    expect(environment).toMatchObject({
      applications: { invoices: { clients: ['invoices-backend'], processors: ['acme'], pendingLimit: 7 } },
      policies: { all: expect.stringContaining('permit') },
      quarantineLimit: 2,
      disabledActions: ['cancel'],
      ownerClaim: true,
      indexShards: 32,
      toleratedExpiries: 3,
    });
    const { accessTokenMaxLifetime, consoleSession, inlineLimit, retention } = environment;
    expect([retention, consoleSession.limit, accessTokenMaxLifetime].map((one) => one.toSeconds())).toEqual([
      259_200, 3_600, 300,
    ]);
    expect(inlineLimit.toBytes()).toBe(8_192);
  });

  it('accepts workflows of the account of the environment', () => {
    const resumes = ['arn:aws:states:eu-west-1:123456789012:stateMachine:Invoices'];
    const { environment } = formOf({ applications: { invoices: { clients: ['invoices-backend'], resumes } } });
    expect(environment.resumeTargets).toEqual({ invoices: [{ arn: resumes[0] }] });
  });

  it('has the mistakes of the environment on AWS, and no others', () => {
    expect(() => formOf({ domain: 'Callbacks' })).toThrow(
      /of Postern at "Prod" cannot be built:\n.*domain is "Callbacks"/,
    );
  });
});

describe('access tokens of the local form', () => {
  it('have the profile of the environment, and operators of this machine are an audience', () => {
    const profile = { ...COGNITO, audience: { claim: 'client_id', accepted: ['invoices-backend'] } };
    const { description, environment } = formOf({ accessToken: { profile, audienceForm: 'list', uses: 'one-time' } });
    const accepted = ['invoices-backend', 'local-operator', 'local-acting', 'local-viewer', 'postern-cli'];
    expect(environment.accessToken.uses).toBe('one-time');
    expect(description.accessToken).toEqual({
      profile: { ...profile, audience: { claim: 'client_id', accepted } },
      audienceForm: 'list',
    });
  });

  it('come from the local OpenID provider, if AWS issues those of senders', () => {
    const senderAccessToken = { issuer: 'https://a.example', jwksUri: 'https://a.example/keys', profile: RFC_9068 };
    const { description, environment } = formOf({ senderAccessToken });
    expect(environment.senderAccessToken?.issuer).toBe('http://127.0.0.1:8081');
    expect(description.differences).toContain(
      'senderAccessToken: senders get their tokens from the local OpenID provider too.',
    );
  });

  it('come from the local OpenID provider, if the environment makes a user pool', () => {
    const { description, environment } = formOf({
      identityProvider: undefined,
      consoleClient: undefined,
      cognito: {},
      applications: { invoices: { clients: 'cognito' }, orders: { clients: ['orders-backend'] } },
    });
    expect(environment.identityProvider?.issuer).toBe('http://127.0.0.1:8081');
    expect(environment.cognito).toBeUndefined();
    expect(description.accessToken).toEqual({ profile: RFC_9068, audienceForm: 'text' });
    expect(description.clients.map(({ clientId }) => clientId)).toEqual(['local-invoices', 'orders-backend']);
    expect(description.differences).toContain('cognito: the local OpenID provider stands for the user pool.');
  });

  it('say nothing of operators, whose roles are those of the local sign-in', () => {
    expect(formOf({ operatorRoles: COGNITO_OPERATORS }).environment.operatorRoles).toEqual(USERINFO_ROLES);
  });
});

describe('a proof of the local form', () => {
  it.for([
    [{ kind: 'dpop', publicJwk: KEY, nonce: true }, { kind: 'dpop', nonce: true }, 'clients.dpop'],
    [
      { kind: 'http_signature', keys: { theirs: KEY } },
      { kind: 'http_signature', keys: { nobody: {} } },
      'clients.signed',
    ],
    [
      { kind: 'standard_webhooks', secretName: 'theirs' },
      { kind: 'standard_webhooks', secretName: 'postern/local/standard-ocr' },
      'clients.standard',
    ],
    [
      { kind: 'standard_webhooks', publicKeys: [`whpk_${'A'.repeat(43)}=`] },
      { kind: 'standard_webhooks', secretName: 'postern/local/standard-ocr' },
      'clients.standard',
    ],
    [{ kind: 'private_key_jwt', clientId: 'acme' }, { kind: 'private_key_jwt', clientId: 'acme' }, 'OpenID provider'],
  ] as const)('%j has a key of this machine, and says so', ([proof, expected, words]) => {
    const found = processorWith(proof);
    expect(found.proof).toMatchObject(expected);
    expect(found.said).toEqual([expect.stringContaining(words)]);
  });

  it('names a client of this machine, if another stack makes the client', () => {
    const clientId = Token.asString({ Ref: 'Client' });
    expect(processorWith({ kind: 'private_key_jwt', clientId }).proof).toMatchObject({ clientId: 'local-processor' });
  });

  it('confirms calls at an origin of this machine, and keeps the path', () => {
    const proof = { kind: 'webhook', origins: ['https://acme.example', 'https://acme.example:8443/confirm'] };
    const found = processorWith(proof, { webhookOrigin: 'http://127.0.0.1:7000' });
    expect(found.proof).toEqual({
      kind: 'webhook',
      origins: ['http://127.0.0.1:7000', 'http://127.0.0.1:7000/confirm'],
    });
    expect(found.said).toEqual([expect.stringContaining('http://127.0.0.1:7000')]);
  });

  it('is none for a client certificate, whatever grade the environment requires', () => {
    const mutualTls = { authorities: { bucketName: 'authorities', key: 'all.pem' } };
    const proof = { kind: 'mtls', certificate: CERTIFICATES.acme };
    const found = processorWith(proof, {}, { mutualTls, minimumGrade: 'B' });
    expect(found.proof).toEqual({ kind: 'none' });
    expect(found.said).toEqual([expect.stringContaining('the token alone is accepted')]);
    expect(found.environment.mutualTls).toBeUndefined();
  });
});

describe('the request to a processor of the local form', () => {
  const dispatch = {
    url: 'https://api.acme.example/v1/{{application}}/jobs?of={{taskId}}',
    headers: { Authorization: secret('postern/prod/acme', 'Bearer {}'), 'X-Client': '{{application}}' },
    body: { document: '{{input}}', webhook: '{{callbacks.result.url}}' },
    sign: { kind: 'standard_webhooks', secretName: 'postern/prod/acme-signature' },
    retry: { leastTime: Duration.minutes(1) },
    concurrency: 3,
  } as const;
  const processorOf = (given: object, settings: Partial<LocalSettings> = {}) => {
    const processors = { acme: { carriers: ['short'], contentTypes: ['application/json'], dispatch: given } } as const;
    const { description, environment } = formOf({ processors } as Parameters<typeof formOf>[0], settings);
    return { sent: environment.registry.acme?.dispatch, description };
  };

  it('goes to this machine with its secrets, and keeps path, query, template and retries', () => {
    const { description, sent } = processorOf(dispatch);
    expect(sent).toMatchObject({
      url: 'http://127.0.0.1:5010/v1/{{application}}/jobs?of={{taskId}}',
      headers: {
        Authorization: { secret: 'postern/local/dispatch-api-key', format: 'Bearer {}' },
        'X-Client': '{{application}}',
      },
      body: dispatch.body,
      sign: { kind: 'standard_webhooks', secretName: 'postern/local/dispatch-signature' },
      retry: { leastTime: 60 },
      concurrency: 3,
    });
    expect(JSON.stringify(sent)).not.toMatch(/acme\.example|prod/);
    expect(description.processors.acme?.isDispatched).toBe(true);
    expect(description.differences).toContain(
      'processors.acme.dispatch: the work goes to http://127.0.0.1:5010, with secrets of this machine (`clients.dispatch` of the ready file).',
    );
  });

  it('goes to the origin that a variable names', () => {
    const { description, sent } = processorOf(dispatch, { processorOrigin: 'http://127.0.0.1:7010' });
    expect(sent?.url).toBe('http://127.0.0.1:7010/v1/{{application}}/jobs?of={{taskId}}');
    expect(description.differences.join()).toContain('the work goes to http://127.0.0.1:7010,');
  });

  it('has no access token, because no authorization server of the processor is here', () => {
    const auth = {
      kind: 'client_credentials',
      tokenEndpoint: 'https://id.acme.example/token',
      clientId: 'postern',
      secretName: 'postern/prod/acme-client',
    };
    const { headers: _, ...others } = dispatch;
    expect(processorOf({ ...others, auth }).sent).not.toHaveProperty('auth');
  });

  it('is signed with the key of the environment, if it is on AWS', () => {
    const { sent } = processorOf({ ...dispatch, sign: { kind: 'http_signature' } });
    expect(sent?.sign).toEqual({ kind: 'http_signature' });
  });

  it('leaves processors without one as they are', () => {
    const { description } = formOf();
    expect(Object.values(description.processors).filter(({ isDispatched }) => isDispatched)).toEqual([]);
  });
});

describe('the way to sign of the local form', () => {
  it.for([
    [undefined, undefined, 'rotating'],
    [{ kind: 'kms' }, undefined, 'kms'],
    [{ kind: 'kms' }, 'rotating', 'rotating'],
    [{ kind: 'rotating', every: Duration.days(1) }, 'kms', 'kms'],
  ] as const)('%j with the variable %j is %s', ([signing, named, expected]) => {
    const { environment } = formOf({ signing }, named === undefined ? {} : { signing: named });
    expect(environment.signing.kind).toBe(expected);
  });

  it('keeps the algorithm, and lets one key sign for a month', () => {
    const processors = { acme: { carriers: ['header'], contentTypes: ['application/json'] } };
    const { signing } = formOf({ processors, signing: { kind: 'rotating', algorithm: 'RS256' } }).environment;
    expect(signing).toMatchObject({ kind: 'rotating', algorithm: 'RS256' });
    expect(signing.kind === 'rotating' && signing.every.toDays()).toBe(30);
  });

  it('accepts tokens of a key in KMS that signed at an earlier start', () => {
    expect(formOf({}, { hasKmsSigningKey: true }).environment.signingKeys).toMatchObject({
      first: { use: 'previous' },
    });
    expect(formOf().environment.signingKeys).toEqual({});
  });
});

describe('differences of the local form', () => {
  it('name each setting that this machine cannot have', () => {
    const { description } = formOf({
      network: {
        vpcId: 'vpc-0123456789abcdef0',
        publicSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
        ipv6: false,
      },
      privateLink: { acceptedPrincipals: ['arn:aws:iam::123456789012:root'] },
      shield: { advanced: true, subscribed: true },
      antiDdos: true,
      tracing: true,
      dataOperators: ['arn:aws:iam::123456789012:role/Support'],
      reservedConcurrency: { metadata: 5 },
    });
    expect(description.differences.map((line) => line.split(':', 1)[0]).sort()).toEqual([
      'alarmTopicArn',
      'antiDdos',
      'dataOperators',
      'network',
      'privateLink',
      'reservedConcurrency',
      'shield',
      'tracing',
    ]);
  });

  it('are none for settings that are not used', () => {
    expect(
      formOf({ alarmTopicArn: undefined, antiDdos: false, shield: 'standard', tracing: false }).description.differences,
    ).toEqual([]);
  });

  it('name ranges of addresses, which no caller of this machine has', () => {
    const processors = { acme: { carriers: ['header'], contentTypes: ['text/plain'], sourceRanges: ['192.0.2.0/24'] } };
    const { description, environment } = formOf({ processors });
    expect(environment.registry.acme?.sourceRanges).toBeUndefined();
    expect(description.differences).toContain('processors.acme.sourceRanges: every caller is on this machine.');
  });
});

describe('the description of the local form', () => {
  it('lists the clients of applications and processors, each once', () => {
    const proof = { kind: 'private_key_jwt', clientId: 'acme-client' };
    const common = { carriers: ['header'], contentTypes: ['application/json'], proof };
    const { description } = formOf({
      applications: { invoices: { clients: ['a', 'b'] }, orders: { clients: [] } },
      processors: { acme: common, other: common },
    });
    expect(description.clients).toEqual([
      { clientId: 'a', role: 'sender', application: 'invoices' },
      { clientId: 'b', role: 'sender', application: 'invoices' },
      { clientId: 'acme-client', role: 'processor' },
    ]);
  });

  it('has a client for an environment without applications', () => {
    expect(formOf({ applications: undefined }).description.clients).toEqual([
      { clientId: 'local-default', role: 'sender', application: 'default' },
    ]);
  });
});
