import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

export interface DataKeyProps {
  /** Whether the key outlives its stack. Without it no table, backup, stream or payload can be read again. */
  readonly protected: boolean;
}

/** The services that use the key in the name of whoever reads or writes what they keep. */
type Keeper = 'dynamodb' | 's3';

/**
 * The key that tables and payloads are encrypted with. DynamoDB and S3 use it in the name of whoever reads or writes, so
 * that the way into a table or the bucket includes the key, and the key can be used through that service alone.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
export class DataKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, props: DataKeyProps) {
    super(scope, id);
    this.key = new Key(this, 'Resource', {
      description: 'Encrypts the tables and payloads of Postern',
      enableKeyRotation: true,
      removalPolicy: props.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }

  /** What reading an encrypted table or its stream needs. */
  grantReadTable(grantee: IGrantable): Grant {
    return this.grant(grantee, 'dynamodb', ['kms:Decrypt', 'kms:DescribeKey']);
  }

  /** What writing to an encrypted table needs; DynamoDB reads the table's own key to write with it. */
  grantWriteTable(grantee: IGrantable): Grant {
    return this.grant(grantee, 'dynamodb', [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey*',
      'kms:ReEncrypt*',
    ]);
  }

  /** What reading an encrypted object needs. */
  grantReadObject(grantee: IGrantable): Grant {
    return this.grant(grantee, 's3', ['kms:Decrypt']);
  }

  /** What putting an encrypted object in one piece needs. */
  grantPutObject(grantee: IGrantable): Grant {
    return this.grant(grantee, 's3', ['kms:GenerateDataKey']);
  }

  private grant(grantee: IGrantable, keeper: Keeper, actions: string[]): Grant {
    const viaService = `${keeper}.${Stack.of(this).region}.amazonaws.com`;
    return Grant.addToPrincipal({
      grantee,
      actions,
      resourceArns: [this.key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': viaService } },
    });
  }
}
