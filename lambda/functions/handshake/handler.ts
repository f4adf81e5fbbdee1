import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HandshakeEvent, HandshakeVerdict, StartedCall } from '../../contract/handshake.ts';
import { REGISTRY_FILE, type Registry } from '../../contract/registry.ts';
import { readVariables } from '../../contract/variables.ts';
import { createCountedClient } from '../../shared/aws/dynamodb-sdk.ts';
import { isAlbEvent } from '../../shared/http/alb.ts';
import { serve } from '../../shared/http/serve.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createDynamoDBHandshakeStore } from './dynamodb-handshake-store.ts';
import { createHandshakeEndpoint } from './endpoint.ts';
import { guardedPost } from './guarded-post.ts';
import { createOwnCalls } from './own-calls.ts';
import { createCallerVerifier } from './verify-caller.ts';

const variables = readVariables('handshake', process.env);
const egress = variables.EGRESS;
const origin = variables.POSTERN_ORIGIN;
const logger = createLogger(variables.POSTERN_ENVIRONMENT, 'handshake', toStandardOutput);
const registry = JSON.parse(readFileSync(join(__dirname, REGISTRY_FILE), 'utf8')) as Registry;
const store = createDynamoDBHandshakeStore(createCountedClient(), variables.LOOKUPS_TABLE, Date.now);
const ownCalls = createOwnCalls({
  origin,
  store,
  randomSecret: () => randomBytes(32).toString('base64url'),
  now: Date.now,
});
const verifyCaller = createCallerVerifier({ store, post: (url, body) => guardedPost(url, body, { egress }) });

const originsOf = (id: string): readonly string[] => {
  const proof = Object.hasOwn(registry, id) ? registry[id]?.proof : undefined;
  return proof?.kind === 'webhook' ? proof.origins : [];
};

const handleHttp = serve({
  owner: 'handshake',
  origin,
  logger,
  handle: createHandshakeEndpoint({
    origin,
    ownCalls,
    verifyCaller,
    origins: Object.keys(registry).flatMap(originsOf),
  }),
});

/** Handles direct invocations. IAM allows them to the receiver and to applications that start calls. */
const handleInvocation = async (event: HandshakeEvent, requestId: string): Promise<HandshakeVerdict | StartedCall> => {
  if ('start' in event) {
    logger.info('call started', { requestId, to: new URL(event.start.url).origin });
    return ownCalls.start(event.start.url);
  }
  const { processor, ...request } = event.verify;
  const verdict = await verifyCaller(request, originsOf(processor));
  logger.info('handshake', { requestId, processor, ...verdict });
  return verdict;
};

/** Handles both sides of the handshake. Only this function calls an address that a caller names. */
export const handler = (event: unknown, context: { readonly awsRequestId: string }) =>
  isAlbEvent(event) ? handleHttp(event, context) : handleInvocation(event as HandshakeEvent, context.awsRequestId);
