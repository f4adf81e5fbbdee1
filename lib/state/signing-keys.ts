import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { CallbackTokenAlgorithm } from '../../lambda/contract/claims.ts';
import type { Variables } from '../../lambda/contract/variables.ts';
import type { Environment } from '../config/environment.ts';
import type { SigningKeyUse } from '../config/keys.ts';
import { FIRST_SIGNING_KEY } from '../names.ts';

export interface SigningKeysProps {
  /** Keys by id. One of them has the use `current`. */
  readonly keys: Environment['signingKeys'];
  /** True if the keys are retained with their stack. Without its key a callback URL stops working. */
  readonly protected: boolean;
}

type KeyVariables = Pick<Variables<'receive'>, 'SIGNING_KEY_IDS'>;

const KEY_SPECS: Readonly<Record<CallbackTokenAlgorithm, KeySpec>> = {
  ES256: KeySpec.ECC_NIST_P256,
  RS256: KeySpec.RSA_2048,
};

/** Uses of keys whose tokens are accepted, the one that signs first. */
const ACCEPTED_USES: readonly SigningKeyUse[] = ['current', 'next', 'previous'];

/** Keys in KMS that sign callback tokens. A private key never leaves KMS. */
export class SigningKeys extends Construct {
  /** Keys whose tokens are accepted, the one that signs first. */
  private readonly accepted: readonly Key[];

  constructor(scope: Construct, id: string, props: SigningKeysProps) {
    super(scope, id);
    const keys = Object.entries(props.keys).map(([keyId, { algorithm, use }]) => {
      const key = new Key(this, constructId(keyId), {
        description: 'Signs the callback tokens of Postern',
        keySpec: KEY_SPECS[algorithm],
        keyUsage: KeyUsage.SIGN_VERIFY,
        removalPolicy: props.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      });
      // A key that is no longer accepted is still exported. CloudFormation refuses to remove an export while another stack
      // imports it, so the gateway must drop the import first.
      Stack.of(this).exportValue(key.keyArn);
      return { use, key };
    });
    this.accepted = ACCEPTED_USES.flatMap((use) => keys.filter((one) => one.use === use)).map(({ key }) => key);
  }

  /** Lets a function fetch the public keys. */
  grantVerify(grantee: IGrantable): KeyVariables {
    return this.grant(grantee, ['kms:GetPublicKey'], this.accepted);
  }

  /** Lets a function sign with the current key. The function reads the public key to compute the key's id. */
  grantSign(grantee: IGrantable): KeyVariables {
    return this.grant(grantee, ['kms:GetPublicKey', 'kms:Sign'], this.accepted.slice(0, 1));
  }

  private grant(grantee: IGrantable, actions: string[], keys: readonly Key[]): KeyVariables {
    Grant.addToPrincipal({ grantee, actions, resourceArns: keys.map((key) => key.keyArn) });
    return { SIGNING_KEY_IDS: this.accepted.map((key) => key.keyArn) };
  }
}

/**
 * Construct id of a key. It determines the logical id, which never changes: a key with another logical id is another key.
 * The first key is named `Current` because it once was the only one.
 */
const constructId = (keyId: string): string => (keyId === FIRST_SIGNING_KEY ? 'Current' : `Key-${keyId}`);
