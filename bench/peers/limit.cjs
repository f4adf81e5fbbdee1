'use strict';
/**
 * The least that there is to do: one signature checked, one signed request with the very transaction that the receiver
 * makes, over a kept connection. No other check, no log, no retry, no time limit. Nobody should run this.
 */
const { createHash, createHmac, randomUUID } = require('node:crypto');
const http = require('node:http');
const { isSigned } = require('./signature.cjs');

const { AWS_ENDPOINT_URL_DYNAMODB, JTI_TABLE, TASKS_TABLE } = process.env;
const endpoint = new URL(AWS_ENDPOINT_URL_DYNAMODB);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (secret, text) => createHmac('sha256', secret).update(text).digest();
const SIGNED = 'content-type;host;x-amz-date;x-amz-target';
const TARGET = 'DynamoDB_20120810.TransactWriteItems';
let derived = { day: '', key: undefined };

const send = (body) =>
  new Promise((resolve, reject) => {
    const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
    const day = time.slice(0, 8);
    const scope = `${day}/eu-west-1/dynamodb/aws4_request`;
    if (derived.day !== day) {
      derived = { day, key: [day, 'eu-west-1', 'dynamodb', 'aws4_request'].reduce(hmac, 'AWS4local') };
    }
    const canonical = `POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:${endpoint.host}\nx-amz-date:${time}\nx-amz-target:${TARGET}\n\n${SIGNED}\n${sha256(body)}`;
    const signature = hmac(derived.key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex');
    const request = http.request({
      agent,
      method: 'POST',
      hostname: endpoint.hostname,
      port: endpoint.port,
      path: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'content-length': Buffer.byteLength(body),
        host: endpoint.host,
        'x-amz-date': time,
        'x-amz-target': TARGET,
        authorization: `AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=${SIGNED}, Signature=${signature}`,
      },
    });
    request.once('error', reject);
    request.once('response', (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    });
    request.end(body);
  });

exports.handler = async (event) => {
  const token = event.multiValueHeaders.authorization[0].slice(7);
  if (!isSigned(token)) return { statusCode: 401, body: '' };
  const { exp, jti, res_id: taskId, sub } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  const at = new Date().toISOString();
  const body = Buffer.from(event.body);
  const digest = sha256(body);
  const statusCode = await send(
    JSON.stringify({
      ClientRequestToken: randomUUID(),
      TransactItems: [
        {
          Update: {
            TableName: JTI_TABLE,
            Key: { jti: { S: jti } },
            UpdateExpression:
              'SET taskId = :taskId, processor = :processor, usedAt = :at, payloadSha256 = :digest, expiresAt = :purgeAt ADD uses :one',
            ConditionExpression: 'attribute_not_exists(jti) OR (uses < :maxUses AND payloadSha256 <> :digest)',
            ExpressionAttributeValues: {
              ':taskId': { S: taskId },
              ':processor': { S: sub },
              ':at': { S: at },
              ':digest': { S: digest },
              ':maxUses': { N: '1' },
              ':purgeAt': { N: `${exp + 86_400}` },
              ':one': { N: '1' },
            },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        {
          Update: {
            TableName: TASKS_TABLE,
            Key: { taskId: { S: taskId } },
            UpdateExpression:
              'SET #change = :change, changedAt = :at, #status = :change, closedAt = :at, #capability = :payload, payload = :stored, history = list_append(history, :history) REMOVE dueShard, due ADD #sequence :one',
            ConditionExpression:
              'processor = :processor AND callbacks.#capability.jti = :jti AND #status = :pending AND deadline > :now AND heartbeatDeadline > :now',
            ExpressionAttributeNames: {
              '#status': 'status',
              '#change': 'change',
              '#capability': 'result',
              '#sequence': 'sequence',
            },
            ExpressionAttributeValues: {
              ':processor': { S: sub },
              ':jti': { S: jti },
              ':pending': { S: 'pending' },
              ':now': { N: `${Math.floor(Date.now() / 1000)}` },
              ':change': { S: 'succeeded' },
              ':at': { S: at },
              ':one': { N: '1' },
              ':payload': {
                M: {
                  contentType: { S: 'application/json' },
                  size: { N: `${body.length}` },
                  sha256: { S: digest },
                  receivedAt: { S: at },
                },
              },
              ':stored': { B: body.toString('base64') },
              ':history': { L: [{ M: { at: { S: at }, status: { S: 'succeeded' } } }] },
            },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
      ],
    }),
  );
  return { statusCode, body: `{"taskId":"${taskId}"}` };
};
