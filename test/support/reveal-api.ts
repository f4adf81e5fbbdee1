import { randomBytes, randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import { AUDIT_RETENTION_SECONDS } from '../../lambda/contract/operator-limits.ts';
import { USERINFO_ROLES } from '../../lambda/contract/operator-roles.ts';
import { createDynamoDBRevealStore } from '../../lambda/functions/reveal-payload/dynamodb-reveal-store.ts';
import { createRevealPayloadEndpoint } from '../../lambda/functions/reveal-payload/endpoint.ts';
import { createReveal } from '../../lambda/functions/reveal-payload/reveal.ts';
import { createS3RevealBucket } from '../../lambda/functions/reveal-payload/s3-reveal-bucket.ts';
import type { AccessTokenVerifier } from '../../lambda/shared/access-token/access-token.ts';
import type { ConsoleFrameOptions } from '../../lambda/shared/console/frame.ts';
import { servePages } from '../../lambda/shared/http/serve-pages.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { type ActionFrameOptions, measureAction } from '../../lambda/shared/operator/answer-action.ts';
import { createAskOperatorPolicy } from '../../lambda/shared/operator/ask-operator-policy.ts';
import { createDynamoDBAuditLog } from '../../lambda/shared/operator/audit-log.ts';
import type { Policy } from '../../lambda/shared/policy/policy.ts';
import { anAlbEvent } from './alb-event.ts';
import { aBrowserAt, frameOptions } from './console.ts';
import { type Delivered, read } from './delivered.ts';
import type { TestStore } from './engine.ts';
import { NOW, ORIGIN } from './tokens.ts';

export interface RevealApi {
  /** Asks for a payload; a body that is not an object is sent as it is. */
  reveal(accessToken: string, taskId: string, body: unknown): Promise<Delivered>;
  /** Every line written so far. */
  readonly lines: Record<string, unknown>[];
}

export interface RevealApiOptions extends Partial<Pick<ActionFrameOptions, 'disabledActions'>> {
  readonly store: TestStore;
  readonly dynamodb: DynamoDBClient;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly verifier: Pick<AccessTokenVerifier, 'authenticate'>;
  readonly policy?: () => Policy;
}

/** The endpoint as its handler composes it, with a clock that stands still. */
const endpointOf = (
  { bucket, disabledActions = [], dynamodb, policy, s3, store, verifier }: RevealApiOptions,
  frame: ConsoleFrameOptions,
) => {
  const now = () => NOW * 1_000;
  const randomId = () => randomBytes(16).toString('base64url');
  const audit = createDynamoDBAuditLog({
    client: dynamodb,
    auditTable: store.auditTable,
    retentionSeconds: AUDIT_RETENTION_SECONDS.default,
  });
  return createRevealPayloadEndpoint({
    verifier,
    roles: USERINFO_ROLES,
    frame,
    disabledActions,
    audit,
    now,
    randomId,
    reveal: createReveal({
      store: createDynamoDBRevealStore(dynamodb, store.tasksTable),
      bucket: createS3RevealBucket(s3, bucket, now),
      audit,
      askPolicy: policy === undefined ? null : createAskOperatorPolicy({ policy, isProtected: false }),
      now,
      randomId,
    }),
  });
};

/** A browser at the forms of the function `reveal-payload`. */
export const aRevealBrowser = (options: RevealApiOptions) =>
  aBrowserAt((frame) => endpointOf(options, frame), {}, 'reveal-payload');

/** The function `reveal-payload` for programs. */
export const aRevealApi = (options: RevealApiOptions): RevealApi => {
  const lines: Record<string, unknown>[] = [];
  const handler = servePages({
    owner: 'reveal-payload',
    origin: ORIGIN,
    logger: createLogger('test', 'reveal-payload', (line) => lines.push(JSON.parse(line))),
    handle: endpointOf(options, frameOptions()),
    measure: measureAction,
  });
  return {
    lines,
    reveal: async (accessToken, taskId, body) =>
      read(
        await handler(
          anAlbEvent({
            method: 'POST',
            path: `/v1/operator/tasks/${taskId}/payload`,
            headers: {
              authorization: `Bearer ${accessToken}`,
              'content-type': 'application/json',
              'x-forwarded-for': '198.51.100.7',
            },
            body: typeof body === 'string' ? body : JSON.stringify(body),
          }),
          { awsRequestId: randomUUID() },
        ),
      ),
  };
};
