import { RemovalPolicy } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Variables } from '../../lambda/contract/variables.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';

export interface CodeKeyProps {
  /** Whether the key outlives its stack. Without it a repeated request would be answered with other short codes. */
  readonly protected: boolean;
}

/** The key that short codes are derived with: HMAC, inside KMS, so that a code is nowhere and yet comes out the same. */
export class CodeKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, props: CodeKeyProps) {
    super(scope, id);
    this.key = new Key(this, 'Resource', {
      description: 'Derives the short codes of Postern',
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      removalPolicy: props.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    acceptFindingsOfCheckov(this.key, {
      id: 'CKV_AWS_7',
      reason: 'KMS rotates no key for HMAC, and a code that was given out must come out the same.',
    });
  }

  /** Lets a function derive codes. */
  grantDerive(grantee: IGrantable): Pick<Variables<'create-task'>, 'CODE_KEY_ID'> {
    Grant.addToPrincipal({ grantee, actions: ['kms:GenerateMac'], resourceArns: [this.key.keyArn] });
    return { CODE_KEY_ID: this.key.keyArn };
  }
}
