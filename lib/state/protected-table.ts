import { RemovalPolicy } from 'aws-cdk-lib';
import type { TablePropsV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
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
  readonly timeToLive: string;
}

/** Creates an on-demand table. It is encrypted with our key, denies access to other principals, and is retained if `protected`. */
export const protectedTable = (
  scope: Construct,
  common: ProtectedTableProps,
  keys: TableKeys,
  props: Pick<TablePropsV2, 'dynamoStream' | 'globalSecondaryIndexes'> = {},
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
  const table = new TableV2(scope, 'Resource', {
    ...props,
    partitionKey: { name: keys.partitionKey, type: AttributeType.STRING },
    timeToLiveAttribute: keys.timeToLive,
    globalSecondaryIndexes: props.globalSecondaryIndexes?.map((index) => ({ ...index, ...maximum, ...warm })) ?? [],
    ...warm,
    billing: Billing.onDemand(maximum),
    resourcePolicy: denyItemAccess(scope, dataAccess),
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
