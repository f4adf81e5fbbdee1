import {
  type LambdaClient,
  SendDurableExecutionCallbackFailureCommand,
  SendDurableExecutionCallbackHeartbeatCommand,
  SendDurableExecutionCallbackSuccessCommand,
} from '@aws-sdk/client-lambda';
import type { WorkflowService } from './workflow.ts';

/** Durable functions that wait for a callback. https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html */
export const createDurableFunctions = (client: Pick<LambdaClient, 'send'>): WorkflowService => ({
  succeed: async (CallbackId, output) => {
    await client.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: Buffer.from(output) }));
  },
  fail: async (CallbackId, { cause, error, message }) => {
    await client.send(
      new SendDurableExecutionCallbackFailureCommand({
        CallbackId,
        Error: { ErrorType: error, ErrorMessage: message, ErrorData: cause },
      }),
    );
  },
  heartbeat: async (CallbackId) => {
    await client.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId }));
  },
});
