import { readVariables } from '../../contract/variables.ts';
import { createGetPublicKey } from '../../shared/aws/kms.ts';
import { createKmsCall } from '../../shared/aws/kms-call.ts';
import { fetchPublicKeys, loadEagerly } from '../../shared/callback-token/public-keys.ts';
import { serve } from '../../shared/http/serve.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createMetadataEndpoint } from './endpoint.ts';

const variables = readVariables('metadata', process.env);

// Starts before the first event. Health and problem pages do not wait for it.
const keys = loadEagerly(() =>
  fetchPublicKeys(createGetPublicKey(createKmsCall({ environment: process.env })), variables.SIGNING_KEY_IDS ?? []),
);

/** Handles events of the load balancer: public documents and health. */
export const handler = serve({
  owner: 'metadata',
  origin: variables.POSTERN_ORIGIN,
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'metadata', toStandardOutput),
  handle: createMetadataEndpoint({
    origin: variables.POSTERN_ORIGIN,
    keys,
    abbreviations: variables.ABBREVIATIONS,
  }),
});
