import { type ResumeTargets, type StoredResume, workflowOf } from '../../contract/resume.ts';
import type { Destination } from './workflow.ts';

/**
 * Returns where a workflow waits; undefined if its application may not resume it any more. Without an ARN all workflows of this
 * kind lie in one account and Region: `create-task` asks for the ARN if not. If the configuration has others since, it is the first.
 */
export const findDestination = (
  targets: ResumeTargets,
  application: string,
  { arn, kind }: Pick<StoredResume, 'arn' | 'kind'>,
): Destination | undefined => {
  const allowed = Object.hasOwn(targets, application) ? (targets[application] ?? []) : [];
  for (const target of allowed) {
    const workflow = workflowOf(target.arn);
    if (workflow?.kind === kind && (arn === undefined || arn === target.arn)) return { ...target, ...workflow };
  }
  return undefined;
};
