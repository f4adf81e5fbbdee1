import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { AwsEnvironmentInput } from '../lib/environment.ts';

/** Production: nothing in it is deleted with its stack, and no token is accepted in a URL. */
const environment: AwsEnvironmentInput = {
  runsOn: 'aws',
  account: '333333333333',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  domain: 'callbacks.example.com',
  hostedZone: { id: 'Z00000000000000PROD0', name: 'example.com' },
  identityProvider: {
    issuer: 'https://login.example.com',
    jwksUri: 'https://login.example.com/jwks',
    authorizationEndpoint: 'https://login.example.com/auth',
    tokenEndpoint: 'https://login.example.com/token',
    userInfoEndpoint: 'https://login.example.com/me',
  },
  consoleClient: { clientId: 'postern-console', secretName: 'postern/prod/console-client' },
  minimumGrade: 'C',
  protected: true,
  // Set `{ advanced: true, subscribed: true }` once the account has its Shield Advanced subscription.
  shield: 'standard',
  // Reads of public documents leave the account's pool to callbacks. `handshake` has 20 by default, so
  // the account needs 170 concurrent executions (Service Quotas, Lambda): with fewer, Lambda refuses the deployment.
  reservedConcurrency: { metadata: 40, console: 10 },
  retention: Duration.days(30),
  logRetention: RetentionDays.ONE_YEAR,
  // Pages go to the paging service (its https URL) and to the team's mailbox.
  alarmSubscribers: {
    pages: ['https://pager.example.com/postern', 'postern@example.com'],
    tickets: ['postern@example.com'],
  },
  // Each sending system sees and changes only its own tasks.
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
      // The addresses that this processor calls from (a documentation range here).
      sourceRanges: ['192.0.2.0/24'],
    },
  },
};

export default environment;
