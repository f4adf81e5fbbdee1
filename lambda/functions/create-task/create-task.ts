import type { Registry } from '../../contract/registry.ts';
import type { StoredResume } from '../../contract/resume.ts';
import type { TaskWithCallbacks } from '../../contract/sender-api.ts';
import { applicationShardKey, createdKey, searchShardKey } from '../../contract/tables.ts';
import { inSeconds, statusAt, type TaskItem, type TaskLayout } from '../../contract/task.ts';
import type { Sender } from '../../shared/access-token/sender.ts';
import type { ConflictRetries } from '../../shared/aws/transaction-conflicts.ts';
import type { CallbackIssuer, CallbackParameters } from '../../shared/callbacks/callback-issuer.ts';
import { repeatedParameters } from '../../shared/callbacks/repeated-parameters.ts';
import type { Fields } from '../../shared/log/logger.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import type { AskSenderPolicy } from '../../shared/policy/ask-sender-policy.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { retryRaces } from '../../shared/retry-races.ts';
import { trimTask } from '../../shared/tables/complete-task.ts';
import { searchDigest, shardOf } from '../../shared/tables/hashed-keys.ts';
import { keptOrUnknown } from '../../shared/tables/owned-task.ts';
import { timesOf } from '../../shared/tables/task-times.ts';
import { findDestination } from './find-destination.ts';
import { forgottenAt, type IdempotentRequest, type RecordedRequest } from './idempotency.ts';
import type { PendingLimit } from './pending-limit.ts';
import type { CreationRequest, ResumeRequest } from './request.ts';
import { createPrepareSupersession } from './superseded-task.ts';
import type { TaskCreationStore } from './task-creation-store.ts';
import { currentParametersOf, showTask } from './task-with-callbacks.ts';
import { admitWorkflow, type EncryptResumeToken, tokenOf } from './waiting-workflow.ts';

export interface TaskCreatorOptions {
  readonly registry: Registry;
  readonly retentionSeconds: number;
  /** Number of shards of each index of the tasks table. */
  readonly indexShards: number;
  readonly layout: TaskLayout;
  readonly issuer: CallbackIssuer;
  readonly store: TaskCreationStore;
  readonly askPolicy: AskSenderPolicy;
  readonly pendingLimit: PendingLimit;
  /** `null`: no application of the environment may resume a workflow. */
  readonly encryptResumeToken: EncryptResumeToken | null;
  readonly retries: ConflictRetries;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 128 random bits or more, base64url. */
  readonly randomId: () => string;
}

export interface CreationResult {
  readonly task: TaskWithCallbacks;
  /** True if an earlier request with the same idempotency key created the task. */
  readonly repeated: boolean;
  /** Decision of the policies, for the log. */
  readonly logFields: Fields;
}

/** @param idempotent the request's idempotency key and digest, if it has a key */
export type TaskCreator = (
  sender: Sender,
  request: CreationRequest,
  idempotent: IdempotentRequest | undefined,
) => Promise<CreationResult | Refusal>;

/**
 * Creates tasks in three steps: make the callbacks, store the task and its records, return both. A failure in between leaves
 * at most a task whose callbacks are unknown to all. With an idempotency key, a repeat of the request finds that task.
 */
export const createTaskCreator = (options: TaskCreatorOptions): TaskCreator => {
  const { askPolicy, encryptResumeToken, issuer, now, pendingLimit, randomId, registry, store } = options;
  const prepareSupersession = createPrepareSupersession(options);

  /** Returns the task of an earlier request as it is now, with its current callbacks. */
  const repeat = async (
    earlier: RecordedRequest,
    { requestSha256 }: IdempotentRequest,
    sender: Sender,
  ): Promise<CreationResult | Refusal> => {
    if (earlier.requestSha256 !== requestSha256) {
      return refuse('idempotency_conflict', 'the key came with another body before');
    }
    const found = await orUnavailable('tasks table', store.find(sender.application.id, earlier.taskId));
    const seconds = inSeconds(now());
    const task = keptOrUnknown(found, seconds);
    if (isRefusal(task)) return task;
    // The policies may have changed since the earlier request.
    const logFields = askPolicy({ sender, action: 'open', task, parameters: currentParametersOf(task) });
    if (isRefusal(logFields)) return { ...logFields, fields: { ...logFields.fields, taskId: task.taskId } };
    const status = statusAt(task, seconds);
    if (status !== 'pending') return { task: showTask(task, status, {}), repeated: true, logFields };
    // The processor's entry may have changed too. Callbacks with a carrier that it no longer allows would be refused.
    const destination = findDestination(task.processor, currentParametersOf(task), registry, sender.application);
    if (isRefusal(destination)) return destination;
    const { callbacks } = await issuer.issue(repeatedParameters(task, destination.processor, seconds));
    return { task: showTask(task, status, callbacks), repeated: true, logFields };
  };

  const encryptToken = async (
    resume: StoredResume,
    request: ResumeRequest,
    taskId: string,
  ): Promise<Pick<TaskItem, 'resume' | 'resumeToken'>> => {
    if (encryptResumeToken === null) throw new TypeError('The environment has no key for the tokens of workflows.');
    return { resume, resumeToken: await encryptResumeToken(taskId, tokenOf(request)) };
  };

  /** Returns undefined if the task to supersede has changed since it was read. */
  const attempt = async (
    sender: Sender,
    request: CreationRequest,
    idempotent: IdempotentRequest | undefined,
  ): Promise<CreationResult | Refusal | undefined> => {
    const destination = findDestination(request.processor, request, registry, sender.application);
    if (isRefusal(destination)) return destination;
    const { carrier, processor } = destination;
    const resume = request.resume && admitWorkflow(request.resume, sender.application);
    if (resume !== undefined && isRefusal(resume)) return resume;
    const taskId = randomId();
    const logFields = askPolicy({
      sender,
      action: 'open',
      task: { taskId, ...request },
      parameters: { ...request, carrier },
    });
    if (isRefusal(logFields)) return logFields;
    const supersession =
      request.supersedes === undefined ? undefined : await prepareSupersession(sender, request.supersedes, taskId);
    if (supersession !== undefined && isRefusal(supersession)) return supersession;
    // A task that takes the place of a pending one does not add to their number.
    const isReplacement = supersession?.cancellation !== undefined;
    const full = isReplacement ? undefined : await pendingLimit.check(sender.application);
    if (full !== undefined) return full;

    const createdAt = now();
    const issuedAt = inSeconds(createdAt);
    const parameters: CallbackParameters = {
      taskId,
      processor,
      carrier,
      ...(request.owner !== undefined && { owner: request.owner }),
      issuedAt,
      expiry: issuedAt + request.expiresIn,
      tokens: issuer.name(request.callbacks, processor),
    };
    // Both take their time: the token of the workflow is encrypted while the callbacks are signed.
    const [{ callbacks, codes }, resumption] = await Promise.all([
      issuer.issue(parameters),
      resume && encryptToken(resume, request.resume as ResumeRequest, taskId),
    ]);
    const task: TaskItem = {
      ...newTask(request, parameters, { ...options, sender, createdAt }),
      ...resumption,
      ...(supersession !== undefined && { supersedesKey: supersession.lookupKey }),
    };
    const newRecords = {
      task: options.layout === 'current' ? trimTask(task) : task,
      codes,
      ...(idempotent && { request: idempotent }),
      ...(supersession && { supersession }),
    };
    const creation = await orUnavailable('tables', store.create(sender.application.id, newRecords, issuedAt));
    if (creation.created) {
      if (!isReplacement) pendingLimit.noteCreated(sender.application);
      return { task: showTask(task, task.status, callbacks), repeated: false, logFields };
    }
    // Only a request with an idempotency key can find an earlier one.
    return creation.earlier && repeat(creation.earlier, idempotent as IdempotentRequest, sender);
  };

  const create: TaskCreator = (sender, request, idempotent) =>
    retryRaces(() => attempt(sender, request, idempotent), options.retries);

  const findEarlier = async ({ lookupKey }: IdempotentRequest): Promise<RecordedRequest | undefined> => {
    const earlier = await orUnavailable('lookups table', store.findRecorded(lookupKey));
    return earlier !== undefined && earlier.recordedAt > forgottenAt(inSeconds(now())) ? earlier : undefined;
  };

  return async (sender, request, idempotent) => {
    if (idempotent === undefined) return create(sender, request, undefined);
    const earlier = await findEarlier(idempotent);
    if (earlier !== undefined) return repeat(earlier, idempotent, sender);
    const result = await create(sender, request, idempotent);
    if (!isRefusal(result) || result.code !== 'too_many_pending') return result;
    // The same request at the same time may have created the last task below the limit.
    const meanwhile = await findEarlier(idempotent);
    return meanwhile === undefined ? result : repeat(meanwhile, idempotent, sender);
  };
};

interface Creation extends Pick<TaskCreatorOptions, 'retentionSeconds' | 'indexShards' | 'layout'> {
  readonly sender: Sender;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

const newTask = (request: CreationRequest, parameters: CallbackParameters, creation: Creation): TaskItem => {
  const { heartbeat, metadata, owner } = request;
  const { taskId } = parameters;
  const { application, clientId } = creation.sender;
  const createdAt = new Date(creation.createdAt).toISOString();
  const shard = shardOf(taskId, creation.indexShards);
  return {
    taskId,
    application: application.id,
    status: 'pending',
    processor: parameters.processor.id,
    resource: request.resource,
    ...(owner !== undefined && { owner }),
    ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
    openedBy: clientId,
    carrier: parameters.carrier,
    createdAt,
    ...timesOf(parameters.issuedAt, request.expiresIn, heartbeat, creation.retentionSeconds),
    ...(heartbeat !== undefined && { heartbeat }),
    shard,
    createdKey: createdKey(createdAt, taskId),
    applicationShard: applicationShardKey(application.id, shard),
    resourceShard: searchShardKey(application.id, shard, searchDigest(request.resource)),
    ...(owner !== undefined && { ownerShard: searchShardKey(application.id, shard, searchDigest(owner)) }),
    ...((application.pendingLimit !== null || creation.layout === 'former') && { dueShard: shard }),
    callbacks: parameters.tokens,
    uploads: {},
    quarantine: {},
    history: [{ at: createdAt, status: 'pending' }],
    sequence: 1,
    revision: 1,
    change: 'opened',
    changedAt: createdAt,
  };
};
