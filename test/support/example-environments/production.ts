import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { AwsEnvironmentInput } from '../../../lib/environment.ts';

/** Three zones, protected, reserved concurrency, no token in a URL. The pictures and lists in `docs` are made from it. */
const environment: AwsEnvironmentInput = {
  runsOn: 'aws',
  account: '666666666666',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  domain: 'callbacks.example.net',
  hostedZone: { id: 'Z000000000PRODUCTION', name: 'example.net' },
  identityProvider: {
    issuer: 'https://login.example.net',
    jwksUri: 'https://login.example.net/jwks',
    authorizationEndpoint: 'https://login.example.net/auth',
    tokenEndpoint: 'https://login.example.net/token',
    userInfoEndpoint: 'https://login.example.net/me',
  },
  consoleClient: { clientId: 'postern-console', secretName: 'postern/production/console-client' },
  minimumGrade: 'C',
  protected: true,
  shield: 'standard',
  reservedConcurrency: { metadata: 40, console: 10 },
  retention: Duration.days(30),
  logRetention: RetentionDays.ONE_YEAR,
  alarmSubscribers: {
    pages: ['https://pager.example.net/postern', 'postern@example.net'],
    tickets: ['postern@example.net'],
  },
  applications: {
    invoices: { clients: ['invoices-backend'] },
    orders: { clients: ['orders-backend'], processors: ['header-ocr'], pendingLimit: 100_000 },
  },
  processors: {
    'acme-ocr': {
      carriers: ['header'],
      contentTypes: ['application/json', 'application/pdf'],
      maxExpiresIn: Duration.days(2),
    },
    'header-ocr': {
      carriers: ['header'],
      contentTypes: ['application/json'],
      maxExpiresIn: Duration.days(1),
      sourceRanges: ['192.0.2.0/24'],
    },
  },
};

export default environment;
