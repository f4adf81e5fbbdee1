import { RemovalPolicy } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Variables } from '../../lambda/contract/variables.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';

export interface ShortCodeHmacKeyProps {
  /** True if the key is retained with its stack. Without it a repeated request would get other short codes. */
  readonly protected: boolean;
}

/** HMAC key in KMS from which short codes are derived. A code is stored nowhere, and a repeated request gets the same one. */
export class ShortCodeHmacKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, props: ShortCodeHmacKeyProps) {
    super(scope, id);
    this.key = new Key(this, 'Resource', {
      description: 'Derives the short codes of Postern',
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      removalPolicy: props.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    acceptFindingsOfCheckov(this.key, {
      id: 'CKV_AWS_7',
      reason: 'KMS does not rotate HMAC keys, and a repeated request must get the same short code.',
    });
  }

  /** Lets a function derive codes. */
  grantDerive(grantee: IGrantable): Pick<Variables<'create-task'>, 'CODE_KEY_ID'> {
    Grant.addToPrincipal({ grantee, actions: ['kms:GenerateMac'], resourceArns: [this.key.keyArn] });
    return this.variables();
  }

  /** Returns the ARN of the key for a function that makes no codes. */
  variables(): Pick<Variables<'create-task'>, 'CODE_KEY_ID'> {
    return { CODE_KEY_ID: this.key.keyArn };
  }
}
