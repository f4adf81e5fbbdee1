import { LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { SFNClient } from '@aws-sdk/client-sfn';
import { WORKFLOW_CALLS } from '../../contract/workflow-limits.ts';
import { createDurableFunctions } from './durable-functions.ts';
import type { AssumeRole } from './role-credentials.ts';
import { createStepFunctions } from './step-functions.ts';
import type { ConnectWorkflow, Destination, WorkflowService } from './workflow.ts';

/** A kept connection that the service has closed would be one more call without a known outcome. */
const NEW_CONNECTION = { keepAlive: false } as const;

const CONFIGURATION = {
  maxAttempts: WORKFLOW_CALLS.attempts,
  requestHandler: {
    connectionTimeout: WORKFLOW_CALLS.connectionTimeoutMilliseconds,
    requestTimeout: WORKFLOW_CALLS.requestTimeoutMilliseconds,
    // Without `throwOnRequestTimeout` the SDK only warns.
    throwOnRequestTimeout: true,
    httpAgent: NEW_CONNECTION,
    httpsAgent: NEW_CONNECTION,
  },
} as const satisfies LambdaClientConfig;

/**
 * Keeps one client for each Region, role and kind of workflow.
 * @param overrides further settings of the clients
 */
export const createConnectWorkflow = (assumeRole: AssumeRole, overrides: LambdaClientConfig = {}): ConnectWorkflow => {
  const services = new Map<string, WorkflowService>();
  return async (destination) => {
    const { externalId, kind, region, roleArn } = destination;
    const key = JSON.stringify([kind, region, roleArn, externalId]);
    // A role that cannot be assumed is an error before the call, so that the workflow certainly has no outcome.
    if (roleArn !== undefined) await assumeRole({ ...destination, roleArn });
    const kept = services.get(key);
    if (kept !== undefined) return kept;
    const service = createService(destination, assumeRole, overrides);
    services.set(key, service);
    return service;
  };
};

const createService = (
  destination: Destination,
  assumeRole: AssumeRole,
  overrides: LambdaClientConfig,
): WorkflowService => {
  const { kind, region, roleArn } = destination;
  const configuration = {
    ...CONFIGURATION,
    ...overrides,
    region,
    ...(roleArn !== undefined && { credentials: () => assumeRole({ ...destination, roleArn }) }),
  };
  return kind === 'stepFunctions'
    ? createStepFunctions(new SFNClient(configuration))
    : createDurableFunctions(new LambdaClient(configuration));
};
