import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readVariables } from '../../contract/variables.ts';
import { configuredVerifier } from '../../shared/access-token/configured-verifier.ts';
import { createDynamoDBAccessTokenUses } from '../../shared/access-token/one-time.ts';
import { DYNAMODB_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { serve } from '../../shared/http/serve.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createRevealPayloadEndpoint } from './endpoint.ts';

const variables = readVariables('reveal-payload', process.env);

const dynamodb = new DynamoDBClient(DYNAMODB_CONFIGURATION);

/** Handles events of the load balancer: payloads for operators. */
export const handler = serve({
  owner: 'reveal-payload',
  origin: variables.POSTERN_ORIGIN,
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'reveal-payload', toStandardOutput),
  handle: createRevealPayloadEndpoint({
    verifier: configuredVerifier(variables, createDynamoDBAccessTokenUses(dynamodb, variables.LOOKUPS_TABLE)),
    roles: variables.OPERATOR_ROLES,
  }),
});
