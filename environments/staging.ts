import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { AwsEnvironmentInput } from '../lib/environment.ts';

/** The rehearsal: protected like production, with the processors' test systems. */
const environment: AwsEnvironmentInput = {
  runsOn: 'aws',
  account: '222222222222',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  domain: 'callbacks.staging.example.com',
  hostedZone: { id: 'Z000000000000STAGING', name: 'staging.example.com' },
  identityProvider: {
    issuer: 'https://login.staging.example.com',
    jwksUri: 'https://login.staging.example.com/jwks',
    authorizationEndpoint: 'https://login.staging.example.com/auth',
    tokenEndpoint: 'https://login.staging.example.com/token',
    userInfoEndpoint: 'https://login.staging.example.com/me',
  },
  consoleClient: { clientId: 'postern-console', secretName: 'postern/staging/console-client' },
  minimumGrade: 'D',
  tokensInUrls: 'The test system of acme-ocr takes a URL and nothing else; what it delivers is made up.',
  protected: true,
  // The workflow deploys it after `dev` and before `prod`.
  deploymentWave: 2,
  retention: Duration.days(14),
  logRetention: RetentionDays.ONE_MONTH,
  // No person is paged for a rehearsal: both go to the mailbox of the team.
  alarmSubscribers: { pages: ['postern@staging.example.com'], tickets: ['postern@staging.example.com'] },
  applications: {
    invoices: {
      clients: ['invoices-backend'],
      // Workflows that wait for the results of their tasks: a state machine, and every version of a durable function.
      resumes: [
        'arn:aws:states:eu-west-1:222222222222:stateMachine:invoices',
        'arn:aws:lambda:eu-west-1:222222222222:function:scan-invoice:*',
      ],
    },
    orders: { clients: ['orders-backend'], processors: ['header-ocr'] },
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
