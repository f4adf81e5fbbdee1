import type { Application } from '../../contract/applications.ts';
import { resumeTokenContext, type StoredResume, type Workflow, workflowOf } from '../../contract/resume.ts';
import type { Encrypt } from '../../shared/aws/kms-encrypt.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { type Refusal, refuse } from '../../shared/refusal.ts';
import { type ResumeRequest, refuseRequest } from './request.ts';

/**
 * Encrypts the token of a workflow for the function `resume`. Rejects if KMS is unavailable.
 * @param taskId the task that the token belongs to; KMS decrypts it for no other
 */
export type EncryptResumeToken = (taskId: string, token: string) => Promise<Uint8Array>;

export const createResumeTokenEncrypter =
  (encrypt: Encrypt, keyId: string, environment: string): EncryptResumeToken =>
  (taskId, token) =>
    orUnavailable(
      'key of workflow tokens',
      encrypt(keyId, Buffer.from(token), resumeTokenContext(environment, taskId)),
    );

/** Returns what a task stores of the workflow that waits for it, or refuses a workflow that its application may not resume. */
export const admitWorkflow = (request: ResumeRequest, { resumes = [] }: Application): StoredResume | Refusal => {
  const { arn, kind } = request;
  const allowed = resumes.flatMap((one): readonly (Workflow & { readonly arn: string })[] => {
    const workflow = workflowOf(one);
    return workflow?.kind === kind ? [{ ...workflow, arn: one }] : [];
  });
  if (allowed.length === 0) return notAllowed('/resume/kind', `the application may resume no workflow of kind ${kind}`);
  if (arn === undefined && placesOf(allowed) > 1) {
    const detail = 'is required, because the application may resume workflows of several accounts or Regions';
    return refuseRequest([{ pointer: '/resume/arn', detail }]);
  }
  if (arn !== undefined && !allowed.some((one) => one.arn === arn)) {
    return notAllowed('/resume/arn', 'is not one of the workflows that the application may resume');
  }
  return { kind, state: 'pending', ...(arn !== undefined && { arn }) };
};

/** Number of accounts and Regions. A token must be sent to those of its workflow, and it does not name them. */
const placesOf = (workflows: readonly Workflow[]): number =>
  new Set(workflows.map(({ account, region }) => `${account} ${region}`)).size;

const notAllowed = (pointer: string, detail: string): Refusal =>
  refuse('resume_not_allowed', detail, { errors: [{ pointer, detail }] });

/** The credential by which the workflow is resumed. */
export const tokenOf = (request: ResumeRequest): string =>
  request.kind === 'stepFunctions' ? request.taskToken : request.callbackId;
