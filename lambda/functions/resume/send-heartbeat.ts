import { applicationOf } from '../../contract/applications.ts';
import type { ResumeTargets } from '../../contract/resume.ts';
import { inSeconds, isOverdue } from '../../contract/task.ts';
import { WORKFLOW_HEARTBEAT_SECONDS } from '../../contract/workflow-limits.ts';
import type { DecryptToken } from './decrypt-token.ts';
import { findDestination } from './find-destination.ts';
import type { HeartbeatStore, WaitedTask } from './resume-store.ts';
import type { ConnectWorkflow } from './workflow.ts';

export interface SendHeartbeatOptions {
  readonly targets: ResumeTargets;
  readonly heartbeats: HeartbeatStore;
  readonly decryptToken: DecryptToken;
  readonly connect: ConnectWorkflow;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Tells the workflow of a pending task that its work goes on, unless it got a heartbeat a short time ago.
 * @returns true if a heartbeat was sent
 * @throws every error: the next progress is the next attempt
 */
export type SendHeartbeat = (task: WaitedTask) => Promise<boolean>;

export const createSendHeartbeat =
  ({ connect, decryptToken, heartbeats, now, targets }: SendHeartbeatOptions): SendHeartbeat =>
  async (task) => {
    const time = now();
    const destination = findDestination(targets, applicationOf(task), task.resume);
    if (destination === undefined || isOverdue(task, inSeconds(time))) return false;
    if (!(await heartbeats.begin(task.taskId, time, intervalOf(task)))) return false;
    const token = await decryptToken(task);
    if (token === undefined) return false;
    await (await connect(destination)).heartbeat(token);
    return true;
  };

/** Shortest time between two heartbeats, in milliseconds. */
const intervalOf = ({ heartbeat }: WaitedTask): number =>
  heartbeat === undefined ? WORKFLOW_HEARTBEAT_SECONDS * 1000 : Math.ceil((heartbeat * 1000) / 3);
