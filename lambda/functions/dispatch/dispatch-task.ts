import {
  DISPATCH_TOLERATED_CONFLICTS,
  type DispatchFailure,
  type DispatchMessage,
  type DispatchSettings,
} from '../../contract/dispatch.ts';
import { CREDENTIALS_WAIT_SECONDS, EARLY_SECONDS, MAX_MESSAGE_DELAY_SECONDS } from '../../contract/dispatch-limits.ts';
import type { Processor, Registry } from '../../contract/registry.ts';
import { inSeconds } from '../../contract/task.ts';
import type { GetTokenSigner } from '../../shared/callback-token/signer.ts';
import type { ShortCodeRecord } from '../../shared/callbacks/callback-issuer.ts';
import { monotonicMilliseconds } from '../../shared/clock.ts';
import { isTemplateFault, type TemplateFault } from '../../shared/dispatch/build-request.ts';
import { SecretFormError } from '../../shared/dispatch/secrets.ts';
import type { Fields, Logger, Measurement } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import { type DispatchEnd, endOfDispatch } from '../../shared/tables/dispatch-view.ts';
import type { Claim, DispatchStore, LastAnswer, SentTask } from './dispatch-store.ts';
import { latestAttemptOf, planNextAttempt } from './next-attempt.ts';
import type { Admission, AttemptQueues, AttemptReport, Credentials, Inputs, RequestCredentials } from './ports.ts';
import {
  makeProcessorRequest,
  type ProcessorRequest,
  type SignCallbacks,
  type SignedCallbacks,
} from './processor-request.ts';
import { type AttemptOutcome, isServerError, type SendRequest } from './send-request.ts';

export interface DispatcherOptions {
  readonly registry: Registry;
  readonly store: DispatchStore;
  readonly inputs: Inputs;
  readonly admission: Admission;
  readonly credentials: Credentials;
  readonly queues: AttemptQueues;
  readonly signCallbacks: SignCallbacks;
  readonly getSigner: GetTokenSigner;
  /** Stores records of short codes. A repeat changes nothing. */
  readonly storeCodes: (codes: readonly ShortCodeRecord[]) => Promise<void>;
  readonly send: SendRequest;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Returns a number from 0 to less than 1. @default Math.random */
  readonly random?: () => number;
  /** Milliseconds, for durations only. @default monotonicMilliseconds */
  readonly clock?: () => number;
}

/**
 * Handles one message: it makes an attempt, or records why none is made. The task says what is to be done; a message that is too old
 * or too early changes nothing.
 * @throws if a table or a signing key is unavailable: then the message is received again
 */
export type DispatchTask = (message: DispatchMessage) => Promise<void>;

/** All that an attempt needs. */
interface Prepared {
  readonly settings: DispatchSettings;
  readonly signed: SignedCallbacks;
  readonly made: ProcessorRequest;
  readonly input: Awaited<ReturnType<Inputs['find']>>;
  /** Time that is left for the request. Milliseconds. */
  readonly timeLeft: number;
}

/** Credentials, and how long the token endpoint took. Milliseconds. */
interface Found {
  readonly credentials: RequestCredentials;
  readonly spent: number;
}

/** Most attempts to record the outcome of an attempt while the task changes. */
const MAX_RECORDINGS = 3;

export const createDispatchTask = (options: DispatcherOptions): DispatchTask => {
  const {
    admission,
    clock = monotonicMilliseconds,
    credentials,
    queues,
    inputs,
    logger,
    now,
    random = Math.random,
    store,
  } = options;

  const fieldsOf = ({ dispatch, processor, taskId }: SentTask): Fields => ({
    taskId,
    processor,
    issue: dispatch.issue,
    attempt: dispatch.attempts,
  });

  const sendMessage = async (task: SentTask, attempts: number, at: number): Promise<void> => {
    // `at` is a whole second, so the message is never too early by more than a second.
    const delay = Math.max(0, Math.ceil(at - now() / 1000));
    // A later attempt is found by the sweep.
    if (delay > MAX_MESSAGE_DELAY_SECONDS) return;
    const { dispatch, processor, taskId } = task;
    try {
      await queues.send(processor, { taskId, issue: dispatch.issue, attempt: attempts + 1 }, delay);
    } catch (error) {
      // The sweep finds the task all the same.
      logger.error('next attempt not queued', { ...fieldsOf(task), error: describeError(error) });
    }
  };

  /**
   * Records what follows an attempt that failed. The task may have changed during the attempt: then what it has become decides, for
   * example a callback that came before the answer.
   * @param isClaimed true if this call has claimed the last attempt of the task
   * @returns the task that was recorded; undefined if the task has come to an end, or its attempt is over
   */
  const settle = async (
    read: SentTask,
    isClaimed: boolean,
    write: (task: SentTask) => Promise<boolean>,
  ): Promise<SentTask | undefined> => {
    let task = read;
    for (let recording = 1; recording <= MAX_RECORDINGS; recording += 1) {
      if (await write(task)) return task;
      const latest = await store.find(task.taskId);
      const { attempts, issue } = task.dispatch;
      if (latest?.dispatch.issue !== issue || latest.dispatch.attempts !== attempts) return undefined;
      const { lease, state } = latest.dispatch;
      // The response to the write was lost: nobody else removes the lease of a queued task, or fails it.
      if (isClaimed && (state === 'failed' || (state === 'queued' && lease === undefined))) return task;
      if (state !== 'queued') return undefined;
      const end = endOfDispatch(latest, inSeconds(now()));
      if (end !== undefined) {
        await conclude(latest, end, isClaimed);
        return undefined;
      }
      task = latest;
    }
    return undefined;
  };

  /** Records an end that the task shows. */
  const conclude = async (task: SentTask, end: DispatchEnd, isClaimed: boolean): Promise<void> => {
    const isWritten = await store.end(task, end, now(), { isClaimed });
    const fields = { ...fieldsOf(task), state: end.state, ...(end.state === 'stopped' && { reason: end.reason }) };
    if (!isWritten) return logger.info('dispatch not ended: the task has changed', fields);
    logger.info('dispatch ended', fields, end.state === 'accepted' ? acceptedMetrics(task, end.acceptedAt) : []);
  };

  const fail = async (
    task: SentTask,
    reason: DispatchFailure,
    settings: DispatchSettings | undefined,
    { isClaimed, ...last }: LastAnswer & { readonly isClaimed: boolean } = { ...lastAnswerOf(task), isClaimed: false },
  ): Promise<void> => {
    const failsTask = settings?.onFailure !== 'keep';
    const failed = await settle(task, isClaimed, (each) =>
      store.fail(each, { ...last, now: now(), reason, failsTask }),
    );
    const fields = { ...fieldsOf(task), reason, ...last };
    if (failed === undefined) return logger.info('dispatch not failed: the task has changed', fields);
    logger.error('dispatch failed', fields, [{ metric: 'DispatchFailed', value: 1, by: task.processor }]);
  };

  const postpone = async (
    task: SentTask,
    settings: DispatchSettings,
    { kind, spread = 0, until }: { readonly kind: string; readonly until: number; readonly spread?: number },
  ): Promise<void> => {
    const later = until + random() * spread;
    // Where no later attempt fits, the sweep finds the task at once, and its dispatch fails.
    const at = Math.min(Math.ceil(later / 1000), latestAttemptOf(task, settings) + 1);
    if ((await store.postpone(task, at)) && spread === 0) await sendMessage(task, task.dispatch.attempts, at);
    logger.info('no attempt may be made now', { ...fieldsOf(task), why: kind });
  };

  const accept = async (
    task: SentTask,
    accepted: Parameters<DispatchStore['accept']>[1],
    fields: Fields,
  ): Promise<void> => {
    if (!(await store.accept(task, accepted))) {
      return logger.info('accepted before, or sent again meanwhile', { ...fieldsOf(task), ...fields });
    }
    logger.info('work accepted', { ...fieldsOf(task), ...fields }, acceptedMetrics(task, accepted.now));
  };

  const retry = async (
    claim: Claim,
    outcome: Extract<AttemptOutcome, { kind: 'retry' }>,
    settings: DispatchSettings,
  ): Promise<void> => {
    const { task } = claim;
    const { error, isLimited, retryAfter, status } = outcome;
    const isUncertain = outcome.isUncertain || task.dispatch.isUncertain === true;
    const next = planNextAttempt(task, task.dispatch, settings, now(), retryAfter, isLimited);
    const last: LastAnswer = status === undefined ? {} : { status };
    const reason = status === undefined ? `No answer: ${error}.` : `Answer ${status}.`;
    if ('failure' in next) return fail(task, next.failure, settings, { ...last, isClaimed: true });
    const retried = await settle(task, true, (each) =>
      store.retry({ ...claim, task: each }, { ...next, ...last, now: now(), isUncertain, reason }),
    );
    const fields = { ...fieldsOf(task), ...(status === undefined ? { error } : { status }) };
    if (retried === undefined) return logger.info('attempt failed, and none follows', fields);
    logger.error('attempt failed', fields, [{ metric: 'DispatchRetried', value: 1, by: task.processor }]);
    await sendMessage(task, claim.attempt, next.at);
  };

  const record = async (claim: Claim, outcome: AttemptOutcome, settings: DispatchSettings): Promise<void> => {
    const { task } = claim;
    switch (outcome.kind) {
      case 'accepted': {
        const { remoteId, status } = outcome;
        return accept(task, { now: now(), status, ...(remoteId !== undefined && { remoteId }) }, { status });
      }
      case 'refused': {
        const { status } = outcome;
        if (task.dispatch.isUncertain && DISPATCH_TOLERATED_CONFLICTS.includes(status)) {
          return accept(task, { now: now(), status, isAnswerUnknown: true }, { status, answer: 'unknown' });
        }
        return fail(task, 'Refused', settings, { status, isClaimed: true });
      }
      case 'addressRefused':
        return fail(task, 'AddressRefused', settings, { isClaimed: true });
      case 'unauthorized':
        return retry(claim, { kind: 'retry', status: 401, isUncertain: false, isLimited: false }, settings);
      case 'retry':
        return retry(claim, outcome, settings);
    }
  };

  /**
   * Finds the secrets and the access token of a processor.
   * @param timeLeft milliseconds
   * @returns undefined if they are unavailable
   */
  const findCredentials = async (
    processor: string,
    settings: DispatchSettings,
    timeLeft: number,
  ): Promise<Found | undefined> => {
    const begun = clock();
    try {
      const found = await credentials.resolve(settings, timeLeft);
      // The time-out is for the processor and its token endpoint. Secrets Manager has its own.
      const spent = settings.auth === undefined ? 0 : clock() - begun;
      return spent < timeLeft ? { credentials: found, spent } : undefined;
    } catch (error) {
      logger.error('credentials of a processor are unavailable', { processor, error: describeError(error) });
      return undefined;
    }
  };

  /** Builds and signs the request. @returns undefined if a secret cannot be used */
  const make = async (
    task: SentTask,
    settings: DispatchSettings,
    {
      callbacks,
      found,
      input,
    }: Pick<SignedCallbacks, 'callbacks'> & Pick<Prepared, 'input'> & { readonly found: Found },
  ): Promise<ProcessorRequest | TemplateFault | undefined> => {
    try {
      return await makeProcessorRequest({
        ...{ task, settings, input, callbacks, credentials: found.credentials },
        getSigner: options.getSigner,
        now: now(),
      });
    } catch (error) {
      if (!(error instanceof SecretFormError)) throw error;
      // An operator corrects the secret. Until then it is as if there were none.
      credentials.drop(settings);
      logger.error('a secret of a processor cannot be used', {
        processor: task.processor,
        error: describeError(error),
      });
      return undefined;
    }
  };

  const prepare = async (
    task: SentTask,
    processor: Processor,
    settings: DispatchSettings,
  ): Promise<Prepared | TemplateFault | undefined> => {
    const timeout = settings.timeout * 1000;
    const [input, found] = await Promise.all([
      inputs.find(task.taskId),
      findCredentials(task.processor, settings, timeout),
    ]);
    if (found === undefined) return undefined;
    const signed = await options.signCallbacks(task, processor);
    const made = await make(task, settings, { input, found, callbacks: signed.callbacks });
    if (made === undefined || isTemplateFault(made)) return made;
    return { settings, signed, made, input, timeLeft: timeout - found.spent };
  };

  /** Sends the request. If the processor refuses the credentials, it gets fresh ones once. */
  const send = async (
    task: SentTask,
    { input, made, settings, signed, timeLeft }: Prepared,
  ): Promise<AttemptOutcome> => {
    const deadline = clock() + timeLeft;
    const first = await options.send(made, settings, timeLeft);
    if (first.kind !== 'unauthorized') return first;
    credentials.drop(settings);
    const again = await makeAgain(task, { input, signed, settings, deadline });
    const left = deadline - clock();
    return again === undefined || left <= 0 ? first : options.send(again, settings, left);
  };

  /** Builds the request with fresh credentials. The attempt is under way, so this never rejects. */
  const makeAgain = async (
    task: SentTask,
    {
      deadline,
      input,
      settings,
      signed,
    }: Pick<Prepared, 'input' | 'settings' | 'signed'> & { readonly deadline: number },
  ): Promise<ProcessorRequest | undefined> => {
    try {
      const found = await findCredentials(task.processor, settings, Math.max(1, deadline - clock()));
      if (found === undefined) return undefined;
      const again = await make(task, settings, { input, found, callbacks: signed.callbacks });
      return isTemplateFault(again) ? undefined : again;
    } catch (error) {
      logger.error('request not signed again', { ...fieldsOf(task), error: describeError(error) });
      return undefined;
    }
  };

  const attempt = async (task: SentTask, processor: Processor, settings: DispatchSettings): Promise<void> => {
    // An attempt whose lease has run out is one without an answer.
    const isAbandoned = task.dispatch.lease !== undefined;
    const used = task.dispatch.used + (isAbandoned ? 1 : 0);
    const isUncertain = isAbandoned || task.dispatch.isUncertain === true;
    if (used > settings.retry.delays.length) return fail(task, 'AttemptsUsed', settings);
    const admittance = await admission.admit(task.processor, settings, task.taskId);
    if (!admittance.isAdmitted) {
      // A paused processor costs no writes: the sweep finds its tasks when it is resumed, or when their time is over.
      if (admittance.kind === 'paused') return logger.info('the processor is paused', fieldsOf(task));
      return postpone(task, settings, admittance);
    }
    let report: AttemptReport = 'unused';
    try {
      const prepared = await prepare(task, processor, settings);
      if (prepared === undefined) {
        const until = now() + CREDENTIALS_WAIT_SECONDS * 1000;
        return await postpone(task, settings, { kind: 'credentials', until });
      }
      if (isTemplateFault(prepared)) return await fail(task, 'TemplateInvalid', settings);
      // The token endpoint may have taken the last seconds.
      if (inSeconds(now()) > latestAttemptOf(task, settings)) return await fail(task, 'NoTimeLeft', settings);
      await options.storeCodes(prepared.signed.codes);
      const claim = await store.claim(task, {
        now: now(),
        used,
        isUncertain,
        // The processor may have kept the callbacks of the first attempt that had no answer.
        kid: (isUncertain ? task.dispatch.kid : undefined) ?? prepared.signed.kid,
      });
      if (claim === undefined) {
        return logger.info('no attempt: another one is under way, or the task has changed', fieldsOf(task));
      }
      const outcome = await send(task, prepared);
      report = reportOf(outcome);
      await record(claim, outcome, settings);
    } finally {
      await admittance.report(report);
    }
  };

  return async (message) => {
    const task = await store.find(message.taskId);
    if (task === undefined) return logger.info('nothing to send: no such task', { taskId: message.taskId });
    const { dispatch } = task;
    const seconds = inSeconds(now());
    // A message about the last attempt comes again if its process ended before the outcome was recorded.
    const isAbandoned = message.attempt === dispatch.attempts && dispatch.lease !== undefined;
    const isOld = message.issue !== dispatch.issue || (message.attempt !== dispatch.attempts + 1 && !isAbandoned);
    if (isOld || dispatch.state !== 'queued') return logger.info('nothing to send: the message is old', fieldsOf(task));
    if (dispatch.lease !== undefined && dispatch.lease > seconds) {
      return logger.info('nothing to send: an attempt is under way', fieldsOf(task));
    }
    const end = endOfDispatch(task, seconds);
    if (end !== undefined) return conclude(task, end, false);
    // hasOwn: a processor named like a member of Object.prototype is not in the registry.
    const processor = Object.hasOwn(options.registry, task.processor) ? options.registry[task.processor] : undefined;
    const settings = processor?.dispatch;
    if (processor === undefined || settings === undefined) return fail(task, 'ProcessorUnknown', settings);
    if (seconds > latestAttemptOf(task, settings)) return fail(task, 'NoTimeLeft', settings);
    const { dispatchAt = 0 } = task;
    if (dispatchAt > seconds + EARLY_SECONDS) {
      // It may be the only one: its process may have ended between the write and the next message.
      await sendMessage(task, dispatch.attempts, dispatchAt);
      return logger.info('nothing to send: the message is too early', fieldsOf(task));
    }
    return attempt(task, processor, settings);
  };
};

/** The last answer of earlier attempts. */
const lastAnswerOf = ({ dispatch: { lastStatus } }: SentTask): LastAnswer =>
  lastStatus === undefined ? {} : { status: lastStatus };

/** @param acceptedAt RFC 3339, or milliseconds since 1970 */
const acceptedMetrics = ({ processor, queuedAt }: SentTask, acceptedAt: string | number): readonly Measurement[] => {
  const delay = queuedAt === undefined ? 0 : new Date(acceptedAt).getTime() - queuedAt * 1000;
  return [
    { metric: 'DispatchAccepted', value: 1, by: processor },
    { metric: 'DispatchDelay', value: Math.max(0, delay) },
  ];
};

const reportOf = (outcome: AttemptOutcome): AttemptReport => {
  switch (outcome.kind) {
    case 'accepted':
      return 'answered';
    case 'refused':
      return outcome.status === GONE_STATUS ? 'gone' : 'answered';
    case 'addressRefused':
      return 'unused';
    case 'unauthorized':
      return 'unreachable';
    case 'retry': {
      const { status } = outcome;
      const isAway = status === undefined || isServerError(status) || UNAUTHORIZED_STATUSES.includes(status);
      return isAway ? 'unreachable' : 'answered';
    }
  }
};

/** Answers to credentials that were fetched again. They concern every task of the processor, so they count for its breaker. */
const UNAUTHORIZED_STATUSES = [401, 403, 407];

const GONE_STATUS = 410;
