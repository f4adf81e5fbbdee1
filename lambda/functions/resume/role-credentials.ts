import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import type { ResumeTarget } from '../../contract/resume.ts';
import { ROLE_CREDENTIALS_MARGIN_SECONDS } from '../../contract/workflow-limits.ts';

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** Assumes a role of another account. Rejects if STS refuses or is unavailable. */
export type AssumeRole = (target: Required<Pick<ResumeTarget, 'roleArn'>> & ResumeTarget) => Promise<RoleCredentials>;

/**
 * Assumes each role once, and again shortly before its credentials end.
 * @param sessionName name of the sessions, in the logs of the other account
 * @param now milliseconds since 1970
 */
export const createAssumeRole = (
  client: Pick<STSClient, 'send'>,
  sessionName: string,
  now: () => number,
): AssumeRole => {
  const kept = new Map<string, RoleCredentials>();
  return async ({ externalId, roleArn }) => {
    const key = JSON.stringify([roleArn, externalId]);
    const found = kept.get(key);
    if (found && now() < found.expiration.getTime() - ROLE_CREDENTIALS_MARGIN_SECONDS * 1000) return found;
    const { Credentials: credentials } = await client.send(
      new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: sessionName, ExternalId: externalId }),
    );
    const { AccessKeyId, Expiration, SecretAccessKey, SessionToken } = credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) {
      throw new Error('STS answered without credentials.');
    }
    const made = {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: Expiration,
    };
    kept.set(key, made);
    return made;
  };
};
