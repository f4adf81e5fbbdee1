import { RemovalPolicy } from 'aws-cdk-lib';
import type { TablePropsV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import type { TableThroughput, WarmThroughput } from '../config/operation.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';
import type { DataAccess } from './data-access-policy.ts';
import { denyItemAccess, denyRecordAccess } from './data-access-policy.ts';
import type { DataKey } from './data-key.ts';

/** What every table is made with. */
export interface ProtectedTableProps {
  readonly key: DataKey;
  /** Whether the table outlives its stack, is kept from deletion, and can be restored to any second. */
  readonly protected: boolean;
  /** Who may read and write its items. */
  readonly dataAccess: DataAccess;
  /**
   * Most that the table and each of its indexes may use.
   * @default what the account's quota allows
   */
  readonly throughput?: TableThroughput;
  /**
   * What the table and each of its indexes take at once.
   * @default what DynamoDB gives by itself
   */
  readonly warmThroughput?: WarmThroughput;
}

/** Keys of a table, as the contract names them. */
export interface TableKeys {
  readonly partitionKey: string;
  readonly timeToLive: string;
}

/** A table on demand, encrypted with our key, closed to everybody else, and kept as long as the environment says. */
export const protectedTable = (
  scope: Construct,
  kept: ProtectedTableProps,
  keys: TableKeys,
  props: Pick<TablePropsV2, 'dynamoStream' | 'globalSecondaryIndexes'> = {},
): TableV2 => {
  const { dataAccess, key, throughput, warmThroughput } = kept;
  const most =
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
    globalSecondaryIndexes: props.globalSecondaryIndexes?.map((index) => ({ ...index, ...most, ...warm })) ?? [],
    ...warm,
    billing: Billing.onDemand(most),
    resourcePolicy: denyItemAccess(scope, dataAccess),
    ...(props.dynamoStream !== undefined && { streamResourcePolicy: denyRecordAccess(scope, dataAccess) }),
    encryption: TableEncryptionV2.customerManagedKey(key.key),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: kept.protected },
    deletionProtection: kept.protected,
    removalPolicy: kept.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  if (!kept.protected) {
    acceptFindingsOfCheckov(table, {
      id: 'CKV_AWS_165',
      reason: 'The environment is not protected: what is in its tables is not meant to be kept.',
    });
  }
  return table;
};
