import type { Registry } from '../../contract/registry.ts';
import { createdKey } from '../../contract/tables.ts';
import type { TaskItem } from '../../contract/task.ts';
import type { Fields } from '../../shared/log/logger.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { shardOf } from '../../shared/tables/hashed-keys.ts';
import type { AskPolicy } from './ask-policy.ts';
import { chooseCarrier, findProcessor } from './callback-parameters.ts';
import type { CallbackIssuer, CallbackTerms } from './callbacks.ts';
import { forgottenAt, type Recorded, type Repeatable } from './idempotency.ts';
import type { OpenRequest } from './open-request.ts';
import {
  inSeconds,
  isKept,
  lastTermsOf,
  type OpenedTask,
  repeatedTerms,
  showOpened,
  statusOf,
  timesOf,
} from './opened-task.ts';
import type { TaskStore } from './task-store.ts';

export interface TaskOpenerOptions {
  readonly registry: Registry;
  readonly retentionSeconds: number;
  /** Partitions of each index of the tasks. */
  readonly indexShards: number;
  readonly issuer: CallbackIssuer;
  readonly store: TaskStore;
  readonly askPolicy: AskPolicy;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 128 random bits or more, base64url. */
  readonly randomId: () => string;
}

/** A task, and whether an earlier request had opened it. */
export interface OpenOutcome {
  readonly task: OpenedTask;
  readonly repeated: boolean;
  /** For the log: what the policies said, where there are any. */
  readonly said: Fields;
}

/** @param repeatable the request, where it has an idempotency key */
export type TaskOpener = (
  request: OpenRequest,
  clientId: string,
  repeatable: Repeatable | undefined,
) => Promise<OpenOutcome | Refusal>;

/**
 * Opens tasks: callbacks are made, then the task is stored with everything that goes with it, then both are answered. A
 * failure on the way leaves at most a task whose callbacks nobody has seen; with an idempotency key, a repeat finds it.
 */
export const createTaskOpener = (options: TaskOpenerOptions): TaskOpener => {
  const { askPolicy, indexShards, issuer, now, randomId, registry, retentionSeconds, store } = options;

  /** The task that an earlier request opened, as it is now, with its current callbacks. */
  const repeat = async (
    earlier: Recorded,
    { requestSha256 }: Repeatable,
    clientId: string,
  ): Promise<OpenOutcome | Refusal> => {
    if (earlier.requestSha256 !== requestSha256) {
      return refuse('idempotency_conflict', 'the key came with another body before');
    }
    const task = await orUnavailable('tasks table', store.find(earlier.taskId));
    const seconds = inSeconds(now());
    if (!isKept(task, seconds)) return refuse('task_unknown', 'the task of this key is no longer kept');
    // The policies may have changed since, and so may what this client is permitted.
    const said = askPolicy({ clientId, task, terms: lastTermsOf(task) });
    if (isRefusal(said)) return { ...said, fields: { ...said.fields, taskId: task.taskId } };
    const status = statusOf(task, seconds);
    if (status !== 'pending') return { task: showOpened(task, status, {}), repeated: true, said };
    const processor = findProcessor(task.processor, registry);
    if (isRefusal(processor)) return processor;
    // Its entry may have lost the carrier since: callbacks of that carrier would be refused.
    const carrier = chooseCarrier(processor, lastTermsOf(task));
    if (typeof carrier !== 'string') return carrier;
    const { callbacks } = await issuer.issue(repeatedTerms(task, processor, seconds));
    return { task: showOpened(task, status, callbacks), repeated: true, said };
  };

  const open = async (
    request: OpenRequest,
    clientId: string,
    repeatable: Repeatable | undefined,
  ): Promise<OpenOutcome | Refusal> => {
    const processor = findProcessor(request.processor, registry);
    if (isRefusal(processor)) return processor;
    const carrier = chooseCarrier(processor, request);
    if (typeof carrier !== 'string') return carrier;

    const taskId = randomId();
    const said = askPolicy({ clientId, task: { taskId, ...request }, terms: { ...request, carrier } });
    if (isRefusal(said)) return said;
    const created = now();
    const terms: CallbackTerms = {
      taskId,
      processor,
      carrier,
      ...(request.owner !== undefined && { owner: request.owner }),
      issuedAt: inSeconds(created),
      expiry: inSeconds(created) + request.expiresIn,
      tokens: issuer.name(request.callbacks, processor),
    };
    const { callbacks, codes } = await issuer.issue(terms);
    const task = newTask(request, terms, { clientId, created, retentionSeconds, indexShards });
    const opening = await orUnavailable(
      'tables',
      store.open({ task, codes, ...(repeatable && { request: repeatable }) }, terms.issuedAt),
    );
    if (opening.opened) return { task: showOpened(task, task.status, callbacks), repeated: false, said };
    // Only a request with a key finds an earlier one.
    return repeat(opening.earlier, repeatable as Repeatable, clientId);
  };

  return async (request, clientId, repeatable) => {
    if (repeatable !== undefined) {
      const earlier = await orUnavailable('lookups table', store.findRecorded(repeatable.lookupKey));
      if (earlier !== undefined && earlier.recordedAt > forgottenAt(inSeconds(now()))) {
        return repeat(earlier, repeatable, clientId);
      }
    }
    return open(request, clientId, repeatable);
  };
};

interface Opening {
  readonly clientId: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly retentionSeconds: number;
  readonly indexShards: number;
}

const newTask = (request: OpenRequest, terms: CallbackTerms, opening: Opening): TaskItem => {
  const { heartbeat, metadata, owner } = request;
  const { taskId } = terms;
  const createdAt = new Date(opening.created).toISOString();
  const shard = shardOf(taskId, opening.indexShards);
  return {
    taskId,
    status: 'pending',
    processor: terms.processor.id,
    resource: request.resource,
    ...(owner !== undefined && { owner }),
    ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
    openedBy: opening.clientId,
    carrier: terms.carrier,
    createdAt,
    ...timesOf(terms.issuedAt, request.expiresIn, heartbeat, opening.retentionSeconds),
    ...(heartbeat !== undefined && { heartbeat }),
    shard,
    createdKey: createdKey(createdAt, taskId),
    dueShard: shard,
    callbacks: terms.tokens,
    uploads: {},
    quarantine: {},
    history: [{ at: createdAt, status: 'pending' }],
    sequence: 1,
    change: 'opened',
    changedAt: createdAt,
  };
};
