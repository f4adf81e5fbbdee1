import { Token } from 'aws-cdk-lib';
import type { EnvironmentInput } from './environment.ts';
import { Finding, objectsOf, type Problems } from './errors.ts';

/** What Secrets Manager takes, but for the six characters that it adds, which a policy would take for the name's end. */
const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
/** How a secret of Standard Webhooks begins, which could be a name too. */
const SECRET_ITSELF = /^whsec_/;

/** Checks that a name is one that a secret can have. Its message never shows the value: it may be the secret itself. */
export const checkSecretName = (problems: Problems, at: string, name: unknown, remedy: string): void => {
  const finding =
    typeof name !== 'string' || Token.isUnresolved(name)
      ? name
      : new Finding(
          SECRET_ITSELF.test(name)
            ? 'holds a secret (whsec_…)'
            : 'holds a text (not shown, because it may be a secret) that is no name of a secret',
        );
  problems.expect(
    typeof name === 'string' && SECRET_NAME.test(name) && !SECRET_ITSELF.test(name),
    at,
    finding,
    'the name of a secret in Secrets Manager: 1 to 512 characters of [A-Za-z0-9/_+=.@-]',
    `Write the name, never the secret. ${remedy}`,
  );
};

/**
 * Room for the ARNs of secrets in the policy of the receiver's role, which has 10,240 characters for all that it may do.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MAX_ARNS_CHARS = 6_000;

/** Checks that one policy has room for every secret that processors sign with: IAM would refuse it during a deployment. */
export const checkSecrets = (
  problems: Problems,
  { account, processors, region }: Pick<EnvironmentInput, 'account' | 'processors' | 'region'>,
): void => {
  const names = objectsOf(processors).flatMap(([, { proof }]) =>
    proof?.kind === 'standard_webhooks' && typeof proof.secretName === 'string' ? [proof.secretName] : [],
  );
  const arns = [...new Set(names)].map((name) => `arn:aws:secretsmanager:${region}:${account}:secret:${name}-??????`);
  const chars = JSON.stringify(arns).length;
  problems.expect(
    chars <= MAX_ARNS_CHARS,
    'processors',
    new Finding(`names ${arns.length} secrets, whose ARNs have ${chars} characters together`),
    `at most ${MAX_ARNS_CHARS} characters, because one policy names all of them`,
    'Shorten the names of the secrets, use another proof, or move some processors to another environment.',
  );
};
