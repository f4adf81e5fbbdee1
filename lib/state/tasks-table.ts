import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AttributeType, StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Variables } from '../../lambda/contract/environment-variables.ts';
import { TASKS_TABLE } from '../../lambda/contract/tables.ts';
import { protectedTable } from './protected-table.ts';
import type { TableKey } from './table-key.ts';

export interface TasksTableProps {
  readonly key: TableKey;
  /** Whether the table outlives its stack, is kept from deletion, and can be restored to any second. */
  readonly protected: boolean;
}

type TableVariables = Pick<Variables<'receive'>, 'TASKS_TABLE'>;

/** The tasks. Its stream is the outbox: each change of a task is published from it. */
export class TasksTable extends Construct {
  readonly table: TableV2;
  /** ARN of the stream of new images. */
  readonly streamArn: string;
  private readonly key: TableKey;

  constructor(scope: Construct, id: string, props: TasksTableProps) {
    super(scope, id);
    this.key = props.key;
    const table = protectedTable(this, props, {
      partitionKey: { name: TASKS_TABLE.partitionKey, type: AttributeType.STRING },
      timeToLiveAttribute: TASKS_TABLE.timeToLive,
      // The item says what happened to it, so that the old image would only cost.
      dynamoStream: StreamViewType.NEW_IMAGE,
    });
    this.table = table;
    // Defined because the table has a stream.
    this.streamArn = table.tableStreamArn as string;
  }

  /** Lets a function put new tasks. */
  grantOpen(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:PutItem']);
    this.key.grantWrite(grantee);
    return this.variables();
  }

  /** Lets a function change a task that it names, without reading it. */
  grantRecord(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:UpdateItem']);
    this.key.grantWrite(grantee);
    return this.variables();
  }

  /** Lets a function read and change single tasks. */
  grantReadAndChange(grantee: IGrantable): TableVariables {
    this.grant(grantee, ['dynamodb:GetItem', 'dynamodb:UpdateItem']);
    this.key.grantWrite(grantee);
    return this.variables();
  }

  /** Lets a function read the stream of changes. */
  grantReadChanges(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      resourceArns: [this.streamArn],
    });
    // IAM knows no resource for it; it shows names of streams, never what is in them.
    Grant.addToPrincipal({ grantee, actions: ['dynamodb:ListStreams'], resourceArns: ['*'] });
    this.key.grantRead(grantee);
  }

  private grant(grantee: IGrantable, actions: string[]): void {
    Grant.addToPrincipal({ grantee, actions, resourceArns: [this.table.tableArn] });
  }

  private variables(): TableVariables {
    return { TASKS_TABLE: this.table.tableName };
  }
}
