/**
 * Quotas of AWS that limit a growing gateway. Day on which they were looked up in AWS's documentation. Quotas change and
 * differ between accounts: Service Quotas in the console is authoritative.
 */
export const QUOTAS_AS_OF = '2026-11-29';

/**
 * Quality of the source: `read` in a stored copy of AWS's page; `quoted` by a third party; `unconfirmed` if neither was
 * available, or if it is unclear what counts towards the quota.
 */
export type Confirmation = 'read' | 'quoted' | 'unconfirmed';

export interface Quota {
  /** Name in AWS's words. */
  readonly name: string;
  /** Default value of an account in eu-west-1. */
  readonly value: number;
  readonly unit: string;
  /** True if AWS raises it on request. */
  readonly adjustable: boolean;
  /** Other Regions, other accounts, and what counts. */
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
    remark: 'only with keys of KMS that sign; RSA keys have an equal, separate quota; more keys do not raise it',
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
    remark: 'only with keys of KMS that sign: each new process of `receive` requests each live one once',
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
    remark: 'grows with the concurrency; it cannot be raised on its own',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html',
  },
  newProcesses: {
    name: 'Lambda: execution environments that a function may start',
    value: 1_000,
    unit: 'environments in 10 s, function',
    adjustable: false,
    remark: 'a faster rise has to wait; a constant load starts few',
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
    remark: 'each index has this quota too',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html',
  },
  tableReads: {
    name: 'DynamoDB: read request units of a table on demand, and of each of its indexes',
    value: 40_000,
    unit: 'units/s, table or index',
    adjustable: true,
    remark: '`expire` reads closed tasks too',
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
    remark: 'above it events come later and none is lost; 750 at least, 2,250 in eu-west-2, 4,500 in eu-central-1',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html',
  },
  payloadPuts: {
    name: 'S3: PUT requests of a prefix',
    value: 3_500,
    unit: 'requests/s, prefix',
    adjustable: false,
    remark: 'available at once; S3 splits a busy prefix on its own, and task ids are random',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html',
  },
  logRequests: {
    name: 'CloudWatch Logs: PutLogEvents throttle limit',
    value: 5_000,
    unit: 'requests/s, account and region',
    adjustable: true,
    remark: 'Lambda delivers log lines in batches; AWS does not say if these deliveries count',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html',
  },
  reservedCapacityUnits: {
    name: 'Load balancer: reserved capacity units per Application Load Balancer',
    value: 15_000,
    unit: 'LCU',
    adjustable: true,
    remark:
      'the quota of the Region is 0 until AWS raises it; without a reservation a load balancer grows on its own within minutes, and AWS names no upper limit',
    confirmation: 'read',
    source: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html',
  },
} as const satisfies Record<string, Quota>;

export type QuotaName = keyof typeof QUOTAS;

/**
 * Throughput of one partition, and of a new on-demand table, per second.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
 */
export const PARTITION = { writeUnits: 1_000, readUnits: 3_000 } as const;
export const NEW_TABLE = { writeUnits: 4_000, readUnits: 12_000 } as const;

/** An on-demand table takes twice its peak at once. A higher load may be throttled for this many minutes. */
export const DOUBLING_MINUTES = 30;
