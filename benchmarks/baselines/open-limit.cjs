'use strict';
/** Does the least that creating a task needs: two signatures of KMS at a time, and one item. It checks no access token. */
const { createHash, randomBytes } = require('node:crypto');
const { createClient } = require('./signed-request.cjs');

const { AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_KMS, POSTERN_ORIGIN, SIGNING_KEY_IDS, TASKS_TABLE } = process.env;
const dynamodb = createClient({
  service: 'dynamodb',
  target: 'DynamoDB_20120810',
  version: '1.0',
  url: AWS_ENDPOINT_URL_DYNAMODB,
});
const kms = createClient({ service: 'kms', target: 'TrentService', version: '1.1', url: AWS_ENDPOINT_URL_KMS });

const sign = async (claims) => {
  const encoded = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const { status, text } = await kms(
    'Sign',
    JSON.stringify({
      KeyId: SIGNING_KEY_IDS,
      Message: createHash('sha256').update(encoded).digest('base64'),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    }),
  );
  if (status !== 200) throw new Error(text);
  return `${encoded}.${JSON.parse(text).Signature}`;
};

exports.handler = async (event) => {
  const { processor, resource } = JSON.parse(event.body);
  const taskId = randomBytes(16).toString('base64url');
  const [result, failure] = await Promise.all(
    ['results', 'failures'].map((route) =>
      sign({ iss: POSTERN_ORIGIN, path: `/v1/${route}/${taskId}`, sub: processor }),
    ),
  );
  const { status } = await dynamodb(
    'PutItem',
    JSON.stringify({
      TableName: TASKS_TABLE,
      Item: { taskId: { S: taskId }, processor: { S: processor }, resource: { S: resource }, status: { S: 'pending' } },
    }),
  );
  return {
    statusCode: status === 200 ? 201 : status,
    body: JSON.stringify({ taskId, callbacks: { result, failure } }),
  };
};
