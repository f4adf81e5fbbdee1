import type { Environment } from './environment.ts';

/** True if an application may resume workflows. */
export const resumesWorkflows = ({ resumeTargets }: Pick<Environment, 'resumeTargets'>): boolean =>
  Object.keys(resumeTargets).length > 0;

/**
 * True if the environment has a key for the tokens of workflows: an application has `resumes`, even an empty list. With only
 * empty lists the gateway does not use the key, so that the next deployment can remove it.
 */
export const hasWorkflowTokenKey = ({ applications }: Pick<Environment, 'applications'>): boolean =>
  Object.values(applications).some(({ resumes }) => resumes !== undefined);

/**
 * Characters for the ARNs of workflows and roles in the policy of the function `resume`, whose role has 10,240 characters in all.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const MAX_POLICY_CHARS = 6_000;

/** Characters that ARNs take in this policy. Each is there once. */
export const charsInPolicy = (arns: Iterable<string>): number => JSON.stringify([...new Set(arns)]).length;
