import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type ResumeKind, type ResumeTargets, workflowOf } from '../../lambda/contract/resume.ts';

/**
 * Actions on workflows. IAM checks those of Step Functions against the ARN of the state machine, although the service's list of actions
 * names no resource: https://github.com/aws/aws-cdk/pull/8486. Those of Lambda are checked against the ARN of a durable execution,
 * which begins with the ARN of the function: https://docs.aws.amazon.com/lambda/latest/dg/durable-security.html
 */
const ACTIONS: Readonly<Record<ResumeKind, readonly string[]>> = {
  stepFunctions: ['states:SendTaskFailure', 'states:SendTaskHeartbeat', 'states:SendTaskSuccess'],
  durableFunction: [
    'lambda:SendDurableExecutionCallbackFailure',
    'lambda:SendDurableExecutionCallbackHeartbeat',
    'lambda:SendDurableExecutionCallbackSuccess',
  ],
};

/** Lets a function resume exactly these workflows: those of its own account, and those of other accounts by their roles. */
export const grantResumeWorkflows = (targets: ResumeTargets, grantee: IGrantable): void => {
  const all = Object.values(targets).flat();
  const own = all.flatMap(({ arn, roleArn }) => (roleArn === undefined ? [arn] : []));
  for (const kind of Object.keys(ACTIONS) as ResumeKind[]) {
    grant(
      grantee,
      ACTIONS[kind],
      own.filter((arn) => workflowOf(arn)?.kind === kind),
    );
  }
  grant(
    grantee,
    ['sts:AssumeRole'],
    all.flatMap(({ roleArn }) => roleArn ?? []),
  );
};

const grant = (grantee: IGrantable, actions: readonly string[], arns: readonly string[]): void => {
  const resourceArns = [...new Set(arns)];
  if (resourceArns.length > 0) Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns });
};
