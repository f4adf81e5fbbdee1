import { RemovalPolicy } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Variables } from '../../lambda/contract/environment-variables.ts';
import { LIST_SEPARATOR } from '../../lambda/contract/environment-variables.ts';

export interface SigningKeysProps {
  /** Whether the key outlives its stack. Without it every callback URL that is out stops working. */
  readonly protected: boolean;
}

type KeyVariables = Pick<Variables<'receive'>, 'SIGNING_KEY_IDS'>;

/** The keys that sign callback tokens: ES256, inside KMS, which never gives the private half away. */
export class SigningKeys extends Construct {
  /** The first one signs. */
  readonly keys: readonly [Key, ...Key[]];

  constructor(scope: Construct, id: string, props: SigningKeysProps) {
    super(scope, id);
    this.keys = [
      new Key(this, 'Current', {
        description: 'Signs the callback tokens of Postern',
        keySpec: KeySpec.ECC_NIST_P256,
        keyUsage: KeyUsage.SIGN_VERIFY,
        removalPolicy: props.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      }),
    ];
  }

  /** Lets a function fetch the public keys. */
  grantVerify(grantee: IGrantable): KeyVariables {
    Grant.addToPrincipal({
      grantee,
      actions: ['kms:GetPublicKey'],
      resourceArns: this.keys.map((key) => key.keyArn),
    });
    return { SIGNING_KEY_IDS: this.keys.map((key) => key.keyArn).join(LIST_SEPARATOR) };
  }

  /** Lets a function sign with the first key; it names the key it signs with by its public half. */
  grantSign(grantee: IGrantable): KeyVariables {
    Grant.addToPrincipal({ grantee, actions: ['kms:Sign'], resourceArns: [this.keys[0].keyArn] });
    return this.grantVerify(grantee);
  }
}
