import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { AwsEnvironmentInput } from '../lib/environment.ts';

/**
 * An environment for development. Its tables, keys and log groups are deleted with their stacks; keys can be restored for
 * 30 days. The bucket of payloads and the bucket of the load balancer's logs stay until you delete them
 * (`docs/operate/deploying.md`, What stays).
 *
 * To make your environment, copy this file: its name becomes the environment's, and its stage is that name
 * with a capital (`environments/demo.ts` → `npx cdk deploy 'Demo/*'`).
 */
const environment: AwsEnvironmentInput = {
  runsOn: 'aws',
  account: '111111111111',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  domain: 'callbacks.dev.example.com',
  // The certificate is requested and validated here, and the domain's address records are written.
  hostedZone: { id: 'Z0000000000000000DEV', name: 'dev.example.com' },
  // Copied from https://login.dev.example.com/.well-known/openid-configuration
  identityProvider: {
    issuer: 'https://login.dev.example.com',
    jwksUri: 'https://login.dev.example.com/jwks',
    authorizationEndpoint: 'https://login.dev.example.com/auth',
    tokenEndpoint: 'https://login.dev.example.com/token',
    userInfoEndpoint: 'https://login.dev.example.com/me',
  },
  consoleClient: { clientId: 'postern-console', secretName: 'postern/dev/console-client' },
  minimumGrade: 'D',
  protected: false,
  deploymentPace: 'all-at-once',
  // New accounts have too few concurrent executions (10) to reserve any. Remove this with 120 or more.
  reservedConcurrency: { handshake: 'unreserved' },
  retention: Duration.days(7),
  logRetention: RetentionDays.ONE_WEEK,
  processors: {
    'acme-ocr': { carriers: ['path', 'header'], contentTypes: ['application/json', 'application/pdf'] },
    'header-ocr': { carriers: ['header'], contentTypes: ['application/json'], maxExpiresIn: Duration.days(1) },
    // Keeps callback URLs in a column of 255 characters, and reports progress every few seconds for hours.
    'short-ocr': { carriers: ['short'], contentTypes: ['application/json'], progressUses: 10_000 },
  },
};

export default environment;
