import type { Carrier, Registry } from '../contract/registry.ts';
import { createdKey } from '../contract/tables.ts';
import type { TaskItem } from '../contract/task.ts';
import { whenAvailable } from '../dependency/available.ts';
import type { Refusal } from '../http/problem.ts';
import { isRefusal, refuse } from '../http/problem.ts';
import type { Fields } from '../observe/journal.ts';
import { type Policy, policyFields, type Question } from '../policy/policy.ts';
import { shardOf } from '../storage/hashed-keys.ts';
import type { CallbackIssuer, CallbackTerms } from './callbacks.ts';
import { forgottenAt, type Recorded, type Repeatable } from './idempotency.ts';
import type { OpenRequest } from './open-request.ts';
import { currentTerms, inSeconds, isKept, type OpenedTask, showOpened, statusOf, timesOf } from './opened-task.ts';
import type { TaskStore } from './task-store.ts';
import { chooseCarrier, findProcessor } from './terms.ts';

export interface TaskOpenerOptions {
  readonly registry: Registry;
  readonly retentionSeconds: number;
  /** Partitions of each index of the tasks. */
  readonly indexShards: number;
  readonly issuer: CallbackIssuer;
  readonly store: TaskStore;
  /** The policies of the environment; `null`: it has none. */
  readonly policy: (() => Policy) | null;
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
  readonly said?: Fields;
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
  const { indexShards, issuer, now, policy, randomId, registry, retentionSeconds, store } = options;

  /** The task that an earlier request opened, as it is now, with its current callbacks. */
  const repeat = async (earlier: Recorded, { requestSha256 }: Repeatable): Promise<OpenOutcome | Refusal> => {
    if (earlier.requestSha256 !== requestSha256) {
      return refuse('idempotency_conflict', 'the key came with another body before');
    }
    const task = await whenAvailable('tasks table', store.find(earlier.taskId));
    const seconds = inSeconds(now());
    if (!isKept(task, seconds)) return refuse('task_unknown', 'the task of this key is no longer kept');
    const status = statusOf(task, seconds);
    if (status !== 'pending') return { task: showOpened(task, status, {}), repeated: true };
    const processor = findProcessor(task.processor, registry);
    if (isRefusal(processor)) return processor;
    const { callbacks } = await issuer.issue(currentTerms(task, processor));
    return { task: showOpened(task, status, callbacks), repeated: true };
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
    const decision = policy?.().decide(questionOf(request, clientId, taskId, carrier));
    if (decision !== undefined && !decision.allowed) {
      return { ...refuse('policy_denied', 'no policy allows it, or one forbids it'), fields: policyFields(decision) };
    }
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
    const opening = await whenAvailable(
      'tables',
      store.open({ task, codes, ...(repeatable && { request: repeatable }) }, terms.issuedAt),
    );
    if (opening.opened) {
      const said = decision === undefined ? {} : policyFields(decision);
      return { task: showOpened(task, task.status, callbacks), repeated: false, said };
    }
    // Only a request with a key finds an earlier one.
    return repeat(opening.earlier, repeatable as Repeatable);
  };

  return async (request, clientId, repeatable) => {
    if (repeatable !== undefined) {
      const earlier = await whenAvailable('lookups table', store.findRecorded(repeatable.lookupKey));
      if (earlier !== undefined && earlier.recordedAt > forgottenAt(inSeconds(now())))
        return repeat(earlier, repeatable);
    }
    return open(request, clientId, repeatable);
  };
};

/** Whether a sender may open this task. */
const questionOf = (request: OpenRequest, clientId: string, taskId: string, carrier: Carrier): Question => ({
  principal: { type: 'Sender', id: clientId, attributes: {} },
  action: 'open',
  task: {
    id: taskId,
    attributes: {
      processor: request.processor,
      resource: request.resource,
      ...(request.owner !== undefined && { owner: request.owner }),
    },
  },
  context: { carrier, expiresIn: request.expiresIn, callbacks: request.callbacks },
});

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
