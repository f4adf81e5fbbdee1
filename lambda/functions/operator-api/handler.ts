import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readVariables } from '../../contract/variables.ts';
import { configuredVerifier } from '../../shared/access-token/configured-verifier.ts';
import { createDynamoDBAccessTokenUses } from '../../shared/access-token/one-time.ts';
import { DYNAMODB_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { serve } from '../../shared/http/serve.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createOperatorApiEndpoint } from './endpoint.ts';

const variables = readVariables('operator-api', process.env);

const dynamodb = new DynamoDBClient(DYNAMODB_CONFIGURATION);

/** Handles events of the load balancer: reads and actions of operators. */
export const handler = serve({
  owner: 'operator-api',
  origin: variables.POSTERN_ORIGIN,
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'operator-api', toStandardOutput),
  handle: createOperatorApiEndpoint({
    verifier: configuredVerifier(variables, createDynamoDBAccessTokenUses(dynamodb, variables.LOOKUPS_TABLE)),
    roles: variables.OPERATOR_ROLES,
  }),
});
