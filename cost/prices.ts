/**
 * List prices of eu-west-1 (Ireland), in USD, without free tiers, volume discounts, savings plans and taxes.
 * Written down on 2026-11-26 as their authors knew them; the page beside each has the last word. They change rarely and
 * without a word to us: look before you decide by a few dollars. Another region costs up to a third more or less.
 */
export const PRICES_AS_OF = '2026-11-26';
export const PRICES_REGION = 'eu-west-1';

export const HOURS_PER_MONTH = 730;

export const PRICES = {
  /** https://aws.amazon.com/elasticloadbalancing/pricing/ */
  loadBalancerHour: 0.0252,
  loadBalancerCapacityUnitHour: 0.008,
  networkLoadBalancerHour: 0.0252,
  trustStoreHour: 0.0056,
  /** https://aws.amazon.com/vpc/pricing/ */
  publicIpv4AddressHour: 0.005,
  /** https://aws.amazon.com/waf/pricing/ */
  webAcl: 5,
  webAclRule: 1,
  webAclMillionRequests: 0.6,
  webAclCapacityStepMillionRequests: 0.2,
  antiDdosRuleGroup: 20,
  antiDdosMillionRequests: 0.15,
  /** https://aws.amazon.com/shield/pricing/ for the organisation, for a year at least */
  shieldAdvanced: 3_000,
  /** https://aws.amazon.com/kms/pricing/ */
  kmsKey: 1,
  kmsMillionSignatures: 15,
  /** By RSA keys of 2,048 bits, which `RS256` is here. */
  kmsMillionRsaSignatures: 3,
  kmsMillionRequests: 3,
  /** https://aws.amazon.com/secrets-manager/pricing/ */
  secret: 0.4,
  /** https://aws.amazon.com/lambda/pricing/ (arm64) */
  lambdaMillionRequests: 0.2,
  lambdaGigabyteSecond: 0.0000133334,
  /** https://aws.amazon.com/dynamodb/pricing/on-demand/ */
  dynamodbMillionWriteUnits: 0.705,
  dynamodbMillionReadUnits: 0.1415,
  dynamodbGigabyteMonth: 0.283,
  dynamodbRecoveryGigabyteMonth: 0.2264,
  /** https://aws.amazon.com/s3/pricing/ */
  s3MillionPuts: 5,
  s3MillionGets: 0.4,
  s3GigabyteMonth: 0.023,
  /** https://aws.amazon.com/eventbridge/pricing/ */
  eventMillion: 1,
  schedulerMillion: 1,
  /** https://aws.amazon.com/cloudwatch/pricing/ */
  metric: 0.3,
  alarmMetric: 0.1,
  compositeAlarm: 0.5,
  dashboard: 3,
  logGigabyte: 0.57,
  /** https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer */
  gigabyteOut: 0.09,
  /** https://aws.amazon.com/api-gateway/pricing/ for comparison */
  restApiMillionRequests: 3.5,
} as const;
