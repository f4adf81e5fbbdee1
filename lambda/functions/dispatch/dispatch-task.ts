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
import type { Fields, Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import { endOfDispatch } from '../../shared/tables/dispatch-view.ts';
import type { Claim, DispatchStore, LastAnswer, SentTask } from './dispatch-store.ts';
import { latestAttemptOf, planNextAttempt } from './plan.ts';
import type { Admission, AttemptReport, Credentials, Hints, Inputs, RequestCredentials } from './ports.ts';
import {
  makeProcessorRequest,
  type ProcessorRequest,
  type SignCallbacks,
  type SignedCallbacks,
} from './processor-request.ts';
import type { AttemptOutcome, SendRequest } from './send-request.ts';

export interface DispatcherOptions {
  readonly registry: Registry;
  readonly store: DispatchStore;
  readonly inputs: Inputs;
  readonly admission: Admission;
  readonly credentials: Credentials;
  readonly hints: Hints;
  readonly signCallbacks: SignCallbacks;
  readonly getSigner: GetTokenSigner;
  /** Stores records of short codes. A repeat changes nothing. */
  readonly storeCodes: (codes: readonly ShortCodeRecord[]) => Promise<void>;
  readonly send: SendRequest;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
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
  readonly processor: Processor;
  readonly settings: DispatchSettings;
  readonly signed: SignedCallbacks;
  readonly made: ProcessorRequest;
  readonly input: Awaited<ReturnType<Inputs['find']>>;
  /** Time at which the attempt must have ended, of the clock for durations. */
  readonly deadline: number;
}

export const createDispatchTask = (options: DispatcherOptions): DispatchTask => {
  const { admission, clock = monotonicMilliseconds, credentials, hints, inputs, logger, now, store } = options;

  const fieldsOf = ({ dispatch, processor, taskId }: SentTask): Fields => ({
    taskId,
    processor,
    issue: dispatch.issue,
    attempt: dispatch.attempts,
  });

  const hint = async (task: SentTask, attempts: number, at: number): Promise<void> => {
    // `at` is a whole second, so the message is never too early by more than a second.
    const delay = Math.max(0, Math.ceil(at - now() / 1000));
    // A later attempt is found by the sweep.
    if (delay > MAX_MESSAGE_DELAY_SECONDS) return;
    const { dispatch, processor, taskId } = task;
    try {
      await hints.send(processor, { taskId, issue: dispatch.issue, attempt: attempts + 1 }, delay);
    } catch (error) {
      // The sweep finds the task all the same.
      logger.error('next attempt not queued', { ...fieldsOf(task), error: describeError(error) });
    }
  };

  const fail = async (
    task: SentTask,
    reason: DispatchFailure,
    settings: DispatchSettings | undefined,
    last: LastAnswer = lastAnswerOf(task),
  ): Promise<void> => {
    const failsTask = settings?.onFailure !== 'keep';
    const isWritten = await store.fail(task, { ...last, now: now(), reason, failsTask });
    if (!isWritten) return logger.info('dispatch not failed: the task has changed', fieldsOf(task));
    logger.error('dispatch failed', { ...fieldsOf(task), reason, ...last }, [
      { metric: 'DispatchFailed', value: 1, by: task.processor },
    ]);
  };

  const postpone = async (task: SentTask, settings: DispatchSettings, until: number, why: string): Promise<void> => {
    // Where no later attempt fits, the sweep finds the task at once, and its dispatch fails.
    const at = Math.min(Math.ceil(until / 1000), latestAttemptOf(task, settings) + 1);
    if (await store.postpone(task, at)) await hint(task, task.dispatch.attempts, at);
    logger.info('no attempt may be made now', { ...fieldsOf(task), why });
  };

  const accept = async (
    task: SentTask,
    accepted: Parameters<DispatchStore['accept']>[1],
    fields: Fields,
  ): Promise<void> => {
    if (!(await store.accept(task, accepted))) {
      return logger.info('accepted before, or sent again meanwhile', { ...fieldsOf(task), ...fields });
    }
    const delay = Math.max(0, accepted.now - (task.queuedAt ?? inSeconds(accepted.now)) * 1000);
    logger.info('work accepted', { ...fieldsOf(task), ...fields }, [
      { metric: 'DispatchAccepted', value: 1, by: task.processor },
      { metric: 'DispatchDelay', value: delay },
    ]);
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
    if ('failure' in next) return fail(task, next.failure, settings, last);
    const isWritten = await store.retry(claim, { ...next, ...last, now: now(), isUncertain, reason });
    const fields = { ...fieldsOf(task), ...(status === undefined ? { error } : { status }) };
    if (!isWritten) return logger.info('attempt failed, and is over', fields);
    logger.error('attempt failed', fields, [{ metric: 'DispatchRetried', value: 1, by: task.processor }]);
    await hint(task, claim.attempt, next.at);
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
        return fail(task, 'Refused', settings, { status });
      }
      case 'addressRefused':
        return fail(task, 'AddressRefused', settings, {});
      case 'unauthorized':
        return retry(claim, { kind: 'retry', status: 401, isUncertain: false, isLimited: false }, settings);
      case 'retry':
        return retry(claim, outcome, settings);
    }
  };

  /** Finds the secrets and the access token of a processor. @returns undefined if they are unavailable */
  const findCredentials = async (
    settings: DispatchSettings,
    deadline: number,
  ): Promise<RequestCredentials | undefined> => {
    try {
      const found = await credentials.resolve(settings, Math.max(1, deadline - clock()));
      return clock() < deadline ? found : undefined;
    } catch (error) {
      logger.error('credentials of a processor are unavailable', { error: describeError(error) });
      return undefined;
    }
  };

  const prepare = async (
    task: SentTask,
    processor: Processor,
    settings: DispatchSettings,
  ): Promise<Prepared | TemplateFault | undefined> => {
    const deadline = clock() + settings.timeout * 1000;
    const [input, found] = await Promise.all([inputs.find(task.taskId), findCredentials(settings, deadline)]);
    if (found === undefined) return undefined;
    const signed = await options.signCallbacks(task, processor);
    const { callbacks } = signed;
    const made = await makeProcessorRequest({
      ...{ task, settings, input, callbacks, credentials: found },
      getSigner: options.getSigner,
      now: now(),
    });
    return isTemplateFault(made) ? made : { processor, settings, signed, made, input, deadline };
  };

  /** Sends the request. If the processor refuses the credentials, it gets fresh ones once. */
  const send = async (
    task: SentTask,
    { deadline, input, made, settings, signed }: Prepared,
  ): Promise<AttemptOutcome> => {
    const first = await options.send(made, settings, Math.max(1, deadline - clock()));
    if (first.kind !== 'unauthorized') return first;
    credentials.drop(settings);
    const fresh = await findCredentials(settings, deadline);
    if (fresh === undefined) return first;
    const { callbacks } = signed;
    const again = await makeProcessorRequest({
      ...{ task, settings, input, callbacks, credentials: fresh },
      getSigner: options.getSigner,
      now: now(),
    });
    return isTemplateFault(again) ? first : options.send(again, settings, Math.max(1, deadline - clock()));
  };

  const attempt = async (task: SentTask, processor: Processor, settings: DispatchSettings): Promise<void> => {
    // An attempt whose lease has run out is one without an answer.
    const isAbandoned = task.dispatch.lease !== undefined;
    const used = task.dispatch.used + (isAbandoned ? 1 : 0);
    if (used > settings.retry.delays.length) return fail(task, 'AttemptsUsed', settings);
    const admittance = await admission.admit(task.processor, settings, task.taskId);
    if (!admittance.isAdmitted) {
      // A paused processor costs no writes: the sweep finds its tasks when it is resumed, or when their time is over.
      if (admittance.kind === 'paused') return logger.info('the processor is paused', fieldsOf(task));
      return postpone(task, settings, admittance.until, admittance.kind);
    }
    let report: AttemptReport = 'unused';
    try {
      const prepared = await prepare(task, processor, settings);
      if (prepared === undefined) {
        return await postpone(task, settings, now() + CREDENTIALS_WAIT_SECONDS * 1000, 'credentials');
      }
      if (isTemplateFault(prepared)) return await fail(task, 'TemplateInvalid', settings);
      await options.storeCodes(prepared.signed.codes);
      const claim = await store.claim(task, {
        now: now(),
        used,
        isUncertain: isAbandoned || task.dispatch.isUncertain === true,
        kid: prepared.signed.kid,
      });
      if (claim === undefined)
        return logger.info('no attempt: another one is under way, or the task has changed', fieldsOf(task));
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
    const isOld = message.issue !== dispatch.issue || message.attempt !== dispatch.attempts + 1;
    if (isOld || dispatch.state !== 'queued') return logger.info('nothing to send: the message is old', fieldsOf(task));
    if (dispatch.lease !== undefined && dispatch.lease > seconds) {
      return logger.info('nothing to send: an attempt is under way', fieldsOf(task));
    }
    const end = endOfDispatch(task, seconds);
    if (end !== undefined) {
      const isWritten = await store.end(task, end, now());
      const fields = { ...fieldsOf(task), state: end.state };
      return logger.info(isWritten ? 'dispatch ended' : 'dispatch not ended: the task has changed', fields);
    }
    // hasOwn: a processor named like a member of Object.prototype is not in the registry.
    const processor = Object.hasOwn(options.registry, task.processor) ? options.registry[task.processor] : undefined;
    const settings = processor?.dispatch;
    if (processor === undefined || settings === undefined) return fail(task, 'ProcessorUnknown', settings);
    if (seconds > latestAttemptOf(task, settings)) return fail(task, 'NoTimeLeft', settings);
    if ((task.dispatchAt ?? 0) > seconds + EARLY_SECONDS) {
      return logger.info('nothing to send: the message is too early', fieldsOf(task));
    }
    return attempt(task, processor, settings);
  };
};

/** The last answer of earlier attempts. */
const lastAnswerOf = ({ dispatch: { lastStatus } }: SentTask): LastAnswer =>
  lastStatus === undefined ? {} : { status: lastStatus };

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
      const isAway = status === undefined || status >= 500 || UNAUTHORIZED_STATUSES.includes(status);
      return isAway ? 'unreachable' : 'answered';
    }
  }
};

/** Answers to credentials that were fetched again. They concern every task of the processor, so they count for its breaker. */
const UNAUTHORIZED_STATUSES = [401, 403, 407];

const GONE_STATUS = 410;
