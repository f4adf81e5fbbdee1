import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

export interface TableKeyProps {
  /** Whether the key outlives its stack. Without it no table, backup or stream can be read again. */
  readonly protected: boolean;
}

/**
 * The key that the tables are encrypted with. DynamoDB uses it in the name of whoever reads or writes a table, so
 * that a table's way in includes the key, and the key can be used through DynamoDB alone.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
export class TableKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, props: TableKeyProps) {
    super(scope, id);
    this.key = new Key(this, 'Resource', {
      description: 'Encrypts the tables of Postern',
      enableKeyRotation: true,
      removalPolicy: props.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }

  /** What reading an encrypted table or its stream needs. */
  grantRead(grantee: IGrantable): Grant {
    return this.grant(grantee, ['kms:Decrypt', 'kms:DescribeKey']);
  }

  /** What writing to an encrypted table needs; DynamoDB reads the table's own key to write with it. */
  grantWrite(grantee: IGrantable): Grant {
    return this.grant(grantee, [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey*',
      'kms:ReEncrypt*',
    ]);
  }

  private grant(grantee: IGrantable, actions: string[]): Grant {
    const viaService = `dynamodb.${Stack.of(this).region}.amazonaws.com`;
    return Grant.addToPrincipal({
      grantee,
      actions,
      resourceArns: [this.key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': viaService } },
    });
  }
}
