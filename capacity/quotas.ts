/**
 * Quotas of AWS that a growing gateway meets, as AWS's pages had them when they were looked up. They change, and an account
 * may have others: Service Quotas in the console has the last word.
 */
export const QUOTAS_AS_OF = '2026-11-29';

/**
 * How a quota was looked up: `read` in a stored copy of the page itself; `quoted` by somebody who cites it; `unconfirmed`
 * where neither was to be had, or where it is open what counts towards it.
 */
export type Confirmation = 'read' | 'quoted' | 'unconfirmed';

export interface Quota {
  /** As AWS calls it. */
  readonly name: string;
  /** What an account in eu-west-1 has before it asks for more. */
  readonly value: number;
  readonly unit: string;
  /** Whether AWS raises it on request. */
  readonly adjustable: boolean;
  /** Where it is not the same everywhere, or not for everybody. */
  readonly remark?: string;
  readonly confirmation: Confirmation;
  readonly source: `https://${string}`;
}

export const QUOTAS = {
  signatures: {
    name: 'KMS: cryptographic operations (ECC) request rate',
    value: 1_000,
    unit: 'requests/s, account and region',
    adjustable: true,
    remark: 'the same for RSA keys, counted apart; more keys do not add to it',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html',
  },
  codes: {
    name: 'KMS: cryptographic operations (symmetric) request rate',
    value: 100_000,
    unit: 'requests/s, account and region',
    adjustable: true,
    remark:
      'eu-west-1, us-east-1, us-west-2; 20,000 in us-east-2, eu-central-1, eu-west-2, ap-southeast-1, -2, ap-northeast-1; 10,000 elsewhere',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html',
  },
  publicKeys: {
    name: 'KMS: GetPublicKey request rate',
    value: 2_000,
    unit: 'requests/s, account and region',
    adjustable: true,
    remark: 'each new process of the receiver asks once for each live signing key',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html',
  },
  concurrency: {
    name: 'Lambda: concurrent executions',
    value: 1_000,
    unit: 'executions, account and region',
    adjustable: true,
    remark: 'new accounts begin with fewer',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html',
  },
  invocations: {
    name: 'Lambda: requests per second, ten times the concurrency',
    value: 10_000,
    unit: 'requests/s, account and region',
    adjustable: true,
    remark: 'grows with the concurrency and not by itself',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html',
  },
  newProcesses: {
    name: 'Lambda: execution environments that a function may start',
    value: 1_000,
    unit: 'environments in 10 s, function',
    adjustable: false,
    remark: 'a rise that needs more waits; a load that stays the same starts few',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html',
  },
  webAclRequests: {
    name: 'WAF: requests per second per web ACL',
    value: 100_000,
    unit: 'requests/s',
    adjustable: true,
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/waf/latest/developerguide/limits.html',
  },
  tableWrites: {
    name: 'DynamoDB: write request units of a table on demand, and of each of its indexes',
    value: 40_000,
    unit: 'units/s, table or index',
    adjustable: true,
    remark: 'each index has as many of its own',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html',
  },
  putEvents: {
    name: 'EventBridge: PutEvents throttle limit',
    value: 10_000,
    unit: 'requests/s, account and region',
    adjustable: true,
    remark:
      'eu-west-1, us-east-1, us-west-2; 2,400 in us-east-2, eu-central-1; 1,200 in eu-west-2 and others; 400 at least',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html',
  },
  eventInvocations: {
    name: 'EventBridge: invocations throttle limit',
    value: 18_750,
    unit: 'events × targets/s, account and region',
    adjustable: true,
    remark: 'above it events come later, none is lost; 750 at least, 2,250 in eu-west-2, 4,500 in eu-central-1',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html',
  },
  payloadPuts: {
    name: 'S3: PUT requests of a prefix',
    value: 3_500,
    unit: 'requests/s, prefix',
    adjustable: false,
    remark: 'what S3 gives at once; it splits prefixes by itself as they are used, and task ids are random',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html',
  },
  logRequests: {
    name: 'CloudWatch Logs: PutLogEvents throttle limit',
    value: 5_000,
    unit: 'requests/s, account and region',
    adjustable: true,
    remark: 'Lambda delivers lines in batches; whether those deliveries count is not said',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html',
  },
  reservedCapacityUnits: {
    name: 'Load balancer: reserved capacity units per Application Load Balancer',
    value: 15_000,
    unit: 'LCU',
    adjustable: true,
    remark:
      'none are reserved before a region’s own quota of 0 is raised; without a reservation a load balancer grows by itself, within minutes, and AWS names no most',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html',
  },
} as const satisfies Record<string, Quota>;

export type QuotaName = keyof typeof QUOTAS;

/**
 * What DynamoDB gives one partition, and a table on demand that is new.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
 */
export const PARTITION = { writeUnits: 1_000, readUnits: 3_000 } as const;
export const NEW_TABLE = { writeUnits: 4_000, readUnits: 12_000 } as const;

/** A table on demand takes twice its peak at once; more may be throttled for so many minutes. */
export const DOUBLING_MINUTES = 30;
