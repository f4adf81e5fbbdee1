import { DEFAULT_CALLBACKS } from '../../contract/capabilities.ts';
import type { Registry } from '../../contract/registry.ts';
import type { StoredResume } from '../../contract/resume.ts';
import type { TaskWithCallbacks } from '../../contract/sender-api.ts';
import { applicationShardKey, createdKey, searchShardKey } from '../../contract/tables.ts';
import { inSeconds, statusAt, type TaskItem, type TaskLayout } from '../../contract/task.ts';
import type { Sender } from '../../shared/access-token/sender.ts';
import type { ConflictRetries } from '../../shared/aws/transaction-conflicts.ts';
import type { CallbackIssuer, CallbackParameters, IssuedCallbacks } from '../../shared/callbacks/callback-issuer.ts';
import { repeatedParameters } from '../../shared/callbacks/repeated-parameters.ts';
import { queueAttributes } from '../../shared/dispatch/queue-attributes.ts';
import type { DispatchedProcessor } from '../../shared/dispatch/send-again.ts';
import type { Fields } from '../../shared/log/logger.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import type { AskSenderPolicy } from '../../shared/policy/ask-sender-policy.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { retryRaces } from '../../shared/retry-races.ts';
import { trimTask } from '../../shared/tables/complete-task.ts';
import { showDispatch } from '../../shared/tables/dispatch-view.ts';
import { searchDigest, shardOf } from '../../shared/tables/hashed-keys.ts';
import { keptOrUnknown } from '../../shared/tables/owned-task.ts';
import { timesOf } from '../../shared/tables/task-times.ts';
import { capabilitiesToSend, findReceiver, refuseUnfit } from './dispatch-request.ts';
import { admitCallbacks, findDestination, findProcessor } from './find-destination.ts';
import { forgottenAt, type IdempotentRequest, type RecordedRequest } from './idempotency.ts';
import type { PendingLimit } from './pending-limit.ts';
import type { CreationRequest, ResumeRequest } from './request.ts';
import { createPrepareSupersession } from './superseded-task.ts';
import type { TaskCreationStore } from './task-creation-store.ts';
import { currentParametersOf, showSentTask, showTask } from './task-with-callbacks.ts';
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
    const dispatch = showDispatch(task, seconds);
    if (dispatch !== undefined) return { task: showSentTask(task, status, dispatch.state), repeated: true, logFields };
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

  /** Decides who sends the work and which callbacks the task gets, or refuses what the processor's entry does not allow. */
  const admitRequest = (sender: Sender, request: CreationRequest) => {
    const processor = findProcessor(request.processor, registry, sender.application);
    if (isRefusal(processor)) return processor;
    const receiver = findReceiver(request, processor);
    if (isRefusal(receiver)) return receiver;
    const callbacks =
      receiver === null ? (request.callbacks ?? DEFAULT_CALLBACKS) : capabilitiesToSend(request.callbacks, receiver);
    if (isRefusal(callbacks)) return callbacks;
    const destination = admitCallbacks(processor, { ...request, callbacks });
    return isRefusal(destination) ? destination : { ...destination, callbacks, receiver };
  };

  /** Returns undefined if the task to supersede has changed since it was read. */
  const attempt = async (
    sender: Sender,
    request: CreationRequest,
    idempotent: IdempotentRequest | undefined,
  ): Promise<CreationResult | Refusal | undefined> => {
    const admitted = admitRequest(sender, request);
    if (isRefusal(admitted)) return admitted;
    const { callbacks: capabilities, carrier, processor, receiver } = admitted;
    const resume = request.resume && admitWorkflow(request.resume, sender.application);
    if (resume !== undefined && isRefusal(resume)) return resume;
    const taskId = randomId();
    if (receiver !== null) {
      const sent = { ...request, taskId, application: sender.application.id, issue: 1 };
      const unfit = refuseUnfit(
        sent,
        { ...request, callbacks: capabilities },
        { carrier, processor: receiver },
        inSeconds(now()),
      );
      if (unfit !== undefined) return unfit;
    }
    const logFields = askPolicy({
      sender,
      action: 'open',
      task: { taskId, ...request },
      parameters: { ...request, callbacks: capabilities, carrier },
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
      tokens: issuer.name(capabilities, processor),
    };
    // Both take their time: the token of the workflow is encrypted while the callbacks are signed.
    const [{ callbacks, codes }, resumption] = await Promise.all([
      // The dispatcher signs the callbacks of work that it sends.
      receiver === null ? issuer.issue(parameters) : NO_CALLBACKS,
      resume && encryptToken(resume, request.resume as ResumeRequest, taskId),
    ]);
    const task: TaskItem = {
      ...newTask(request, parameters, { ...options, sender, receiver, createdAt }),
      ...resumption,
      ...(supersession !== undefined && { supersedesKey: supersession.lookupKey }),
      ...(receiver !== null &&
        queueAttributes({ processor: processor.id, shard: shardOf(taskId, options.indexShards) }, undefined, issuedAt)),
    };
    const newRecords = {
      task: options.layout === 'current' ? trimTask(task) : task,
      codes,
      ...(idempotent && { request: idempotent }),
      ...(supersession && { supersession }),
      ...(request.input !== undefined && { input: JSON.stringify(request.input) }),
    };
    const creation = await orUnavailable('tables', store.create(sender.application.id, newRecords, issuedAt));
    if (creation.created) {
      if (!isReplacement) pendingLimit.noteCreated(sender.application);
      const shown =
        receiver === null ? showTask(task, task.status, callbacks) : showSentTask(task, task.status, 'queued');
      return { task: shown, repeated: false, logFields };
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
  /** `null`: the sender sends the work itself. */
  readonly receiver: DispatchedProcessor | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

const NO_CALLBACKS: IssuedCallbacks = { callbacks: {}, codes: [] };

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
    // The heartbeat of work that is sent begins when the processor accepts it.
    ...timesOf(
      parameters.issuedAt,
      request.expiresIn,
      creation.receiver === null ? heartbeat : undefined,
      creation.retentionSeconds,
    ),
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
