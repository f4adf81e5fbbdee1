import { readVariables } from '../../contract/variables.ts';
import { configuredVerifier } from '../../shared/access-token/configured-verifier.ts';
import { createDynamoDBAccessTokenUses } from '../../shared/access-token/one-time.ts';
import { callBySdk, createCountedClient } from '../../shared/aws/dynamodb-sdk.ts';
import { serve } from '../../shared/http/serve.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { measureAction } from '../../shared/operator/answer-action.ts';
import { createOperatorServices } from '../../shared/operator/operator-services.ts';
import { createOperatorApiEndpoint } from './endpoint.ts';

const variables = readVariables('operator-api', process.env);
const client = createCountedClient();
const logger = createLogger(variables.POSTERN_ENVIRONMENT, 'operator-api', toStandardOutput);

/** Handles events of the load balancer: reads and actions of operators. */
export const handler = serve({
  owner: 'operator-api',
  origin: variables.POSTERN_ORIGIN,
  logger,
  handle: createOperatorApiEndpoint({
    ...createOperatorServices({ variables, client, environment: process.env, folder: __dirname, logger }),
    verifier: configuredVerifier(variables, createDynamoDBAccessTokenUses(callBySdk(client), variables.LOOKUPS_TABLE)),
    roles: variables.OPERATOR_ROLES,
  }),
  measure: measureAction,
});
