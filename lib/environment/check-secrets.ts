import type { EnvironmentInput } from '../environment.ts';
import type { Problems } from './problem.ts';

/**
 * Room for the ARNs of secrets in the policy of the receiver's role, which has 10,240 characters for all that it may do.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MAX_ARNS_CHARS = 6_000;

/** Checks that the receiver may be let read every secret that processors sign with: IAM would find it half-way. */
export const checkSecrets = (
  problems: Problems,
  { account, processors, region }: Pick<EnvironmentInput, 'account' | 'processors' | 'region'>,
): void => {
  const names = Object.values(processors ?? {}).flatMap(({ proof }) =>
    proof?.kind === 'standard_webhooks' && typeof proof.secretName === 'string' ? [proof.secretName] : [],
  );
  const arns = [...new Set(names)].map((name) => `arn:aws:secretsmanager:${region}:${account}:secret:${name}-??????`);
  const chars = JSON.stringify(arns).length;
  problems.expect(
    chars <= MAX_ARNS_CHARS,
    'processors',
    `${arns.length} secrets`,
    `secrets whose ARNs have ${MAX_ARNS_CHARS} characters at most, for one policy names them all, and these have ${chars}`,
    'Shorten the names, let processors sign with keys of their own, or give some an environment of their own.',
  );
};
