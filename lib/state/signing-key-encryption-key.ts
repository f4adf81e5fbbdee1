import { RemovalPolicy } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { SIGNING_KEY_PURPOSE } from '../../lambda/contract/signing-keys.ts';
import { denyKeyUse } from './data-access-policy.ts';

export interface SigningKeyEncryptionKeyProps {
  readonly environmentName: string;
  /** True if the key is retained with its stack. Without it no key of the table can sign. */
  readonly protected: boolean;
}

/**
 * KMS key that encrypts the private halves of signing keys. KMS uses it only with the encryption context of a signing key of
 * this environment, so that a ciphertext from elsewhere cannot be decrypted. It exists with every setting of `signing`: after
 * a change and a change back, the keys of the table still sign. About 1 USD a month.
 * https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
 */
export class SigningKeyEncryptionKey extends Construct {
  readonly key: Key;
  readonly #environmentName: string;

  constructor(scope: Construct, id: string, props: SigningKeyEncryptionKeyProps) {
    super(scope, id);
    this.#environmentName = props.environmentName;
    this.key = new Key(this, 'Resource', {
      description: 'Encrypts the signing keys of Postern',
      enableKeyRotation: true,
      removalPolicy: props.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.key.addToResourcePolicy(denyKeyUse(this, props.environmentName));
  }

  /** Lets a function decrypt private keys. */
  grantDecrypt(grantee: IGrantable): { readonly SIGNING_ENCRYPTION_KEY_ID: string } {
    return this.grant(grantee, 'kms:Decrypt');
  }

  /** Lets a function make key pairs whose private halves it never sees. */
  grantMakeKeyPairs(grantee: IGrantable): { readonly SIGNING_ENCRYPTION_KEY_ID: string } {
    return this.grant(grantee, 'kms:GenerateDataKeyPairWithoutPlaintext');
  }

  private grant(grantee: IGrantable, action: string): { readonly SIGNING_ENCRYPTION_KEY_ID: string } {
    const { keyArn } = this.key;
    Grant.addToPrincipal({
      grantee,
      actions: [action],
      resourceArns: [keyArn],
      conditions: {
        StringEquals: {
          'kms:EncryptionContext:environment': this.#environmentName,
          'kms:EncryptionContext:purpose': SIGNING_KEY_PURPOSE,
        },
      },
    });
    return { SIGNING_ENCRYPTION_KEY_ID: keyArn };
  }
}
