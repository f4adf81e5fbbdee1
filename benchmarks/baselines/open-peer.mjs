/**
 * Opens a task with middy, Powertools (logger, metrics), aws-jwt-verify and the SDK. KMS signs each callback token, as its
 * documentation shows. Its keys of the identity provider come from a variable, so it does not request them.
 */
import { createHash, randomBytes } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import middy from '@middy/core';
import { JwtVerifier } from 'aws-jwt-verify';

const { IDP_ISSUER, IDP_JWK, KMS_KEY_ID, POSTERN_ORIGIN: ORIGIN, PROCESSOR, SIGNING_JWK, TASKS_TABLE } = process.env;

const logger = new Logger({ serviceName: 'open' });
const metrics = new Metrics({ namespace: 'Peer', serviceName: 'open' });
const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const kms = new KMSClient({});
const { kid } = JSON.parse(SIGNING_JWK);

const verifier = JwtVerifier.create({
  issuer: IDP_ISSUER,
  audience: ORIGIN,
  jwksUri: `${IDP_ISSUER}/jwks`,
  customJwtCheck: ({ header, payload }) => {
    if (header.typ !== 'at+jwt') throw new Error('typ');
    if (!`${payload.scope}`.split(' ').includes('task_write')) throw new Error('scope');
    if (!payload.roles?.includes('sender')) throw new Error('roles');
  },
});
verifier.cacheJwks({ keys: [JSON.parse(IDP_JWK)] });

const randomId = () => randomBytes(16).toString('base64url');
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** r and s of a DER signature, 32 bytes each. */
const joseFromDer = (der) => {
  const jose = Buffer.alloc(64);
  let offset = 2;
  for (const end of [32, 64]) {
    const length = der[offset + 1];
    const integer = der.subarray(offset + 2, offset + 2 + length);
    const digits = integer[0] === 0 ? integer.subarray(1) : integer;
    jose.set(digits, end - digits.length);
    offset += 2 + length;
  }
  return jose;
};

const signToken = async (claims) => {
  const input = `${encode({ alg: 'ES256', typ: 'callback+jwt', kid })}.${encode(claims)}`;
  const { Signature } = await kms.send(
    new SignCommand({
      KeyId: KMS_KEY_ID,
      Message: createHash('sha256').update(input).digest(),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    }),
  );
  return `${input}.${joseFromDer(Buffer.from(Signature)).toString('base64url')}`;
};

const callbackOf = async (kind, taskId, jti, now, expiry) => {
  const path = `/v1/${kind}s/${taskId}`;
  const token = await signToken({
    iss: ORIGIN,
    aud: `${ORIGIN}/v1/${kind}s`,
    sub: PROCESSOR,
    path,
    res_id: taskId,
    scope: `${kind}_write`,
    roles: ['processor'],
    jti,
    iat: now,
    nbf: now,
    exp: expiry,
    max_uses: 1,
  });
  return { method: 'POST', url: `${ORIGIN}${path}`, token, expiresAt: new Date(expiry * 1000).toISOString() };
};

const respond = (statusCode, body) => ({
  statusCode,
  multiValueHeaders: { 'Content-Type': ['application/json'] },
  body: JSON.stringify(body),
  isBase64Encoded: false,
});

const open = async (event) => {
  const [authorization = ''] = event.multiValueHeaders.authorization ?? [];
  let client;
  try {
    client = (await verifier.verify(authorization.replace(/^Bearer /, ''))).client_id;
  } catch (error) {
    logger.info('refused', { reason: error.name });
    return respond(401, { title: 'The token is not valid.' });
  }
  const { expiresIn, processor, resource } = JSON.parse(event.body);
  if (processor !== PROCESSOR || typeof resource !== 'string' || !Number.isInteger(expiresIn)) {
    return respond(400, { title: 'The request is not valid.' });
  }
  const [taskId, result, failure] = [randomId(), randomId(), randomId()];
  const createdAt = new Date().toISOString();
  const now = Math.floor(Date.now() / 1000);
  const expiry = now + expiresIn;
  const [resultCallback, failureCallback] = await Promise.all([
    callbackOf('result', taskId, result, now, expiry),
    callbackOf('failure', taskId, failure, now, expiry),
  ]);
  const shard = createHash('sha256').update(taskId).digest()[0] % 16;
  const resourceDigest = createHash('sha256').update(resource).digest('base64url').slice(0, 22);
  await dynamodb.send(
    new PutCommand({
      TableName: TASKS_TABLE,
      Item: {
        taskId,
        application: 'bench',
        status: 'pending',
        processor,
        resource,
        openedBy: client,
        carrier: 'header',
        createdAt,
        expiresAt: new Date(expiry * 1000).toISOString(),
        deadline: expiry + 5,
        due: expiry + 5,
        purgeAt: expiry + 86_400,
        shard,
        createdKey: `${createdAt}#${taskId}`,
        applicationShard: `bench#${shard}`,
        resourceShard: `bench#${shard}#${resourceDigest}`,
        callbacks: { result: { jti: result, maxUses: 1 }, failure: { jti: failure, maxUses: 1 } },
      },
      ConditionExpression: 'attribute_not_exists(taskId)',
    }),
  );
  metrics.addMetric('opened', MetricUnit.Count, 1);
  logger.info('opened', { taskId, processor });
  return respond(201, { taskId, callbacks: { result: resultCallback, failure: failureCallback } });
};

export const handler = middy(open).use(injectLambdaContext(logger)).use(logMetrics(metrics));
