import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { JTI_TABLE } from '../../lambda/contract/tables.ts';
import type { Variables } from '../../lambda/contract/variables.ts';
import type { DataKey } from './data-key.ts';
import type { ProtectedTableProps } from './protected-table.ts';
import { protectedTable } from './protected-table.ts';

/** Records of used callback tokens. A record is kept until no use of its token can be accepted any more. */
export class JtiTable extends Construct {
  readonly table: TableV2;
  private readonly key: DataKey;

  constructor(scope: Construct, id: string, props: ProtectedTableProps) {
    super(scope, id);
    this.key = props.key;
    this.table = protectedTable(this, props, JTI_TABLE);
  }

  /** Lets a function record the use of a token, and read the record of a presented token. */
  grantConsume(grantee: IGrantable): Pick<Variables<'receive'>, 'JTI_TABLE'> {
    Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
      resourceArns: [this.table.tableArn],
    });
    this.key.grantWriteTable(grantee);
    return { JTI_TABLE: this.table.tableName };
  }

  /** Lets a function read the records of several tokens at once. */
  grantCountUses(grantee: IGrantable): Pick<Variables<'receive'>, 'JTI_TABLE'> {
    Grant.addToPrincipal({ grantee, actions: ['dynamodb:BatchGetItem'], resourceArns: [this.table.tableArn] });
    this.key.grantReadTable(grantee);
    return { JTI_TABLE: this.table.tableName };
  }
}
