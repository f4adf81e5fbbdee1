import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Variables } from '../../lambda/contract/variables.ts';
import type { Environment } from '../config/environment.ts';
import { resumesWorkflows } from '../config/resumes.ts';
import type { WorkflowTokenKey } from '../state/workflow-token-key.ts';

/** Lets a function encrypt the tokens of workflows, if an application may resume one. */
export const grantEncryptTokens = (
  environment: Pick<Environment, 'resumeTargets'>,
  key: WorkflowTokenKey | undefined,
  grantee: IGrantable,
): Pick<Variables<'create-task'>, 'RESUME_KEY_ID'> =>
  key !== undefined && resumesWorkflows(environment) ? key.grantEncrypt(grantee) : { RESUME_KEY_ID: undefined };
