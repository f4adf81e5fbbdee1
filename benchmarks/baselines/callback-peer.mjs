/**
 * A receiver made of middy, Powertools (idempotency by jti, logger, metrics), aws-jwt-verify and the SDK. It checks the same
 * claims, with the same compiled schema. Its keys come from a variable, so it does not request them.
 */
import { createHash } from 'node:crypto';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import middy from '@middy/core';
import { JwtVerifier } from 'aws-jwt-verify';

const { JWKS, JWKS_URI, POSTERN_ORIGIN: ORIGIN, PROCESSOR, TASKS_TABLE } = process.env;

const logger = new Logger({ serviceName: 'receive' });
const metrics = new Metrics({ namespace: 'Peer', serviceName: 'receive' });
const dynamodb = new DynamoDBClient({});
const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency', awsSdkV3Client: dynamodb });
const config = new IdempotencyConfig({ eventKeyJmesPath: 'jti', throwOnNoIdempotencyKey: true });

const verifier = JwtVerifier.create({
  issuer: ORIGIN,
  audience: `${ORIGIN}/v1/results`,
  jwksUri: JWKS_URI,
  customJwtCheck: ({ header, payload }) => {
    if (header.typ !== 'callback+jwt') throw new Error('typ');
    if (payload.sub !== PROCESSOR || payload.scope !== 'result_write') throw new Error('scope');
    if (!payload.roles?.includes('processor')) throw new Error('roles');
  },
});
verifier.cacheJwks(JSON.parse(JWKS));

const schema = require(`${__dirname}/schemas.cjs`)[PROCESSOR];

const record = makeIdempotent(
  async ({ body, jti, taskId }) => {
    const at = new Date().toISOString();
    const sha256 = createHash('sha256').update(body).digest('hex');
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: TASKS_TABLE,
        Key: { taskId: { S: taskId } },
        UpdateExpression: 'SET #status = :succeeded, closedAt = :at, payload = :payload, #result = :result',
        ConditionExpression: '#status = :pending AND callbacks.#result.jti = :jti',
        ExpressionAttributeNames: { '#status': 'status', '#result': 'result' },
        ExpressionAttributeValues: {
          ':pending': { S: 'pending' },
          ':succeeded': { S: 'succeeded' },
          ':jti': { S: jti },
          ':at': { S: at },
          ':payload': { B: Buffer.from(body) },
          ':result': { M: { sha256: { S: sha256 }, size: { N: `${Buffer.byteLength(body)}` }, receivedAt: { S: at } } },
        },
      }),
    );
    return { taskId, status: 'succeeded', receivedAt: at };
  },
  { persistenceStore, config },
);

const respond = (statusCode, body) => ({
  statusCode,
  multiValueHeaders: { 'Content-Type': ['application/json'] },
  body: JSON.stringify(body),
  isBase64Encoded: false,
});

const refuse = (statusCode, reason, title) => {
  metrics.addMetric('refused', MetricUnit.Count, 1);
  logger.info('refused', { reason });
  return respond(statusCode, { title });
};

const receive = async (event, context) => {
  config.registerLambdaContext(context);
  const [authorization = ''] = event.multiValueHeaders.authorization ?? [];
  let claims;
  try {
    claims = await verifier.verify(authorization.replace(/^Bearer /, ''));
  } catch (error) {
    return refuse(401, error.name, 'The token is not valid.');
  }
  const taskId = event.path.split('/').at(-1);
  if (claims.path !== event.path || claims.res_id !== taskId) return refuse(403, 'path', 'Not this task.');
  if (!schema(JSON.parse(event.body))) return refuse(422, 'schema', 'Not the schema.');
  const result = await record({ jti: claims.jti, taskId, body: event.body }).catch((error) => {
    metrics.addMetric('failed', MetricUnit.Count, 1);
    throw error;
  });
  metrics.addMetric('accepted', MetricUnit.Count, 1);
  logger.info('accepted', { taskId });
  return respond(200, result);
};

export const handler = middy(receive).use(injectLambdaContext(logger)).use(logMetrics(metrics));
