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
