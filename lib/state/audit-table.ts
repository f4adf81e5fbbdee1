import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { AUDIT_TABLE } from '../../lambda/contract/tables.ts';
import { denyItemChanges } from './data-access-policy.ts';
import type { DataKey } from './data-key.ts';
import type { ProtectedTableProps } from './protected-table.ts';
import { grantReadRecords, grantReadStream, protectedTable } from './protected-table.ts';

interface TableVariables {
  readonly AUDIT_TABLE: string;
}

/**
 * Actions of operators. Items are only added: the table's policy denies changes and deletions to every principal. DynamoDB
 * itself deletes expired items, as a service and without a request of a principal.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 */
export class AuditTable extends Construct {
  readonly table: TableV2;
  /** ARN of the stream of new images. */
  readonly streamArn: string;
  private readonly key: DataKey;

  constructor(scope: Construct, id: string, props: ProtectedTableProps) {
    super(scope, id);
    this.key = props.key;
    this.table = protectedTable(this, props, AUDIT_TABLE, {
      dynamoStream: StreamViewType.NEW_IMAGE,
      policyStatements: denyItemChanges(this, props.dataAccess),
    });
    // The ARN is defined because the table has a stream.
    this.streamArn = this.table.tableStreamArn as string;
  }

  /** Lets a function add items, alone or in a transaction with the action that they describe. */
  grantAppend(grantee: IGrantable): TableVariables {
    Grant.addToPrincipal({ grantee, actions: ['dynamodb:PutItem'], resourceArns: [this.table.tableArn] });
    this.key.grantWriteTable(grantee);
    return this.variables();
  }

  /** Lets a function add items, and find out which of them it has added before. */
  grantAppendOnce(grantee: IGrantable): TableVariables {
    Grant.addToPrincipal({ grantee, actions: ['dynamodb:BatchGetItem'], resourceArns: [this.table.tableArn] });
    return this.grantAppend(grantee);
  }

  /** Lets a function list items by month. */
  grantRead(grantee: IGrantable): TableVariables {
    Grant.addToPrincipal({ grantee, actions: ['dynamodb:Query'], resourceArns: [this.table.tableArn] });
    this.key.grantReadTable(grantee);
    return this.variables();
  }

  /** Lets a function read single records of the stream of new items. */
  grantReadAgain(grantee: IGrantable): void {
    grantReadRecords(grantee, this.streamArn, this.key);
  }

  /** Lets a function read the stream of new items. */
  grantReadChanges(grantee: IGrantable): void {
    grantReadStream(grantee, this.streamArn, this.key);
  }

  private variables(): TableVariables {
    return { AUDIT_TABLE: this.table.tableName };
  }
}
