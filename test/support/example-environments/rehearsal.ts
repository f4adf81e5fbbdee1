import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { AwsEnvironmentInput } from '../../../lib/environment.ts';

/** Two zones, protected, with tokens in URLs. */
const environment: AwsEnvironmentInput = {
  runsOn: 'aws',
  account: '555555555555',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  domain: 'callbacks.rehearsal.example.net',
  hostedZone: { id: 'Z0000000000REHEARSAL', name: 'rehearsal.example.net' },
  identityProvider: {
    issuer: 'https://login.rehearsal.example.net',
    jwksUri: 'https://login.rehearsal.example.net/jwks',
    authorizationEndpoint: 'https://login.rehearsal.example.net/auth',
    tokenEndpoint: 'https://login.rehearsal.example.net/token',
    userInfoEndpoint: 'https://login.rehearsal.example.net/me',
  },
  consoleClient: { clientId: 'postern-console', secretName: 'postern/rehearsal/console-client' },
  minimumGrade: 'D',
  tokensInUrls: 'The test system of acme-ocr takes a URL and nothing else; what it delivers is made up.',
  protected: true,
  deploymentWave: 2,
  retention: Duration.days(14),
  logRetention: RetentionDays.ONE_MONTH,
  alarmSubscribers: { pages: ['postern@rehearsal.example.net'], tickets: ['postern@rehearsal.example.net'] },
  applications: {
    invoices: { clients: ['invoices-backend'] },
    orders: { clients: ['orders-backend'], processors: ['header-ocr'], pendingLimit: 100_000 },
  },
  processors: {
    'acme-ocr': {
      carriers: ['path'],
      contentTypes: ['application/json', 'application/pdf'],
      maxExpiresIn: Duration.days(2),
    },
    'header-ocr': { carriers: ['header'], contentTypes: ['application/json'], maxExpiresIn: Duration.days(1) },
  },
};

export default environment;
