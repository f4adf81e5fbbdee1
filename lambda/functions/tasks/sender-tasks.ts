import type { ClosingCapability } from '../../contract/capabilities.ts';
import { RESULT_URL_SECONDS } from '../../contract/limits.ts';
import type { TaskPage } from '../../contract/sender-api.ts';
import { inSeconds, type QuarantinedView, type TaskView } from '../../contract/task.ts';
import type { Sender } from '../../shared/access-token/sender.ts';
import type { ConflictRetries } from '../../shared/aws/transaction-conflicts.ts';
import type { Fields } from '../../shared/log/logger.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import type { AskSenderPolicy, SenderPolicyRequest } from '../../shared/policy/ask-sender-policy.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { retryRaces } from '../../shared/retry-races.ts';
import { hasFailedByDispatch } from '../../shared/tables/dispatch-view.ts';
import { type Found, keptOrUnknown } from '../../shared/tables/owned-task.ts';
import type { PayloadUrls } from '../../shared/tables/payload-urls.ts';
import { type Quarantined, quarantineOf } from '../../shared/tables/quarantined.ts';
import { toHeaderValue } from '../../shared/tables/stored-object.ts';
import type { TaskWithQuarantine } from '../../shared/tables/task-updates.ts';
import { showQuarantined, showTask, type TaskRecord } from '../../shared/tables/task-view.ts';
import type { ListRequest } from './list-request.ts';
import { listTasks } from './list-tasks.ts';
import type { SenderTaskStore } from './sender-task-store.ts';

/** A delivered payload: its bytes, or a URL of them. */
export type DownloadedPayload =
  | { readonly contentType: string; readonly bytes: Uint8Array; readonly url?: never }
  | { readonly url: string; readonly bytes?: never };

/** An answer to a sender. */
export interface Answered<T> {
  readonly value: T;
  /** Decision of the policies, for the log. */
  readonly logFields: Fields;
}

/** Operations of senders on existing tasks. A task of another application is unknown to each of them. */
export interface SenderTasks {
  list(sender: Sender, request: ListRequest): Promise<Answered<TaskPage> | Refusal>;
  read(sender: Sender, taskId: string): Promise<Answered<TaskView> | Refusal>;
  readDelivery(
    sender: Sender,
    taskId: string,
    capability: ClosingCapability,
  ): Promise<Answered<DownloadedPayload> | Refusal>;
  /** A second cancellation returns the same task. */
  cancel(sender: Sender, taskId: string): Promise<Answered<TaskView> | Refusal>;
  /** Returns deliveries that came too late or were rolled back, the oldest first. */
  listQuarantine(sender: Sender, taskId: string): Promise<Answered<readonly QuarantinedView[]> | Refusal>;
  /** Makes a delivery in quarantine the result or failure of an expired task. */
  accept(sender: Sender, taskId: string, quarantineId: string): Promise<Answered<TaskView> | Refusal>;
  /** Removes a delivery from quarantine. */
  discard(sender: Sender, taskId: string, quarantineId: string): Promise<Answered<undefined> | Refusal>;
}

export interface SenderTasksOptions {
  readonly store: SenderTaskStore;
  /** `null`: the environment has no policies. */
  readonly askPolicy: AskSenderPolicy | null;
  /** Number of shards of the index for lists. */
  readonly indexShards: number;
  /** Called for the first payload in the bucket. */
  readonly payloadUrls: () => Promise<PayloadUrls>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Of changes that others come first with. */
  readonly retries: ConflictRetries;
}

export const createSenderTasks = (options: SenderTasksOptions): SenderTasks => {
  const { askPolicy, indexShards, now: clock, payloadUrls, retries, store } = options;

  const ask = (request: SenderPolicyRequest): Fields | Refusal => askPolicy?.(request) ?? {};

  /** Finds a task of the sender's application, and asks the policies. */
  const admit = async <T extends TaskRecord>(
    sender: Sender,
    action: 'read' | 'cancel' | 'settle',
    search: Promise<Found<T>>,
    now: number,
  ): Promise<{ readonly task: T; readonly logFields: Fields } | Refusal> => {
    const task = keptOrUnknown(await orUnavailable(STORE, search), inSeconds(now));
    if (isRefusal(task)) return task;
    const logFields = ask({ sender, action, task });
    return isRefusal(logFields) ? logFields : { task, logFields };
  };

  /** Changes a delivery in quarantine. `change` returns undefined if the task has changed since it was read. */
  const settle = <T>(
    {
      sender,
      taskId,
      quarantineId,
    }: { readonly sender: Sender; readonly taskId: string; readonly quarantineId: string },
    refuseStatus: (task: TaskWithQuarantine, now: number) => Refusal | undefined,
    change: (task: TaskWithQuarantine, quarantined: Quarantined, now: number) => Promise<{ value: T } | undefined>,
  ): Promise<Answered<T> | Refusal> =>
    retryRaces(async () => {
      const now = clock();
      const found = store.findWithQuarantine(sender.application.id, taskId);
      const admitted = await admit(sender, 'settle', found, now);
      if (isRefusal(admitted)) return admitted;
      const { logFields, task } = admitted;
      const refusal = refuseStatus(task, now);
      if (refusal !== undefined) return refusal;
      const quarantined = quarantineOf(task, now).find(({ entry }) => entry.id === quarantineId);
      if (quarantined === undefined) return UNKNOWN_ENTRY;
      const changed = await orUnavailable(STORE, change(task, quarantined, now));
      return changed && { value: changed.value, logFields };
    }, retries);

  return {
    list: async (sender, request) => {
      const logFields = ask({ sender, action: 'list' });
      if (isRefusal(logFields)) return logFields;
      const value = await listTasks(store, indexShards, sender.application.id, request, inSeconds(clock()));
      return { value, logFields };
    },

    read: async (sender, taskId) => {
      const now = clock();
      const admitted = await admit(sender, 'read', store.find(sender.application.id, taskId), now);
      if (isRefusal(admitted)) return admitted;
      return { value: showTask(admitted.task, inSeconds(now)), logFields: admitted.logFields };
    },

    readDelivery: async (sender, taskId, capability) => {
      const found = store.findWithPayload(sender.application.id, taskId);
      const admitted = await admit(sender, 'read', found, clock());
      if (isRefusal(admitted)) return admitted;
      const { logFields, task } = admitted;
      const reference = task[capability];
      if (reference === undefined) return refuse('result_unavailable', `the task has no ${capability}`);
      const { payload: bytes, payloadKey } = task;
      const contentType = toHeaderValue(reference.contentType);
      if (bytes !== undefined) return { value: { contentType, bytes }, logFields };
      if (payloadKey === undefined) {
        return { ...refuse('unavailable', `the bytes of the ${capability} are missing`), fields: { taskId } };
      }
      const url = payloadUrls().then((urls) => urls.urlOf(payloadKey, contentType, RESULT_URL_SECONDS));
      return { value: { url: await orUnavailable('payloads', url) }, logFields };
    },

    cancel: async (sender, taskId) => {
      const now = clock();
      const { id: application } = sender.application;
      // Policies decide by what the task is. Without policies one request is enough.
      const admitted = askPolicy && (await admit(sender, 'cancel', store.find(application, taskId), now));
      if (isRefusal(admitted)) return admitted;
      const { cancelled, task: found } = await orUnavailable(STORE, store.cancel(application, taskId, now));
      const task = keptOrUnknown(found, inSeconds(now));
      if (isRefusal(task)) return task;
      const value = showTask(task, inSeconds(now));
      if (cancelled || value.status === 'cancelled') return { value, logFields: admitted?.logFields ?? {} };
      return refuse('task_closed', `the task is ${value.status}`);
    },

    listQuarantine: async (sender, taskId) => {
      const now = clock();
      const found = store.findWithQuarantine(sender.application.id, taskId);
      const admitted = await admit(sender, 'read', found, now);
      if (isRefusal(admitted)) return admitted;
      const value = quarantineOf(admitted.task, now).map(({ entry, why }) => showQuarantined(entry, why));
      return { value, logFields: admitted.logFields };
    },

    accept: (sender, taskId, quarantineId) =>
      settle({ sender, taskId, quarantineId }, refuseUnlessOpen, async (task, quarantined, now) => {
        const accepted = await store.accept(sender.application.id, task, quarantined, now);
        return accepted && { value: showTask(accepted, inSeconds(now)) };
      }),

    discard: (sender, taskId, quarantineId) =>
      settle(
        { sender, taskId, quarantineId },
        () => undefined,
        async (task, quarantined, now) =>
          (await store.discard(sender.application.id, task, quarantined, now)) ? { value: undefined } : undefined,
      ),
  };
};

const STORE = 'tasks table';
const UNKNOWN_ENTRY = refuse('quarantine_unknown', 'no such delivery in quarantine');

/** An expired task takes a delivery from quarantine, and so does a task that failed because its work could not be sent. */
const refuseUnlessOpen = (task: TaskRecord, now: number): Refusal | undefined => {
  const { status } = showTask(task, inSeconds(now));
  if (status === 'pending') return refuse('task_pending', 'the task is pending');
  return status === 'expired' || hasFailedByDispatch(task) ? undefined : refuse('task_closed', `the task is ${status}`);
};
