import { workflowOf } from '../../../lambda/contract/resume.ts';
import { listed } from '../applications.ts';
import { charsInPolicy, MAX_POLICY_CHARS } from '../resumes.ts';
import { Description } from '../show.ts';
import type { Rule, ValidEntries } from './rule.ts';

/** The workflows of each application with their places in the file. */
const resumesOf = ({ applications = {} }: ValidEntries) =>
  Object.entries(applications).flatMap(([id, application]) =>
    listed(application?.resumes).map((resumed, index) => ({ at: `applications.${id}.resumes.${index}`, resumed })),
  );

const ACCOUNT_OF_ROLE = /^arn:[^:]*:iam::(\d{12}):/;

/** AWS takes the token of a workflow only from a role of the workflow's own account. */
export const workflowsAreReachable: Rule = (entries, errors) => {
  if (entries.account === undefined) return;
  for (const { at, resumed } of resumesOf(entries)) {
    if (typeof resumed === 'string') {
      errors.expect(
        workflowOf(resumed)?.account === entries.account,
        at,
        resumed,
        `a workflow of account ${entries.account}, or { arn, roleArn, externalId }`,
        'Make a role in the account of the workflow that trusts the role of the function `resume`, and write its ARN.',
      );
    } else {
      const account = workflowOf(resumed.arn)?.account;
      errors.expect(
        ACCOUNT_OF_ROLE.exec(resumed.roleArn)?.[1] === account,
        `${at}.roleArn`,
        resumed.roleArn,
        `a role of account ${account}, where the workflow is`,
        'Make the role in the account of the workflow.',
      );
    }
  }
};

/** One policy names every workflow. IAM would refuse a longer one during the deployment. */
export const workflowsFitPolicy: Rule = (entries, errors) => {
  const arns = new Set(
    resumesOf(entries).map(({ resumed }) => (typeof resumed === 'string' ? resumed : resumed.roleArn)),
  );
  const chars = charsInPolicy(arns);
  errors.expect(
    chars <= MAX_POLICY_CHARS,
    'applications',
    new Description(`names ${arns.size} workflows and roles, whose ARNs have ${chars} characters together`),
    `at most ${MAX_POLICY_CHARS} characters, because one policy names all of them`,
    'Shorten the names of the workflows, or move some applications to another environment.',
  );
};
