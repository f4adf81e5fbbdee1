import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { resumeTokenContext } from '../../lambda/contract/resume.ts';
import { denyKeyUse, limitTokenReaders } from './data-access-policy.ts';

export interface WorkflowTokenKeyProps {
  readonly environmentName: string;
  /** True if the key is retained with its stack. Without it no waiting workflow can be resumed. */
  readonly protected: boolean;
}

interface KeyVariables {
  readonly RESUME_KEY_ID: string;
}

/**
 * KMS key that encrypts the tokens of waiting workflows. One function encrypts and another one decrypts, each only with the
 * encryption context of a task of this environment. The key policy denies every other use to every principal, administrators
 * included. About 1 USD a month.
 * https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
 */
export class WorkflowTokenKey extends Construct {
  readonly key: Key;
  readonly #environmentName: string;

  constructor(scope: Construct, id: string, props: WorkflowTokenKeyProps) {
    super(scope, id);
    this.#environmentName = props.environmentName;
    this.key = new Key(this, 'Resource', {
      description: 'Encrypts the tokens of workflows that wait for tasks of Postern',
      enableKeyRotation: true,
      removalPolicy: props.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    for (const statement of [denyKeyUse(this, props.environmentName), ...limitTokenReaders()]) {
      this.key.addToResourcePolicy(statement);
    }
    // A key that no application uses is still exported. CloudFormation refuses to remove an export while another stack imports
    // it, so the gateway must drop the import first.
    Stack.of(this).exportValue(this.key.keyArn);
  }

  /** Lets a function encrypt tokens. */
  grantEncrypt(grantee: IGrantable): KeyVariables {
    return this.grant(grantee, 'kms:Encrypt');
  }

  /** Lets a function decrypt tokens. */
  grantDecrypt(grantee: IGrantable): KeyVariables {
    return this.grant(grantee, 'kms:Decrypt');
  }

  /**
   * The encryption context must have exactly the names of a token's context, and name this environment.
   * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context-keys
   */
  private grant(grantee: IGrantable, action: string): KeyVariables {
    const { keyArn } = this.key;
    Grant.addToPrincipal({
      grantee,
      actions: [action],
      resourceArns: [keyArn],
      conditions: {
        StringEquals: { 'kms:EncryptionContext:environment': this.#environmentName },
        StringLike: { 'kms:EncryptionContext:taskId': '?*' },
        'ForAllValues:StringEquals': {
          'kms:EncryptionContextKeys': Object.keys(resumeTokenContext(this.#environmentName, '')),
        },
      },
    });
    return { RESUME_KEY_ID: keyArn };
  }
}
