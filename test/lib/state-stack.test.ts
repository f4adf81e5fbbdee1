import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { CLOCK_TOLERANCE_SECONDS, JTI_RETENTION_AFTER_EXP_SECONDS } from '../../lambda/contract/limits.ts';
import { SIGNING_KEYS_TABLE } from '../../lambda/contract/signing-keys.ts';
import { AUDIT_TABLE, JTI_TABLE, LOOKUPS_TABLE, TASK_INDEXES, TASKS_TABLE } from '../../lambda/contract/tables.ts';
import { aLocalEnvironment, anAwsEnvironment } from '../support/environments.ts';
import { synthesize } from '../support/synthesize.ts';
import { resourcesOf, theResource } from '../support/template.ts';

const TABLE = 'AWS::DynamoDB::GlobalTable';
const TABLES_AND_INDEXES = 5 + 8;
const tableWithKey = (state: ReturnType<typeof synthesize>['state'], key: string) => {
  const found = Object.values(resourcesOf(state, TABLE)).find(
    ({ Properties }) => (Properties.KeySchema as { AttributeName: string }[])[0]?.AttributeName === key,
  );
  if (found === undefined) throw new Error(`There is no table with the key ${key}.`);
  return found;
};

describe.each([
  ['on AWS', anAwsEnvironment()],
  ['on one machine', aLocalEnvironment()],
])('the state %s', (_where, input) => {
  const { state } = synthesize(input);
  const encryptionKey = 'TableKeyCCA6FF29';
  const FUNCTION_ROLES = `arn:aws:iam::123456789012:role/postern/${input.runsOn === 'aws' ? 'test' : 'local'}/*`;

  it('outputs the names of tables and bucket, each with a description', () => {
    const outputs = state.findOutputs('*') as Record<string, { Value: { Ref: string }; Description: string }>;
    const keyOf = (name: string) => {
      const { KeySchema } = resourcesOf(state, TABLE)[outputs[name]?.Value.Ref ?? '']?.Properties ?? {};
      return (KeySchema as { AttributeName: string }[] | undefined)?.[0]?.AttributeName;
    };
    const names = ['TasksTableName', 'JtisTableName', 'LookupsTableName', 'AuditTableName', 'SigningKeysTableName'];
    expect(names.map(keyOf)).toEqual(
      [TASKS_TABLE, JTI_TABLE, LOOKUPS_TABLE, AUDIT_TABLE, SIGNING_KEYS_TABLE].map(({ partitionKey }) => partitionKey),
    );
    expect(outputs.PayloadBucketName?.Value).toEqual({ Ref: theResource(state, 'AWS::S3::Bucket').id });
    for (const name of [...names, 'PayloadBucketName']) {
      expect([name, outputs[name]?.Description]).toEqual([name, expect.any(String)]);
    }
  });

  it.each([
    ['tasks', TASKS_TABLE],
    ['used tokens', JTI_TABLE],
    ['lookups', LOOKUPS_TABLE],
    ['operators’ actions', AUDIT_TABLE],
    ['signing keys', SIGNING_KEYS_TABLE],
  ])('has the table of %s with the contract’s names, encrypted with our key', (_name, table) => {
    const { partitionKey, timeToLive } = table;
    const { Properties } = tableWithKey(state, partitionKey);
    expect(Properties).toMatchObject({
      KeySchema: [
        { AttributeName: partitionKey, KeyType: 'HASH' },
        ...('sortKey' in table ? [{ AttributeName: table.sortKey, KeyType: 'RANGE' }] : []),
      ],
      AttributeDefinitions: expect.arrayContaining([{ AttributeName: partitionKey, AttributeType: 'S' }]),
      TimeToLiveSpecification: { AttributeName: timeToLive, Enabled: true },
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [{ SSESpecification: { KMSMasterKeyId: { 'Fn::GetAtt': [encryptionKey, 'Arn'] } } }],
    });
  });

  it('streams new images of tasks and of operators’ actions only', () => {
    for (const key of ['taskId', 'month']) {
      expect(tableWithKey(state, key).Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_IMAGE' });
    }
    expect(tableWithKey(state, 'jti').Properties.StreamSpecification).toBeUndefined();
    expect(tableWithKey(state, 'lookupKey').Properties.StreamSpecification).toBeUndefined();
  });

  it('indexes tasks as the contract says, without payloads', () => {
    const { AttributeDefinitions, GlobalSecondaryIndexes } = tableWithKey(state, 'taskId').Properties;
    expect(GlobalSecondaryIndexes).toEqual(
      TASK_INDEXES.map(({ name, partitionKey, projected, sortKey }) => ({
        IndexName: name,
        KeySchema: [
          { AttributeName: partitionKey, KeyType: 'HASH' },
          { AttributeName: sortKey, KeyType: 'RANGE' },
        ],
        Projection:
          projected.length === 0
            ? { ProjectionType: 'KEYS_ONLY' }
            : { ProjectionType: 'INCLUDE', NonKeyAttributes: [...projected] },
      })),
    );
    expect(AttributeDefinitions).toEqual(
      expect.arrayContaining([
        { AttributeName: 'applicationShard', AttributeType: 'S' },
        { AttributeName: 'resourceShard', AttributeType: 'S' },
        { AttributeName: 'ownerShard', AttributeType: 'S' },
        { AttributeName: 'createdKey', AttributeType: 'S' },
        { AttributeName: 'dueShard', AttributeType: 'N' },
        { AttributeName: 'shard', AttributeType: 'N' },
        { AttributeName: 'due', AttributeType: 'N' },
        { AttributeName: 'quarantineShard', AttributeType: 'N' },
        { AttributeName: 'quarantinedKey', AttributeType: 'S' },
        { AttributeName: 'replayShard', AttributeType: 'N' },
        { AttributeName: 'replayedKey', AttributeType: 'S' },
      ]),
    );
    for (const secret of ['payload', 'quarantine', 'callbacks', 'uploads', 'journal', 'lastReplay', 'revoked']) {
      expect(JSON.stringify(GlobalSecondaryIndexes)).not.toContain(`"${secret}"`);
    }
  });

  it('keeps payloads private, encrypted with our key, over TLS only, without ACLs', () => {
    const bucket = theResource(state, 'AWS::S3::Bucket');
    expect(bucket.Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: {
              SSEAlgorithm: 'aws:kms',
              KMSMasterKeyID: { 'Fn::GetAtt': [encryptionKey, 'Arn'] },
            },
          },
        ],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
    expect(bucket.Properties).not.toHaveProperty('AccessControl');
    const { Bucket, PolicyDocument } = theResource(state, 'AWS::S3::BucketPolicy').Properties;
    expect(Bucket).toEqual({ Ref: bucket.id });
    const arn = { 'Fn::GetAtt': [bucket.id, 'Arn'] };
    const denied = { Effect: 'Deny', Action: 's3:*', Principal: { AWS: '*' } };
    const everything = { Resource: [arn, { 'Fn::Join': ['', [arn, '/*']] }] };
    expect(PolicyDocument).toMatchObject({
      Statement: [
        { ...denied, ...everything, Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
        { ...denied, ...everything, Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } },
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 's3:*',
          Resource: { 'Fn::Join': ['', [arn, '/*']] },
          Condition: { ArnNotLike: { 'aws:PrincipalArn': [FUNCTION_ROLES] } },
        },
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 's3:PutReplicationConfiguration',
          Resource: arn,
          Condition: { ArnNotLike: { 'aws:PrincipalArn': [FUNCTION_ROLES] } },
        },
      ],
    });
  });

  it('deletes payloads after their tasks, old versions after a week, revealed copies after a day', () => {
    const { LifecycleConfiguration, VersioningConfiguration } = theResource(state, 'AWS::S3::Bucket').Properties;
    expect(VersioningConfiguration).toEqual({ Status: 'Enabled' });
    expect(LifecycleConfiguration).toEqual({
      Rules: [
        {
          Status: 'Enabled',
          // A week, the longest `expiresIn`, and 30 days of retention.
          ExpirationInDays: 37,
          NoncurrentVersionExpiration: { NoncurrentDays: 7 },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
        {
          Status: 'Enabled',
          Prefix: 'reveals/',
          ExpirationInDays: 1,
          NoncurrentVersionExpiration: { NoncurrentDays: 1 },
        },
      ],
    });
  });

  it.each([
    ['tasks', 'taskId'],
    ['used tokens', 'jti'],
    ['lookups', 'lookupKey'],
  ])('denies item access to the table of %s except to functions, and permits managing it', (_, key) => {
    const [replica] = tableWithKey(state, key).Properties.Replicas as Record<string, { PolicyDocument?: unknown }>[];
    expect(replica?.ResourcePolicy?.PolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: [
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
          ].map((action) => `dynamodb:${action}`),
          Resource: '*',
          Condition: { ArnNotLike: { 'aws:PrincipalArn': [FUNCTION_ROLES] } },
        },
      ],
    });
  });

  it.each(['taskId', 'month'])('denies access to the stream of the table by %s except to functions', (key) => {
    const [replica] = tableWithKey(state, key).Properties.Replicas as Record<string, unknown>[];
    expect(replica?.ReplicaStreamSpecification).toMatchObject({
      ResourcePolicy: {
        PolicyDocument: {
          Statement: [
            {
              Effect: 'Deny',
              Principal: { AWS: '*' },
              Action: ['dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
              Condition: { ArnNotLike: { 'aws:PrincipalArn': [FUNCTION_ROLES] } },
            },
          ],
        },
      },
    });
  });

  it('has a log key that CloudWatch Logs may use for log groups of this account', () => {
    const { EnableKeyRotation, KeyPolicy } = resourcesOf(state, 'AWS::KMS::Key').LogKey3EBDB3E8?.Properties ?? {};
    expect(EnableKeyRotation).toBe(true);
    expect((KeyPolicy as { Statement: unknown[] }).Statement.slice(1)).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'logs.eu-west-1.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
        Resource: '*',
        Condition: {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:eu-west-1:123456789012:log-group:*' },
        },
      },
    ]);
  });

  it('reports new objects on the default event bus, without a custom resource', () => {
    expect(theResource(state, 'AWS::S3::Bucket').Properties.NotificationConfiguration).toEqual({
      EventBridgeConfiguration: { EventBridgeEnabled: true },
    });
    state.resourceCountIs('Custom::S3BucketNotifications', 0);
  });

  it('T2 has a symmetric key for private keys, and an HMAC key for codes, both in KMS', () => {
    const keys = Object.values(resourcesOf(state, 'AWS::KMS::Key')).filter(({ Properties }) => Properties.KeySpec);
    expect(keys.map(({ Properties }) => [Properties.KeySpec, Properties.KeyUsage])).toEqual([
      ['HMAC_256', 'GENERATE_VERIFY_MAC'],
    ]);
    const { EnableKeyRotation, KeyUsage } =
      resourcesOf(state, 'AWS::KMS::Key').SigningKeysEncryptionKey3E6D89A4?.Properties ?? {};
    expect([EnableKeyRotation, KeyUsage]).toEqual([true, undefined]);
  });

  it('keeps its logical ids, because a new id is a new table, bucket or key', () => {
    const kept = ['AWS::DynamoDB::GlobalTable', 'AWS::KMS::Key', 'AWS::S3::Bucket'].flatMap((type) =>
      Object.keys(resourcesOf(state, type)),
    );
    expect(kept.sort()).toEqual([
      'Audit60AC924E',
      'CodeKey52F7A0C4',
      'JtisF59C0D5D',
      'LogKey3EBDB3E8',
      'Lookups1B4CFE96',
      'Payloads07513F43',
      'SigningKeysEncryptionKey3E6D89A4',
      'SigningKeysTable59483E6F',
      'TableKeyCCA6FF29',
      'Tasks1F9FE53F',
    ]);
  });
});

describe('access to data', () => {
  it('dataOperators: may access the tables, the stream and the bucket', () => {
    const operator = 'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/Support_*';
    const { state } = synthesize(anAwsEnvironment({ dataOperators: [operator] }));
    const admitted = `"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::123456789012:role/postern/test/*","${operator}"]}`;
    expect(JSON.stringify(state.toJSON()).split(admitted)).toHaveLength(1 + 5 + 2 + 2);
  });
});

describe('tableThroughput', () => {
  const most = (input: ReturnType<typeof anAwsEnvironment>) =>
    Object.values(resourcesOf(synthesize(input).state, TABLE)).flatMap(({ Properties }) => {
      const [replica] = Properties.Replicas as Throughput[];
      const indexes = (Properties.GlobalSecondaryIndexes ?? []) as Throughput[];
      const replicaIndexes = (replica?.GlobalSecondaryIndexes ?? []) as Throughput[];
      return [
        [replica, Properties as unknown as Throughput] as const,
        ...indexes.map((index, i) => [replicaIndexes[i], index] as const),
      ].map(([reads, writes]) => [
        reads?.ReadOnDemandThroughputSettings?.MaxReadRequestUnits,
        writes?.WriteOnDemandThroughputSettings?.MaxWriteRequestUnits,
      ]);
    });

  it('limits each table and each index, and nothing by default', () => {
    const bounded = most(anAwsEnvironment({ tableThroughput: { readUnits: 500, writeUnits: 200 } }));
    expect(bounded).toEqual(Array(TABLES_AND_INDEXES).fill([500, 200]));
    expect(most(anAwsEnvironment())).toEqual(Array(TABLES_AND_INDEXES).fill([undefined, undefined]));
  });
});

describe('warmThroughput', () => {
  const warm = (input: ReturnType<typeof anAwsEnvironment>) =>
    Object.values(resourcesOf(synthesize(input).state, TABLE)).flatMap(({ Properties }) =>
      [Properties, ...((Properties.GlobalSecondaryIndexes ?? []) as Record<string, unknown>[])].map(
        ({ WarmThroughput }) => WarmThroughput,
      ),
    );

  it('is set for each table and each index, and left to DynamoDB by default', () => {
    expect(warm(anAwsEnvironment({ warmThroughput: { readUnits: 12_000, writeUnits: 8_000 } }))).toEqual(
      Array(TABLES_AND_INDEXES).fill({ ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 8_000 }),
    );
    expect(warm(anAwsEnvironment())).toEqual(Array(TABLES_AND_INDEXES).fill(undefined));
  });
});

interface Throughput {
  readonly ReadOnDemandThroughputSettings?: { readonly MaxReadRequestUnits: number };
  readonly WriteOnDemandThroughputSettings?: { readonly MaxWriteRequestUnits: number };
  readonly GlobalSecondaryIndexes?: readonly unknown[];
}

describe('the expiry of payloads', () => {
  it.each([
    [1, 8],
    [14, 21],
    [365, 372],
  ])('for %i days of retention is %i days', (days, expected) => {
    const { state } = synthesize(anAwsEnvironment({ retention: Duration.days(days) }));
    expect(theResource(state, 'AWS::S3::Bucket').Properties.LifecycleConfiguration).toMatchObject({
      Rules: [{ ExpirationInDays: expected }, { Prefix: 'reveals/' }],
    });
  });

  it('rounds up a retention that is not a whole number of days', () => {
    const { state } = synthesize(anAwsEnvironment({ retention: Duration.hours(25) }));
    expect(theResource(state, 'AWS::S3::Bucket').Properties.LifecycleConfiguration).toMatchObject({
      Rules: [{ ExpirationInDays: 9 }, { Prefix: 'reveals/' }],
    });
  });
});

describe('the deletion of the stack', () => {
  const kept = (isProtected: boolean) => {
    const { state } = synthesize(anAwsEnvironment({ protected: isProtected }));
    return {
      tables: Object.values(resourcesOf(state, TABLE)),
      all: [...Object.values(resourcesOf(state, TABLE)), ...Object.values(resourcesOf(state, 'AWS::KMS::Key'))],
    };
  };

  it('protected: retains tables and keys, with backups and deletion protection', () => {
    const { tables, all } = kept(true);
    for (const { DeletionPolicy, UpdateReplacePolicy } of all) {
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    }
    for (const { Properties } of tables) {
      expect(Properties.Replicas).toMatchObject([
        {
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      ]);
    }
  });

  it('not protected: deletes everything', () => {
    const { tables, all } = kept(false);
    for (const { DeletionPolicy } of all) expect(DeletionPolicy).toBe('Delete');
    for (const { Properties } of tables)
      expect(Properties.Replicas).toMatchObject([{ DeletionProtectionEnabled: false }]);
  });

  it.each([true, false])(
    'a bucket with payloads is not deleted with its stack, protected or not: %s',
    (isProtected) => {
      const { state } = synthesize(anAwsEnvironment({ protected: isProtected }));
      const { DeletionPolicy, UpdateReplacePolicy } = theResource(state, 'AWS::S3::Bucket');
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    },
  );

  it('C6 keeps a jti record longer than any possible use of its token', () => {
    expect(JTI_RETENTION_AFTER_EXP_SECONDS).toBeGreaterThan(CLOCK_TOLERANCE_SECONDS);
  });
});
