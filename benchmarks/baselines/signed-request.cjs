'use strict';
/** A minimal client of DynamoDB: signs by hand, and reuses connections. */
const { createHmac, createSecretKey, hash } = require('node:crypto');
const http = require('node:http');

const sha256 = (text) => hash('sha256', text);
const hmac = (secret, text) => createHmac('sha256', secret).update(text).digest();
const SIGNED = 'content-type;host;x-amz-date;x-amz-target';
const TYPE = 'application/x-amz-json-1.0';

exports.createClient = (url) => {
  const endpoint = new URL(url);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  let derived = { day: '', key: undefined };
  return (operation, body) =>
    new Promise((resolve, reject) => {
      const target = `DynamoDB_20120810.${operation}`;
      const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
      const day = time.slice(0, 8);
      const scope = `${day}/eu-west-1/dynamodb/aws4_request`;
      if (derived.day !== day) {
        const secret = [day, 'eu-west-1', 'dynamodb', 'aws4_request'].reduce(hmac, 'AWS4local');
        // A key object: `createHmac` with bytes takes seven times as long.
        derived = { day, key: createSecretKey(secret) };
      }
      const canonical = `POST\n/\n\ncontent-type:${TYPE}\nhost:${endpoint.host}\nx-amz-date:${time}\nx-amz-target:${target}\n\n${SIGNED}\n${sha256(body)}`;
      const signature = hmac(derived.key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex');
      const request = http.request({
        agent,
        method: 'POST',
        hostname: endpoint.hostname,
        port: endpoint.port,
        path: '/',
        headers: {
          'content-type': TYPE,
          'content-length': Buffer.byteLength(body),
          host: endpoint.host,
          'x-amz-date': time,
          'x-amz-target': target,
          authorization: `AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=${SIGNED}, Signature=${signature}`,
        },
      });
      request.once('error', reject);
      request.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.once('end', () => resolve({ status: response.statusCode, text }));
      });
      request.end(body);
    });
};
