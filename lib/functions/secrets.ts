import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Environment } from '../config/environment.ts';

/**
 * Lets a function read the secrets that processors of an environment sign with, and that of the keys that tokens are decrypted
 * with, and no other. The six characters that Secrets
 * Manager adds to a name are not known before the secret is there.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
 */
export const grantReadSecrets = (
  scope: Construct,
  { registry, tokenEncryption }: Pick<Environment, 'registry' | 'tokenEncryption'>,
  grantee: IGrantable,
): void => {
  const names = [
    ...Object.values(registry).flatMap(({ proof }) => (proof.kind === 'standard_webhooks' ? [proof.secretName] : [])),
    tokenEncryption?.secretName,
  ].filter((name) => name !== undefined);
  if (names.length === 0) return;
  Grant.addToPrincipal({
    grantee,
    actions: ['secretsmanager:GetSecretValue'],
    resourceArns: [...new Set(names)].map((name) =>
      Stack.of(scope).formatArn({
        service: 'secretsmanager',
        resource: 'secret',
        resourceName: `${name}-??????`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    ),
  });
};
