import { RemovalPolicy } from 'aws-cdk-lib';
import type { TablePropsV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import type { DataKey } from './data-key.ts';

/** What every table is made with. */
export interface ProtectedTableProps {
  readonly key: DataKey;
  /** Whether the table outlives its stack, is kept from deletion, and can be restored to any second. */
  readonly protected: boolean;
}

/** A table on demand, encrypted with our key, and kept as long as the environment says. */
export const protectedTable = (
  scope: Construct,
  kept: ProtectedTableProps,
  props: Pick<TablePropsV2, 'partitionKey' | 'timeToLiveAttribute' | 'dynamoStream' | 'globalSecondaryIndexes'>,
): TableV2 =>
  new TableV2(scope, 'Resource', {
    ...props,
    billing: Billing.onDemand(),
    encryption: TableEncryptionV2.customerManagedKey(kept.key.key),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: kept.protected },
    deletionProtection: kept.protected,
    removalPolicy: kept.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
