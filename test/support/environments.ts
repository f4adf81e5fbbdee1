import type { AwsEnvironmentInput, LocalEnvironmentInput } from '../../lib/config/environment.ts';

/** It has an identity provider, unless its overrides take it out. */
type WithProvider<Input extends AwsEnvironmentInput | LocalEnvironmentInput> = Input &
  Required<Pick<Input, 'identityProvider' | 'consoleClient'>>;

/** An environment on AWS as its file would have it; say what is different. `undefined` takes a property out. */
export const anAwsEnvironment = (
  overrides: { readonly [K in keyof AwsEnvironmentInput]?: unknown } & Readonly<Record<string, unknown>> = {},
): WithProvider<AwsEnvironmentInput> =>
  withoutUndefined({
    runsOn: 'aws',
    account: '123456789012',
    region: 'eu-west-1',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    domain: 'callbacks.example.com',
    certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555',
    identityProvider: {
      issuer: 'https://login.example.com',
      jwksUri: 'https://login.example.com/jwks',
      authorizationEndpoint: 'https://login.example.com/auth',
      tokenEndpoint: 'https://login.example.com/token',
      userInfoEndpoint: 'https://login.example.com/me',
    },
    consoleClient: { clientId: 'postern-console', secretName: 'postern/test/console-client' },
    minimumGrade: 'D',
    protected: false,
    alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:alarms',
    tokensInUrls: 'This processor can be given a URL and nothing else.',
    applications: { invoices: { clients: ['invoices-backend'] } },
    processors: { 'acme-ocr': { carriers: ['path'], contentTypes: ['application/json'] } },
    ...overrides,
  }) as unknown as WithProvider<AwsEnvironmentInput>;

/** The environment of one machine; say what is different. */
export const aLocalEnvironment = (
  overrides: Readonly<Record<string, unknown>> = {},
): WithProvider<LocalEnvironmentInput> => {
  const { domain: _domain, tokensInUrls: _tokensInUrls, ...common } = anAwsEnvironment();
  return withoutUndefined({
    ...common,
    runsOn: 'this-machine',
    origin: 'http://127.0.0.1:8080',
    loadBalancerPublicKeysUrl: 'http://127.0.0.1:8082/load-balancer/public-keys',
    identityProvider: {
      issuer: 'http://127.0.0.1:8081',
      jwksUri: 'http://127.0.0.1:8081/jwks',
      authorizationEndpoint: 'http://127.0.0.1:8081/auth',
      tokenEndpoint: 'http://127.0.0.1:8081/token',
      userInfoEndpoint: 'http://127.0.0.1:8081/me',
    },
    ...overrides,
  }) as unknown as WithProvider<LocalEnvironmentInput>;
};

const withoutUndefined = (value: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
