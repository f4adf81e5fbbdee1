import { RemovalPolicy } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Variables } from '../../lambda/contract/variables.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';

/**
 * HMAC key for the console's forms and session cookies. It is separate from the key of short codes, with which the console
 * could derive codes. It is deleted with the gateway, because its signatures are valid for one session at most. About
 * 1 USD a month.
 */
export class FormKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.key = new Key(this, 'Resource', {
      description: 'Signs the forms of the console of Postern',
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acceptFindingsOfCheckov(this.key, {
      id: 'CKV_AWS_7',
      reason: 'KMS does not rotate HMAC keys, and its signatures are valid for one session at most.',
    });
  }

  /** Lets the console derive its signing key. */
  grantDerive(grantee: IGrantable): Pick<Variables<'console'>, 'FORM_KEY_ID'> {
    Grant.addToPrincipal({ grantee, actions: ['kms:GenerateMac'], resourceArns: [this.key.keyArn] });
    return { FORM_KEY_ID: this.key.keyArn };
  }
}
