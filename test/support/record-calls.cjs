'use strict';
/**
 * Loaded into a function's process before its bundle: writes down every request that is signed for AWS as a line of JSON,
 * with whose it is, and changes nothing of it.
 */
const { appendFileSync } = require('node:fs');
const { ClientRequest } = require('node:http');

const file = process.env.RECORDED_CALLS_FILE;
const { end, write } = ClientRequest.prototype;
const chunks = new WeakMap();

const keep = (request, chunk) => {
  if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return;
  chunks.set(request, [...(chunks.get(request) ?? []), Buffer.from(chunk)]);
};

ClientRequest.prototype.write = function recordedWrite(chunk, ...rest) {
  keep(this, chunk);
  return write.call(this, chunk, ...rest);
};
ClientRequest.prototype.end = function recordedEnd(chunk, ...rest) {
  keep(this, chunk);
  if (String(this.getHeader('authorization')).startsWith('AWS4-HMAC-SHA256 ')) {
    const target = this.getHeader('x-amz-target');
    const body = Buffer.concat(chunks.get(this) ?? []);
    const call = { function: process.env.AWS_LAMBDA_FUNCTION_NAME, method: this.method, path: this.path, target };
    appendFileSync(file, `${JSON.stringify(target === undefined ? call : { ...call, body: body.toString('utf8') })}\n`);
  }
  return end.call(this, chunk, ...rest);
};
