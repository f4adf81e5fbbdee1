import { Duration } from 'aws-cdk-lib';
import { AWS_IAM } from '../../lambda/contract/access-token-profile.ts';
import { COGNITO_OPERATORS } from '../../lambda/contract/operator-roles.ts';
import type { AwsEnvironmentInput } from '../../lib/config/environment.ts';
import { CERTIFICATES } from './certificates.ts';
import { aDispatch, BODY_WITHOUT_TOKEN } from './dispatching-environment.ts';
import { anAwsEnvironment } from './environments.ts';

const json = { contentTypes: ['application/json'] };
const principal = 'arn:aws:iam::210987654321:root';

/** A key that callback tokens are encrypted with. Its private half was deleted. */
const PUBLIC_JWK = {
  kid: 'nobody',
  kty: 'EC',
  crv: 'P-256',
  x: 'iBm_bsxFuGkVimVI6sbrVWRCsWxWFegjEhkL5GcXrdM',
  y: 'ynNP4hGJxWyccXPaVTt-90NVjzwr1MvbLA3kTvL1qg0',
};

/** Workflows that wait for tasks. */
const AWS_ISSUER = 'https://abc123-def456-ghi789-jkl012.tokens.sts.global.api.aws';

const WORKFLOWS = {
  machine: 'arn:aws:states:eu-west-1:123456789012:stateMachine:invoices',
  function: 'arn:aws:lambda:eu-west-1:123456789012:function:invoices:*',
  elsewhere: {
    arn: 'arn:aws:states:eu-west-1:210987654321:stateMachine:orders',
    roleArn: 'arn:aws:iam::210987654321:role/resume-orders',
    externalId: 'postern-test',
  },
};

/** How work is sent to processors: with every kind of signature, a secret of each place, and no token beside a short URL. */
const SIGNED = aDispatch({
  auth: {
    kind: 'client_credentials',
    tokenEndpoint: 'https://login.acme.example/token',
    clientId: 'postern',
    secretName: 'postern/test/acme-client',
  },
  headers: { 'X-Api-Key': { secret: 'postern/test/acme', format: '{}' } },
  sign: { kind: 'standard_webhooks', secretName: 'postern/test/acme-webhooks' },
});
const SHORT = aDispatch({
  body: BODY_WITHOUT_TOKEN,
  sign: { kind: 'http_signature' },
});

/** Settings that do not exclude each other. */
const SWITCHES = {
  protected: true,
  shield: { advanced: true, subscribed: true, contacts: [{ email: 'duty@example.com', phone: '+4930123456' }] },
  alarmTopicArn: undefined,
  alarmSubscribers: { pages: ['https://pager.example.com/postern'], tickets: ['postern@example.com'] },
  runbookUrl: 'https://wiki.example.com/postern/runbook',
  tracing: true,
  antiDdos: true,
  countries: { except: ['KP'] },
  tableThroughput: { readUnits: 20_000, writeUnits: 20_000 },
  warmThroughput: { readUnits: 12_000, writeUnits: 4_000 },
  reservedConcurrency: { receive: 50, metadata: 1 },
  accessToken: { uses: 'one-time', audienceForm: 'list' },
  senderAccessToken: { issuer: AWS_ISSUER, jwksUri: `${AWS_ISSUER}/.well-known/jwks.json`, profile: AWS_IAM },
  signingKeys: { first: { use: 'previous' }, second: { use: 'current', algorithm: 'RS256' } },
  signing: { kind: 'rotating', every: Duration.days(7), algorithm: 'RS256' },
  policies: 'permit (principal, action, resource);',
  tokenEncryption: { secretName: 'postern/test/token-encryption', publicJwk: PUBLIC_JWK },
  dataOperators: ['arn:aws:iam::123456789012:role/operators'],
  eventRuleAccounts: ['210987654321'],
  deploymentPace: 'linear-10-percent-every-minute',
  ownerClaim: true,
  abbreviations: true,
  operatorRoles: COGNITO_OPERATORS,
  disabledActions: ['discard'],
  operatorsReadOnly: true,
  applications: {
    invoices: {
      clients: ['invoices-backend'],
      invokers: ['arn:aws:iam::123456789012:role/Invoices', 'arn:aws:iam::210987654321:role/workflows/Invoices'],
      pendingLimit: 100,
      resumes: [WORKFLOWS.machine, WORKFLOWS.function],
    },
    orders: { clients: [], resumes: [WORKFLOWS.elsewhere] },
    'back-office': { invokers: ['arn:aws:iam::123456789012:role/BackOffice'] },
  },
  consoleSession: { limit: Duration.hours(1), idle: Duration.minutes(10) },
};

/** Environments with the settings that no example has. Together they have every setting. */
export const SWITCHED: Readonly<Record<string, AwsEnvironmentInput>> = {
  cognito: anAwsEnvironment({
    ...SWITCHES,
    identityProvider: undefined,
    consoleClient: undefined,
    operatorRoles: undefined,
    senderAccessToken: undefined,
    cognito: { domainPrefix: 'example-postern' },
    applications: { invoices: { clients: 'cognito' } },
    processors: { office: { ...json, carriers: ['header'], encrypted: true, dispatch: SIGNED } },
  }),
  'mutual-tls': anAwsEnvironment({
    ...SWITCHES,
    mutualTls: {
      mode: 'verify',
      authorities: { bucketName: 'trust', key: 'authorities.pem' },
      revocations: [{ bucketName: 'trust', key: 'revoked.pem' }],
    },
    processors: {
      office: {
        ...json,
        carriers: ['header'],
        encrypted: true,
        sourceRanges: ['192.0.2.0/24', '2001:db8::/32'],
      },
      certified: {
        ...json,
        carriers: ['header'],
        proof: { kind: 'mtls', certificate: CERTIFICATES.acme },
        sourceRanges: ['198.51.100.0/24'],
      },
    },
  }),
  'network-door': anAwsEnvironment({
    ...SWITCHES,
    antiDdos: undefined,
    countries: undefined,
    hostedZone: { id: 'Z1234567890', name: 'example.com' },
    ingress: {
      kind: 'network',
      certificateSecretName: 'postern/test/door',
      console: {
        domain: 'console.example.com',
        certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/22222222-2222-3333-4444-555555555555',
      },
      tasks: { min: 3, max: 9 },
      switching: { dns: 'door' },
    },
    processors: { office: { ...json, carriers: ['header'], encrypted: true, sourceRanges: ['192.0.2.0/24'] } },
  }),
  network: anAwsEnvironment({
    ...SWITCHES,
    signing: { kind: 'kms' },
    network: { vpcId: 'vpc-0123456789abcdef0', publicSubnetIds: ['subnet-0aaaaaaa', 'subnet-0bbbbbbb'], ipv6: true },
    privateLink: { acceptedPrincipals: [principal] },
    processors: {
      webhooks: {
        ...json,
        carriers: ['header'],
        proof: { kind: 'webhook', origins: ['https://a.example.com/confirm'] },
      },
    },
  }),
  'private-link': anAwsEnvironment({
    ...SWITCHES,
    mutualTls: { mode: 'passthrough', unverifiedBecause: 'Their certificates have no authority in common.' },
    privateLink: { acceptedPrincipals: [principal] },
    processors: {
      anybody: { ...json, carriers: ['short'], dispatch: SHORT },
      'somebody-else': { ...json, carriers: ['header'], dispatch: aDispatch() },
    },
  }),
};
