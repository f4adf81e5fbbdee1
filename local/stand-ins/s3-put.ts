import { createWriteStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Bucket } from './s3-buckets.ts';
import { checksumHeaders, Meter, readDeclared } from './s3-checksums.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import type { S3Request } from './s3-request.ts';
import type { Signed } from './s3-signature.ts';

const MAX_OBJECT_BYTES = 5_368_709_120;
const DEFAULT_TYPE = 'application/octet-stream';

/** An object that came, as S3 tells of it. */
export interface ObjectCreated {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly requestId: string;
  readonly sourceIp: string;
}

export interface PutOptions {
  /** Told before the request is answered; only for buckets that notify EventBridge. */
  readonly created: (object: ObjectCreated) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Takes an object. It is there once its bytes have come whole and are what the request said, or not at all; memory holds
 * none of them.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 * @throws {S3Error}
 */
export const putObject = async (
  { created, now }: PutOptions,
  bucket: Bucket,
  request: S3Request,
  { contentSha256 }: Signed,
  message: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> => {
  const { headers, key } = request;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined) throw notImplemented(`Content-Encoding ${encoding}`);
  if (headers['if-match'] !== undefined) throw notImplemented('If-Match');
  const condition = headers['if-none-match'];
  if (condition !== undefined && condition !== '*') throw notImplemented(`If-None-Match: ${condition}`);
  const ifNoneMatch = condition === '*';
  const length = Number(headers['content-length']);
  if (headers['content-length'] === undefined || Number.isNaN(length)) {
    throw new S3Error(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  if (length > MAX_OBJECT_BYTES) {
    throw new S3Error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
      ProposedSize: String(length),
      MaxSizeAllowed: String(MAX_OBJECT_BYTES),
    });
  }
  const declared = readDeclared(request);
  if (ifNoneMatch && bucket.find(key) !== undefined) throw preconditionFailed();

  const meter = new Meter();
  const draft = bucket.draft();
  try {
    await pipeline(message, meter, createWriteStream(draft.path, { mode: 0o600 }));
    const { md5Hex, size } = meter.verify(declared, contentSha256);
    const object = {
      key,
      size,
      contentType: headers['content-type'] ?? DEFAULT_TYPE,
      etag: md5Hex,
      ...(declared.checksum && { checksum: declared.checksum }),
      lastModified: now(),
    };
    if (!(await bucket.commit(draft, object, ifNoneMatch))) throw preconditionFailed();
    if (bucket.notifiesEventBridge) {
      const sourceIp = message.socket.remoteAddress ?? '127.0.0.1';
      created({ bucket: bucket.name, key, size, etag: md5Hex, requestId, sourceIp });
    }
    response.writeHead(200, { etag: `"${md5Hex}"`, 'content-length': 0, ...checksumHeaders(object) }).end();
  } finally {
    await bucket.discard(draft);
  }
};

const preconditionFailed = (): S3Error =>
  new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: 'If-None-Match',
  });
