import { applicationOf } from '../../contract/applications.ts';
import { RESUME_REASONS } from '../../contract/resume.ts';
import { RESUME_DELIVERY } from '../../contract/workflow-limits.ts';
import type { Fields, Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import type { MessageWork } from './from-queue.ts';
import type { OutcomeMessages, ReceivedMessage } from './outcome-messages.ts';
import type { ClosedTask, ResumeStore, WaitedTask } from './resume-store.ts';
import { retryWait } from './retry-wait.ts';
import type { SendHeartbeat } from './send-heartbeat.ts';
import type { Telling, TellOutcome } from './tell-outcome.ts';

export interface ResumeWorkflowOptions {
  readonly store: ResumeStore;
  readonly messages: OutcomeMessages;
  readonly tellOutcome: TellOutcome;
  readonly sendHeartbeat: SendHeartbeat;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Handles one message. It reads the task and sends its present state to the workflow: a heartbeat for a pending task, the outcome for
 * a closed one. A message of earlier progress may thus send the outcome. The message of that outcome then has nothing left to send.
 */
export const createResumeWorkflow = (options: ResumeWorkflowOptions): MessageWork['resume'] => {
  const { logger, messages, now, random, sendHeartbeat, store, tellOutcome } = options;

  const beat = async (task: WaitedTask, fields: Fields): Promise<void> => {
    try {
      const isSent = await sendHeartbeat(task);
      logger.info(isSent ? 'heartbeat sent' : 'no heartbeat is due', fields);
    } catch (error) {
      // It is not repeated: the next progress is the next heartbeat.
      logger.error('heartbeat not sent', { ...fields, error: describeError(error) });
    }
  };

  const logEnd = (task: ClosedTask, telling: Exclude<Telling, { end: 'failed' }>, fields: Fields): void => {
    if (telling.end === 'changed') {
      logger.info('nothing to tell: the task has changed', fields);
    } else if (telling.end === 'refused') {
      const { reason } = telling;
      logger.error('workflow will not be resumed', { ...fields, reason }, [
        { metric: 'ResumeRefused', value: 1, by: reason },
      ]);
    } else {
      logger.info('workflow resumed', fields, [
        { metric: 'WorkflowResumed', value: 1, by: applicationOf(task) },
        ...(task.closedAt === undefined
          ? []
          : [{ metric: 'ResumeDelay' as const, value: Math.max(0, now() - Date.parse(task.closedAt)) }]),
      ]);
    }
  };

  /** Gives a message up. Each step can be repeated: a crash before the last one leaves the message in the queue. */
  const giveUp = async (message: ReceivedMessage, task: ClosedTask, fields: Fields): Promise<void> => {
    if (task.resume.state === 'pending') {
      const reason = RESUME_REASONS.gaveUp;
      await store.refuse(task, reason, new Date(now()).toISOString());
      logEnd(task, { end: 'refused', reason }, fields);
    }
    await messages.giveUp(message);
  };

  const delay = async ({ receiptHandle, receives }: ReceivedMessage, fields: Fields): Promise<void> => {
    if (receiptHandle === undefined) return;
    try {
      await messages.delay(receiptHandle, retryWait(receives, random));
    } catch (error) {
      // The message is received again after the queue's own time.
      logger.error('wait not set', { ...fields, error: describeError(error) });
    }
  };

  const isTooOld = ({ firstReceivedAt, receiptHandle }: ReceivedMessage): boolean =>
    receiptHandle !== undefined && now() - firstReceivedAt >= RESUME_DELIVERY.giveUpAfterSeconds * 1000;

  /** Returns the error of an attempt that is to be repeated. */
  const work = async (message: ReceivedMessage, fields: Fields): Promise<string | undefined> => {
    const task = await store.find(message.taskId);
    if (task === undefined) {
      logger.info('nothing to tell: no workflow waits', fields);
      return undefined;
    }
    const known = { ...fields, kind: task.resume.kind };
    if (task.resume.state === 'refused' && task.resume.reason === RESUME_REASONS.gaveUp && isTooOld(message)) {
      await giveUp(message, task as ClosedTask, known);
      return undefined;
    }
    if (task.resume.state !== 'pending') {
      logger.info('nothing to tell: the workflow was told or refused', known);
      return undefined;
    }
    if (!isClosed(task)) {
      await beat(task, known);
      return undefined;
    }
    const error = await tell(task, known);
    if (error === undefined || !isTooOld(message)) return error;
    await giveUp(message, task, known);
    return undefined;
  };

  const tell = async (task: ClosedTask, fields: Fields): Promise<string | undefined> => {
    try {
      const telling = await tellOutcome(task);
      if (telling.end === 'failed') return telling.error;
      logEnd(task, telling, fields);
      return undefined;
    } catch (error) {
      return describeError(error);
    }
  };

  return async (message) => {
    const { receives, sequence, taskId } = message;
    const fields = { taskId, sequence };
    const error = await work(message, fields).catch(describeError);
    if (error === undefined) return true;
    logger.error('workflow not resumed yet', { ...fields, error, receives });
    await delay(message, fields);
    return false;
  };
};

const isClosed = (task: WaitedTask): task is ClosedTask => task.status !== 'pending';
