import { RemovalPolicy } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Variables } from '../../lambda/contract/variables.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';

/**
 * What the console signs its forms and its session cookies with. A key of its own: with the key of short codes, the
 * console could derive codes. It lives and ends with the gateway: nothing that it signed is good for longer than a session. About
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
      reason: 'KMS rotates no key for HMAC, and what this one signs is good for a session at most.',
    });
  }

  /** Lets the console derive the key that it signs with. */
  grantDerive(grantee: IGrantable): Pick<Variables<'console'>, 'FORM_KEY_ID'> {
    Grant.addToPrincipal({ grantee, actions: ['kms:GenerateMac'], resourceArns: [this.key.keyArn] });
    return { FORM_KEY_ID: this.key.keyArn };
  }
}
