import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { WorkflowService } from './workflow.ts';

/** State machines that wait with a task token. https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html */
export const createStepFunctions = (client: Pick<SFNClient, 'send'>): WorkflowService => ({
  succeed: async (taskToken, output) => {
    await client.send(new SendTaskSuccessCommand({ taskToken, output }));
  },
  fail: async (taskToken, { cause, error }) => {
    await client.send(new SendTaskFailureCommand({ taskToken, error, cause }));
  },
  heartbeat: async (taskToken) => {
    await client.send(new SendTaskHeartbeatCommand({ taskToken }));
  },
});
