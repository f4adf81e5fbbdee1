import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { AwsEnvironmentInput } from '../../../lib/environment.ts';

/** Two zones, nothing protected: everything in it may be thrown away. */
const environment: AwsEnvironmentInput = {
  runsOn: 'aws',
  account: '444444444444',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  domain: 'callbacks.trial.example.net',
  hostedZone: { id: 'Z00000000000000TRIAL', name: 'trial.example.net' },
  identityProvider: {
    issuer: 'https://login.trial.example.net',
    jwksUri: 'https://login.trial.example.net/jwks',
    authorizationEndpoint: 'https://login.trial.example.net/auth',
    tokenEndpoint: 'https://login.trial.example.net/token',
    userInfoEndpoint: 'https://login.trial.example.net/me',
  },
  consoleClient: { clientId: 'postern-console', secretName: 'postern/trial/console-client' },
  minimumGrade: 'D',
  protected: false,
  deploymentPace: 'all-at-once',
  retention: Duration.days(7),
  logRetention: RetentionDays.ONE_WEEK,
  processors: {
    'acme-ocr': { carriers: ['path', 'header'], contentTypes: ['application/json', 'application/pdf'] },
    'header-ocr': { carriers: ['header'], contentTypes: ['application/json'], maxExpiresIn: Duration.days(1) },
    'short-ocr': { carriers: ['short'], contentTypes: ['application/json'], progressUses: 10_000 },
  },
};

export default environment;
