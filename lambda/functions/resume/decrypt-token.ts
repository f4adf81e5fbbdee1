import { resumeTokenContext } from '../../contract/resume.ts';
import type { Decrypt } from '../../shared/aws/kms-decrypt.ts';
import type { WaitedTask } from './resume-store.ts';

/**
 * Returns the token of a task's workflow; undefined if the task has none that KMS decrypts for this task.
 * @throws every other error of KMS
 */
export type DecryptToken = (task: Pick<WaitedTask, 'taskId' | 'resumeToken'>) => Promise<string | undefined>;

export const createDecryptToken =
  (decrypt: Decrypt, keyId: string, environment: string): DecryptToken =>
  async ({ resumeToken, taskId }) => {
    if (resumeToken === undefined) return undefined;
    try {
      return (await decrypt(keyId, resumeToken, resumeTokenContext(environment, taskId))).toString();
    } catch (error) {
      if (error instanceof Error && error.name === 'InvalidCiphertextException') return undefined;
      throw error;
    }
  };
