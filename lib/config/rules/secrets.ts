import { Description } from '../show.ts';
import type { Rule } from './rule.ts';

/**
 * Characters for the ARNs of secrets in the policy of the receiver's role, which has 10,240 characters in all.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MAX_ARNS_CHARS = 6_000;

/** One policy names every secret that processors sign with. IAM would refuse a longer one during the deployment. */
export const secretsFitPolicy: Rule = ({ account, processors = {}, region }, errors) => {
  const names = Object.values(processors).flatMap((processor) =>
    processor?.proof?.kind === 'standard_webhooks' && processor.proof.secretName !== undefined
      ? [processor.proof.secretName]
      : [],
  );
  const arns = [...new Set(names)].map((name) => `arn:aws:secretsmanager:${region}:${account}:secret:${name}-??????`);
  const chars = JSON.stringify(arns).length;
  errors.expect(
    chars <= MAX_ARNS_CHARS,
    'processors',
    new Description(`names ${arns.length} secrets, whose ARNs have ${chars} characters together`),
    `at most ${MAX_ARNS_CHARS} characters, because one policy names all of them`,
    'Shorten the names of the secrets, use another proof, or move some processors to another environment.',
  );
};
