import { CAPABILITY_NAMES } from '../contract/capabilities.ts';
import { whenAvailable } from '../dependency/available.ts';
import type { Refusal } from '../http/problem.ts';
import { isRefusal, refuse } from '../http/problem.ts';
import type { CallbackTerms } from './callbacks.ts';
import type { ReissueRequest } from './open-request.ts';
import type { TaskOpenerOptions } from './open-task.ts';
import { inSeconds, isKept, issuedAtOf, type OpenedTask, showOpened, statusOf, timesOf } from './opened-task.ts';
import type { IssuedTask, Reissue } from './task-store.ts';
import { chooseCarrier, findProcessor } from './terms.ts';

export type Reissuer = (taskId: string, request: ReissueRequest) => Promise<OpenedTask | Refusal>;

/** Others that issue callbacks of the same task at the same moment: tried so often, and so long, against them. */
const MAX_ATTEMPTS = 10;
const MAX_MILLISECONDS = 6_000;

/**
 * Issues the callbacks of a pending task anew. From the moment of the one write the earlier ones are revoked. What the
 * request leaves out is as it was at the last issue.
 */
export const createReissuer =
  ({
    issuer,
    now,
    registry,
    retentionSeconds,
    store,
  }: Omit<TaskOpenerOptions, 'policy' | 'randomId' | 'indexShards'>): Reissuer =>
  async (taskId, request) => {
    const started = now();
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const milliseconds = now();
      if (milliseconds - started > MAX_MILLISECONDS) break;
      const seconds = inSeconds(milliseconds);
      const task = await whenAvailable('tasks table', store.find(taskId));
      if (!isKept(task, seconds)) return refuse('task_unknown', 'no such task');
      const status = statusOf(task, seconds);
      if (status !== 'pending') return refuse('task_closed', `the task is ${status}`);

      const processor = findProcessor(task.processor, registry);
      if (isRefusal(processor)) return processor;
      const wanted = { ...lastIssue(task), ...request };
      const carrier = chooseCarrier(processor, wanted);
      if (typeof carrier !== 'string') return carrier;

      const terms: CallbackTerms = {
        taskId,
        processor,
        carrier,
        ...(task.owner !== undefined && { owner: task.owner }),
        issuedAt: seconds,
        expiry: seconds + wanted.expiresIn,
        tokens: issuer.name(wanted.callbacks, processor),
      };
      const { callbacks, codes } = await issuer.issue(terms);
      const after: Reissue['after'] = {
        callbacks: terms.tokens,
        carrier,
        reissuedAt: seconds,
        ...timesOf(seconds, wanted.expiresIn, task.heartbeat, retentionSeconds),
      };
      const reissue = { before: task, after, codes, at: new Date(milliseconds).toISOString() };
      if (await whenAvailable('tables', store.reissue(reissue, seconds))) {
        return showOpened({ ...task, ...after }, status, callbacks);
      }
    }
    return refuse('unavailable', 'callbacks of the task are being issued by others without end');
  };

const lastIssue = (task: IssuedTask) => ({
  callbacks: CAPABILITY_NAMES.filter((capability) => task.callbacks[capability] !== undefined),
  expiresIn: inSeconds(Date.parse(task.expiresAt)) - issuedAtOf(task),
  carrier: task.carrier,
});
