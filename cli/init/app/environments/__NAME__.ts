import type { PosternProps } from '@postern/cdk';
import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';

/**
 * The settings of the environment "__NAME__". Your editor shows the documentation and the default of each setting. "npm test" and
 * "npx cdk synth" find wrong ones and say what to write instead.
 *
 * Replace each FILL-IN. Until then "npx cdk synth" works and warns, and a deployment stops and names what is missing.
 */
export default {
  env: {
    // The CDK deploys into this account and Region only, whatever credentials it finds.
    account: '__ACCOUNT__',
    region: '__REGION__',
  },
  environment: {
    // Names of stacks and resources have it. It cannot change after the first deployment.
    name: '__NAME__',
    // Two zones or more. Names of zones differ between accounts, and a zone may lack in yours:
    //   aws ec2 describe-availability-zones --region __REGION__ --query 'AvailabilityZones[].ZoneName'
    // They cannot change after the first deployment. You can append one.
    availabilityZones: ['__REGION__a', '__REGION__b'],

    // Host name of callback URLs. It cannot change after the first deployment, because callback tokens name it.
    domain: '__DOMAIN__',
    // The public zone of Route 53 that has the domain. The certificate and the addresses of the domain are made there.
    // The name is a guess: replace it too, if your zone has another one.
    //   aws route53 list-hosted-zones --query 'HostedZones[].[Id,Name]' --output text
    // Without a zone in this account, write certificateArn instead: the ARN of a certificate of ACM in this Region.
    hostedZone: { id: 'ZFILLIN', name: '__ZONE__' },

    // A user pool of Amazon Cognito signs operators in, and gives senders their access tokens. If you have an OpenID provider,
    // write identityProvider and consoleClient instead. The prefix begins the address of the sign-in page. No other pool in the
    // Region may have the same one, and it cannot change after the first deployment.
    cognito: { domainPrefix: '__PREFIX__' },

    // Your systems that open tasks, by ids of your choice, such as invoices. Each sees only its own tasks. With 'cognito' it gets
    // a client of the user pool (6 USD a month). With your own provider write its client ids, such as ['invoices-backend'].
    applications: {
      'fill-in': { clients: 'cognito' },
    },
    // The outside systems that call back, by ids of your choice, such as acme-ocr.
    processors: {
      'fill-in': {
        // The place of the token. A header is not logged, as a URL may be.
        carriers: ['header'],
        contentTypes: ['application/json'],
        // The longest time from the opening of a task to its result.
        maxExpiresIn: Duration.days(2),
      },
    },

    // An e-mail address, or the https URL of a pager. Each gets a message from AWS and must confirm it.
    alarmSubscribers: { pages: ['FILL-IN@__DOMAIN__'], tickets: ['FILL-IN@__DOMAIN__'] },

    // The roles that may read tables and payloads. Everybody else is denied, administrators too. Without it, no role is.
    // dataOperators: ['arn:aws:iam::__ACCOUNT__:role/…'],

    // True: no table, key or bucket is deleted with its stack, and stacks cannot be deleted by mistake.
    protected: true,
    // The weakest combination of carrier and proof that a task may use: A is the strongest, D the weakest.
    minimumGrade: 'C',
    // A new account may have only 10 concurrent executions of Lambda, so nothing is reserved. Remove the line if yours has 120
    // or more: aws lambda get-account-settings --region __REGION__
    reservedConcurrency: { handshake: 'unreserved' },
    // The time that tasks and results are kept after the end of a task.
    retention: Duration.days(30),
    logRetention: RetentionDays.ONE_YEAR,
  },
} as const satisfies PosternProps;
