'use strict';
/**
 * Does the least that is possible: reads its key from the table once, checks one signature, and sends one signed request with
 * the receiver's transaction, over a reused connection. It has no other check, no log, no retry and no timeout. Do not deploy
 * this.
 */
const { hash, randomUUID } = require('node:crypto');
const { isSigned, readKey } = require('./signature.cjs');
const { createClient } = require('./signed-request.cjs');

const { AWS_ENDPOINT_URL_DYNAMODB, JTI_TABLE, SIGNING_KEYS_TABLE, TASKS_TABLE } = process.env;
const send = createClient(AWS_ENDPOINT_URL_DYNAMODB);
const sha256 = (bytes) => hash('sha256', bytes);

/** Begins when the code is loaded, as the receiver's does. */
const key = send(
  'Query',
  JSON.stringify({
    TableName: SIGNING_KEYS_TABLE,
    ConsistentRead: true,
    KeyConditionExpression: 'purpose = :purpose',
    ProjectionExpression: 'publicJwk',
    ExpressionAttributeValues: { ':purpose': { S: 'callback-token' } },
  }),
).then(({ text }) => readKey(JSON.parse(JSON.parse(text).Items[0].publicJwk.S)));

exports.handler = async (event) => {
  const token = event.multiValueHeaders.authorization[0].slice(7);
  if (!isSigned(token, await key)) return { statusCode: 401, body: '' };
  const { exp, jti, res_id: taskId, sub } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  const at = new Date().toISOString();
  const body = Buffer.from(event.body);
  const digest = sha256(body);
  const { status: statusCode } = await send(
    'TransactWriteItems',
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
              'SET #change = :change, changedAt = :at, #status = :change, closedAt = :at, #capability = :payload, payload = :stored REMOVE dueShard ADD #sequence :one',
            ConditionExpression:
              'processor = :processor AND callbacks.#capability.jti = :jti AND #status = :pending AND deadline > :now AND (attribute_not_exists(heartbeatDeadline) OR heartbeatDeadline > :now)',
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
            },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
      ],
    }),
  );
  return { statusCode, body: `{"taskId":"${taskId}"}` };
};
