import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

export interface DataKeyProps {
  /** True if the key is retained with its stack. Without it no table, backup, stream or payload can be read. */
  readonly protected: boolean;
}

/** Services that use the key on behalf of their caller. */
type DataService = 'dynamodb' | 's3';

/**
 * Encryption key of tables and payloads. DynamoDB and S3 use it on behalf of their caller. So access to a table or to the
 * bucket needs permission for the key too, and the key can be used only through these services.
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

  /** Grants the permissions for reading an encrypted table or its stream. */
  grantReadTable(grantee: IGrantable): Grant {
    return this.grant(grantee, 'dynamodb', ['kms:Decrypt', 'kms:DescribeKey']);
  }

  /** Grants the permissions for writing to an encrypted table. DynamoDB decrypts the table's data key before it writes. */
  grantWriteTable(grantee: IGrantable): Grant {
    return this.grant(grantee, 'dynamodb', [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey*',
      'kms:ReEncrypt*',
    ]);
  }

  /** Grants the permission for reading an encrypted object. */
  grantReadObject(grantee: IGrantable): Grant {
    return this.grant(grantee, 's3', ['kms:Decrypt']);
  }

  /** Grants the permission for putting an encrypted object in one part. */
  grantPutObject(grantee: IGrantable): Grant {
    return this.grant(grantee, 's3', ['kms:GenerateDataKey']);
  }

  private grant(grantee: IGrantable, service: DataService, actions: string[]): Grant {
    const viaService = `${service}.${Stack.of(this).region}.amazonaws.com`;
    return Grant.addToPrincipal({
      grantee,
      actions,
      resourceArns: [this.key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': viaService } },
    });
  }
}
