'use strict';
/**
 * Opens a task with the least that is possible: checks the signature of one access token, signs two callback tokens, and puts
 * the task with one signed request over a reused connection. Its keys come from variables. It has no other check, no log, no
 * retry and no timeout. Do not deploy this.
 */
const { createPrivateKey, createPublicKey, hash, randomBytes, sign, verify } = require('node:crypto');
const { createClient } = require('./signed-request.cjs');

const { AWS_ENDPOINT_URL_DYNAMODB, IDP_JWK, POSTERN_ORIGIN: ORIGIN, PROCESSOR, SIGNING_JWK, TASKS_TABLE } = process.env;
const send = createClient(AWS_ENDPOINT_URL_DYNAMODB);
const idpKey = createPublicKey({ key: JSON.parse(IDP_JWK), format: 'jwk' });
const { kid, ...members } = JSON.parse(SIGNING_JWK);
const signingKey = { key: createPrivateKey({ key: members, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const HEADER = encode({ alg: 'ES256', typ: 'callback+jwt', kid });
const randomId = () => randomBytes(16).toString('base64url');
const digest = (text) => hash('sha256', text, 'base64url').slice(0, 22);

const isSigned = (token) => {
  const dot = token.lastIndexOf('.');
  return verify('sha256', Buffer.from(token.slice(0, dot)), idpKey, Buffer.from(token.slice(dot + 1), 'base64url'));
};

const signToken = (kind, taskId, jti, now, expiry) => {
  const claims = encode({
    iss: ORIGIN,
    aud: `${ORIGIN}/v1/${kind}s`,
    sub: PROCESSOR,
    path: `/v1/${kind}s/${taskId}`,
    res_id: taskId,
    scope: `${kind}_write`,
    roles: ['processor'],
    jti,
    iat: now,
    nbf: now,
    exp: expiry,
    max_uses: 1,
  });
  const input = `${HEADER}.${claims}`;
  return `${input}.${sign('sha256', Buffer.from(input), signingKey).toString('base64url')}`;
};

exports.handler = async (event) => {
  if (!isSigned(event.multiValueHeaders.authorization[0].slice(7))) return { statusCode: 401, body: '' };
  const { expiresIn, processor, resource } = JSON.parse(event.body);
  const [taskId, result, failure] = [randomId(), randomId(), randomId()];
  const createdAt = new Date().toISOString();
  const now = Math.floor(Date.now() / 1000);
  const expiry = now + expiresIn;
  const shard = `${hash('sha256', taskId, 'buffer')[0] % 16}`;
  const callback = (jti) => ({ M: { jti: { S: jti }, maxUses: { N: '1' } } });
  const { status } = await send(
    'PutItem',
    JSON.stringify({
      TableName: TASKS_TABLE,
      Item: {
        taskId: { S: taskId },
        application: { S: 'bench' },
        status: { S: 'pending' },
        processor: { S: processor },
        resource: { S: resource },
        openedBy: { S: 'bench' },
        carrier: { S: 'header' },
        createdAt: { S: createdAt },
        expiresAt: { S: new Date(expiry * 1000).toISOString() },
        deadline: { N: `${expiry + 5}` },
        due: { N: `${expiry + 5}` },
        purgeAt: { N: `${expiry + 86_400}` },
        shard: { N: shard },
        createdKey: { S: `${createdAt}#${taskId}` },
        applicationShard: { S: `bench#${shard}` },
        resourceShard: { S: `bench#${shard}#${digest(resource)}` },
        callbacks: { M: { result: callback(result), failure: callback(failure) } },
      },
      ConditionExpression: 'attribute_not_exists(taskId)',
    }),
  );
  const callbacks = {
    result: { url: `${ORIGIN}/v1/results/${taskId}`, token: signToken('result', taskId, result, now, expiry) },
    failure: { url: `${ORIGIN}/v1/failures/${taskId}`, token: signToken('failure', taskId, failure, now, expiry) },
  };
  return { statusCode: status === 200 ? 201 : 503, body: JSON.stringify({ taskId, callbacks }) };
};
