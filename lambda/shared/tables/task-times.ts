import { CLOCK_TOLERANCE_SECONDS, NEVER } from '../../contract/limits.ts';
import { inSeconds, type TaskItem } from '../../contract/task.ts';

/** Returns the times of a task that follow from the issue time and the lifetime of its callbacks. Seconds. */
export const timesOf = (issuedAt: number, expiresIn: number, heartbeat: number | undefined, retention: number) => {
  const expiry = issuedAt + expiresIn;
  // The tolerance is for differences of the processor's clock. A heartbeat is measured by our own clock only.
  const deadline = expiry + CLOCK_TOLERANCE_SECONDS;
  const heartbeatDeadline = heartbeat === undefined ? NEVER : issuedAt + heartbeat;
  return {
    expiresAt: new Date(expiry * 1000).toISOString(),
    deadline,
    heartbeatDeadline,
    due: Math.min(deadline, heartbeatDeadline),
    purgeAt: expiry + retention,
  };
};

/** Returns the lifetime of the last callbacks of a task, in seconds. */
export const lastExpiresIn = ({
  createdAt,
  expiresAt,
  expiresIn,
  reissuedAt,
}: Pick<TaskItem, 'createdAt' | 'expiresAt' | 'expiresIn' | 'reissuedAt'>): number =>
  expiresIn ?? inSeconds(Date.parse(expiresAt)) - (reissuedAt ?? inSeconds(Date.parse(createdAt)));
