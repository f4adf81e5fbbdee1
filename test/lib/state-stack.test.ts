import { describe, expect, it } from 'vitest';
import { CLOCK_TOLERANCE_SECONDS, JTI_RETENTION_AFTER_EXP_SECONDS } from '../../lambda/contract/limits.ts';
import { JTI_TABLE, TASKS_TABLE } from '../../lambda/contract/tables.ts';
import { aLocalEnvironment, anAwsEnvironment } from '../support/environments.ts';
import { synthesize } from '../support/synthesize.ts';
import { resourcesOf } from '../support/template.ts';

const TABLE = 'AWS::DynamoDB::GlobalTable';
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
  const encryptionKey = Object.entries(resourcesOf(state, 'AWS::KMS::Key')).find(
    ([, { Properties }]) => Properties.KeySpec === undefined,
  )?.[0];

  it.each([
    ['tasks', TASKS_TABLE],
    ['used tokens', JTI_TABLE],
  ])('has the table of %s as the contract names it, under our own key', (_name, { partitionKey, timeToLive }) => {
    const { Properties } = tableWithKey(state, partitionKey);
    expect(Properties).toMatchObject({
      KeySchema: [{ AttributeName: partitionKey, KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: partitionKey, AttributeType: 'S' }],
      TimeToLiveSpecification: { AttributeName: timeToLive, Enabled: true },
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [{ SSESpecification: { KMSMasterKeyId: { 'Fn::GetAtt': [encryptionKey, 'Arn'] } } }],
    });
  });

  it('streams new images of tasks, and nothing of used tokens', () => {
    expect(tableWithKey(state, 'taskId').Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_IMAGE' });
    expect(tableWithKey(state, 'jti').Properties.StreamSpecification).toBeUndefined();
  });

  it('T2 signs with an ES256 key that can do nothing else, inside KMS', () => {
    const keys = Object.values(resourcesOf(state, 'AWS::KMS::Key')).filter(({ Properties }) => Properties.KeySpec);
    expect(keys.map(({ Properties }) => [Properties.KeySpec, Properties.KeyUsage])).toEqual([
      ['ECC_NIST_P256', 'SIGN_VERIFY'],
    ]);
  });
});

describe('what survives', () => {
  const kept = (isProtected: boolean) => {
    const { state } = synthesize(anAwsEnvironment({ protected: isProtected }));
    return {
      tables: Object.values(resourcesOf(state, TABLE)),
      all: [...Object.values(resourcesOf(state, TABLE)), ...Object.values(resourcesOf(state, 'AWS::KMS::Key'))],
    };
  };

  it('protected: tables and keys outlive their stack, and tables can be restored and not be deleted', () => {
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

  it('not protected: everything goes with its stack', () => {
    const { tables, all } = kept(false);
    for (const { DeletionPolicy } of all) expect(DeletionPolicy).toBe('Delete');
    for (const { Properties } of tables)
      expect(Properties.Replicas).toMatchObject([{ DeletionProtectionEnabled: false }]);
  });

  it('C6 a jti record outlives every possible use of its token', () => {
    expect(JTI_RETENTION_AFTER_EXP_SECONDS).toBeGreaterThan(CLOCK_TOLERANCE_SECONDS);
  });
});
