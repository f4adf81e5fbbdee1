import { RemovalPolicy } from 'aws-cdk-lib';
import type { TablePropsV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { TableThroughput, WarmThroughput } from '../config/operation.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';
import type { DataAccess } from './data-access-policy.ts';
import { denyItemAccess, denyRecordAccess } from './data-access-policy.ts';
import type { DataKey } from './data-key.ts';

/** Properties that all tables have in common. */
export interface ProtectedTableProps {
  readonly key: DataKey;
  /** True if the table is retained with its stack, has deletion protection, and point-in-time recovery. */
  readonly protected: boolean;
  /** Principals that may read and write its items. */
  readonly dataAccess: DataAccess;
  /**
   * Maximum throughput of the table and of each index.
   * @default the account's quota
   */
  readonly throughput?: TableThroughput;
  /**
   * Throughput that the table and each index support at once.
   * @default DynamoDB's own value
   */
  readonly warmThroughput?: WarmThroughput;
}

/** Key attributes of a table, from the contract. */
export interface TableKeys {
  readonly partitionKey: string;
  readonly sortKey?: string;
  /** @default AttributeType.STRING */
  readonly sortKeyType?: AttributeType;
  readonly timeToLive: string;
}

/** Properties that only some tables have. */
export interface TableExtras extends Pick<TablePropsV2, 'dynamoStream' | 'globalSecondaryIndexes'> {
  /** Statements of the table's policy, besides those that every table has. */
  readonly policyStatements?: readonly PolicyStatement[];
}

/** Creates an on-demand table. It is encrypted with our key, denies access to other principals, and is retained if `protected`. */
export const protectedTable = (
  scope: Construct,
  common: ProtectedTableProps,
  keys: TableKeys,
  { policyStatements = [], ...props }: TableExtras = {},
): TableV2 => {
  const { dataAccess, key, throughput, warmThroughput } = common;
  const maximum =
    throughput === undefined
      ? {}
      : { maxReadRequestUnits: throughput.readUnits, maxWriteRequestUnits: throughput.writeUnits };
  const warm =
    warmThroughput === undefined
      ? {}
      : {
          warmThroughput: {
            readUnitsPerSecond: warmThroughput.readUnits,
            writeUnitsPerSecond: warmThroughput.writeUnits,
          },
        };
  const resourcePolicy = denyItemAccess(scope, dataAccess);
  resourcePolicy.addStatements(...policyStatements);
  const table = new TableV2(scope, 'Resource', {
    ...props,
    partitionKey: { name: keys.partitionKey, type: AttributeType.STRING },
    ...(keys.sortKey !== undefined && {
      sortKey: { name: keys.sortKey, type: keys.sortKeyType ?? AttributeType.STRING },
    }),
    timeToLiveAttribute: keys.timeToLive,
    globalSecondaryIndexes: props.globalSecondaryIndexes?.map((index) => ({ ...index, ...maximum, ...warm })) ?? [],
    ...warm,
    billing: Billing.onDemand(maximum),
    resourcePolicy,
    ...(props.dynamoStream !== undefined && { streamResourcePolicy: denyRecordAccess(scope, dataAccess) }),
    encryption: TableEncryptionV2.customerManagedKey(key.key),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: common.protected },
    deletionProtection: common.protected,
    removalPolicy: common.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  if (!common.protected) {
    acceptFindingsOfCheckov(table, {
      id: 'CKV_AWS_165',
      reason: 'The environment is not protected: the data in its tables is not meant to be kept.',
    });
  }
  return table;
};

/** Lets the mapping of a function read the stream of a table. */
export const grantReadStream = (grantee: IGrantable, streamArn: string, key: DataKey): void => {
  grantReadRecords(grantee, streamArn, key);
  // IAM supports no resource for this action. It lists stream names, never records.
  Grant.addToPrincipal({ grantee, actions: ['dynamodb:ListStreams'], resourceArns: ['*'] });
};

/** Lets a function itself read records of the stream of a table. */
export const grantReadRecords = (grantee: IGrantable, streamArn: string, key: DataKey): void => {
  Grant.addToPrincipal({
    grantee,
    actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    resourceArns: [streamArn],
  });
  key.grantReadTable(grantee);
};
