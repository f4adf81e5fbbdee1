/** Longest name of an environment. Names of target groups contain it, such as `postern-NAME-handshake`, and have at most 32 characters. */
export const MAX_ENVIRONMENT_NAME_CHARS = 14;

export const ENVIRONMENT_NAME_PATTERN = new RegExp(`^[a-z][a-z0-9-]{0,${MAX_ENVIRONMENT_NAME_CHARS - 1}}$`);

/** Name of the gateway that `npm start` and `postern dev` run. No environment on AWS may have it. */
export const LOCAL_ENVIRONMENT = 'local';

export const ACCOUNT_ID_PATTERN = /^\d{12}$/;

/** Host name of a gateway: in lower case, with letters only in its last label, so that an IP address is none. */
export const DOMAIN_PATTERN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

/**
 * Longest name that ACM accepts for the subject of a certificate (RFC 5280, `ub-common-name`).
 * https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
 */
export const MAX_COMMON_NAME_CHARS = 64;

/**
 * Domain prefixes of user pools.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolDomain.html
 * Words that a prefix must not have:
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html
 */
export const DOMAIN_PREFIX = /^(?!.*(?:aws|amazon|cognito))[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Regions of AWS, for code that does without the CDK. `aws-cdk-lib/region-info` has the same list: an environment may name the
 * Regions of the installed version.
 */
export const REGION_CODES: readonly string[] = [
  'af-south-1',
  'ap-east-1',
  'ap-east-2',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'ca-central-1',
  'ca-west-1',
  'cn-north-1',
  'cn-northwest-1',
  'eu-central-1',
  'eu-central-2',
  'eu-isoe-west-1',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eusc-de-east-1',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'me-west-1',
  'mx-central-1',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-gov-east-1',
  'us-gov-west-1',
  'us-iso-east-1',
  'us-iso-west-1',
  'us-isob-east-1',
  'us-isob-west-1',
  'us-isof-east-1',
  'us-isof-south-1',
  'us-west-1',
  'us-west-2',
];
