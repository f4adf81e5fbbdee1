import { createHash } from 'node:crypto';
import { CallbackExternalError, type DurableContext, withDurableExecution } from '@aws/durable-execution-sdk-js';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { openTask } from '../open-task.ts';
import { orderRecognition } from '../order-recognition.ts';

const { INVOCATION_TARGET = '', PROCESSOR_URL = '' } = process.env;
const lambda = new LambdaClient();

/** Seconds. */
const EXPIRES_IN = 7_200;
const HEARTBEAT = 600;
/** Postern ends an overdue task within two minutes, and tells it soon after. So the function waits longer than the task lives. */
const MARGIN = 900;

interface Invoice {
  readonly invoice: string;
  readonly document: string;
}

/** What Postern tells of a task that did not succeed, in `ErrorData`. */
interface Ending {
  readonly taskId: string;
  readonly status: 'failed' | 'expired' | 'cancelled';
  /** The processor's failure, if it is JSON and not large. */
  readonly failure?: { readonly code?: string };
}

const recognise = async ({ document, invoice }: Invoice, context: DurableContext) => {
  try {
    const output = await context.waitForCallback(
      'recognise',
      async (callbackId) => {
        const task = await openTask(lambda, INVOCATION_TARGET, {
          processor: 'header-ocr',
          resource: invoice,
          expiresIn: EXPIRES_IN,
          heartbeat: HEARTBEAT,
          callbacks: ['result', 'failure', 'progress'],
          // The SDK repeats this function after an error, with the same callback. A repeat gets the same task.
          idempotencyKey: createHash('sha256').update(callbackId).digest('hex'),
          resume: { kind: 'durableFunction', callbackId },
        });
        await orderRecognition(PROCESSOR_URL, document, task);
      },
      {
        timeout: { seconds: EXPIRES_IN + MARGIN },
        heartbeatTimeout: { seconds: 3 * HEARTBEAT + MARGIN },
        retryStrategy,
      },
    );
    return { next: 'book', recognition: JSON.parse(output) };
  } catch (error) {
    // `CallbackTimeoutError`: nothing was told in time. `CallbackSubmitterError`: the task was refused.
    if (!(error instanceof CallbackExternalError) || error.errorData === undefined) throw error;
    const ending: Ending = JSON.parse(error.errorData);
    if (ending.status === 'expired') return { next: 'ask the processor', ending };
    if (ending.status === 'cancelled') return { next: 'nothing', ending };
    return { next: ending.failure?.code === 'unreadable' ? 'ask for a better scan' : 'type it in', ending };
  }
};

/** Refusals that stay, such as `request_invalid`, are not repeated. */
const PASSING = [
  'unavailable',
  'too_many_pending',
  'TooManyRequestsException',
  'Sandbox.Timedout',
  'ProcessorUnavailable',
];

const retryStrategy = (error: Error, attempts: number) =>
  PASSING.includes(error.name) && attempts < 8
    ? { shouldRetry: true, delay: { seconds: Math.min(300, 2 ** attempts) } }
    : { shouldRetry: false };

export const handler = withDurableExecution(recognise);
