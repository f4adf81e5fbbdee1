import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Buckets } from './s3-buckets.ts';
import { notImplemented, renderError, S3Error } from './s3-error.ts';
import { getObject, OVERRIDES } from './s3-get.ts';
import { type PutOptions, putObject, SIGNED_METADATA } from './s3-put.ts';
import { readRequest, type S3Request } from './s3-request.ts';
import { type SignatureOptions, verifySignature } from './s3-signature.ts';

const MAX_KEY_BYTES = 1_024;

export interface S3Options extends SignatureOptions, PutOptions {
  readonly buckets: Buckets;
}

/**
 * Stand-in for Amazon S3: `PutObject`, `GetObject`, `HeadObject`, `DeleteObject` of one version, signed by header or query.
 * It checks what S3 checks: signature, time, signed headers, length, checksums, conditions. It keeps what S3 keeps: versions,
 * and metadata, of which only `x-amz-*` must be signed. It does not check permissions: a missing object is NoSuchKey, also
 * for a caller to whom S3 would answer AccessDenied.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export const createS3 =
  (options: S3Options): RequestListener =>
  (message, response) => {
    const requestId = randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase();
    response.setHeader('x-amz-request-id', requestId);
    response.setHeader('x-amz-id-2', 'local');
    serve(options, message, response, requestId).catch((error: unknown) => {
      const known =
        error instanceof S3Error
          ? error
          : new S3Error(500, 'InternalError', error instanceof Error ? error.message : String(error));
      refuse(known, message, response, requestId);
    });
  };

const refuse = (error: S3Error, message: IncomingMessage, response: ServerResponse, requestId: string): void => {
  if (response.headersSent || message.socket.destroyed) {
    response.destroy();
    return;
  }
  const text = renderError(error, (message.url ?? '').split('?')[0] ?? '', requestId);
  // The unread rest of a body must not be taken for the next request.
  if (!message.complete) response.setHeader('connection', 'close');
  response.writeHead(error.status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(text),
    ...error.headers,
  });
  response.end(message.method === 'HEAD' ? '' : text);
  message.resume();
};

const serve = async (
  options: S3Options,
  message: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> => {
  const request = readRequest(message);
  const bucket = options.buckets.find(request.bucket);
  if (bucket === undefined) {
    throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: request.bucket });
  }
  const signed = await verifySignature(request, options);
  if (request.key === '') throw notImplemented('a bucket as its resource');
  if (Buffer.byteLength(request.key) > MAX_KEY_BYTES) {
    throw new S3Error(400, 'KeyTooLongError', 'Your key is too long');
  }
  assertKnown(request);
  switch (request.method) {
    case 'PUT':
      return await putObject(options, bucket, request, signed, message, response, requestId);
    case 'GET':
    case 'HEAD':
      return await getObject(bucket, request, response);
    case 'DELETE': {
      const { versionId } = request.query;
      if (versionId === undefined) throw notImplemented('a delete marker');
      bucket.deleteVersion(request.key, versionId);
      response.writeHead(204, { 'x-amz-version-id': versionId }).end();
      return;
    }
    default:
      throw new S3Error(
        405,
        'MethodNotAllowed',
        'The specified method is not allowed against this resource.',
        { Method: request.method, ResourceType: 'OBJECT' },
        { allow: 'DELETE, GET, HEAD, PUT' },
      );
  }
};

const KNOWN_HEADER = /^x-amz-(date|content-sha256|user-agent|checksum-.+|sdk-checksum-algorithm)$/;
const KNOWN_QUERY = new RegExp(
  `^(x-id|versionId|x-amz-(algorithm|credential|date|expires|signedheaders|signature|content-sha256|checksum-.+|sdk-checksum-algorithm|user-agent)|${Object.keys(OVERRIDES).join('|')})$`,
  'i',
);

/** A header or subresource that would change what the request means. */
const assertKnown = ({ headers, query }: S3Request): void => {
  const header = Object.keys(headers).find(
    (name) => name.startsWith('x-amz-') && !KNOWN_HEADER.test(name) && !SIGNED_METADATA.test(name),
  );
  if (header !== undefined) throw notImplemented(`the header ${header}`);
  const parameter = Object.keys(query).find(
    (name) => !KNOWN_QUERY.test(name) && !SIGNED_METADATA.test(name.toLowerCase()),
  );
  if (parameter !== undefined) throw notImplemented(`the query parameter ${parameter}`);
};
