import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Environment } from '../config/environment.ts';

/**
 * Lets a function read the signing secrets of the environment's processors and the secret with the token decryption keys,
 * and no other secret.
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
  grantReadNamed(scope, names, grantee);
};

/**
 * Lets a function read secrets with these names, and no other secret. Secrets Manager appends six random characters to a name, so
 * the pattern has six wildcards.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
 */
export const grantReadNamed = (scope: Construct, names: readonly string[], grantee: IGrantable): void => {
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
