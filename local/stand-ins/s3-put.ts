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

/** A new object, as the event of S3 describes it. */
export interface ObjectCreated {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Only of a bucket that keeps versions. */
  readonly versionId?: string | undefined;
  readonly requestId: string;
  readonly sourceIp: string;
}

export interface PutOptions {
  /** Called before the response, for buckets that notify EventBridge. */
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
  if (/\baws-chunked\b/i.test(headers['content-encoding'] ?? '')) throw notImplemented('Content-Encoding aws-chunked');
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

  const meter = new Meter();
  const draft = bucket.draft(key);
  try {
    await pipeline(message, meter, createWriteStream(draft.path, { mode: 0o600 }));
    const { md5Hex, size } = meter.verify(declared, contentSha256);
    const object = {
      key,
      size,
      contentType: headers['content-type'] ?? DEFAULT_TYPE,
      etag: md5Hex,
      ...(declared.checksum && { checksum: declared.checksum }),
      metadata: metadataOf(request),
      lastModified: now(),
    };
    const committed = bucket.commit(draft, object, ifNoneMatch);
    if (committed.outcome === 'exists') throw preconditionFailed();
    if (committed.outcome === 'conflict') throw conflict(key);
    const { versionId } = committed.object;
    if (bucket.notifiesEventBridge) {
      const sourceIp = message.socket.remoteAddress ?? '127.0.0.1';
      created({ bucket: bucket.name, key, size, etag: md5Hex, versionId, requestId, sourceIp });
    }
    response
      .writeHead(200, {
        etag: `"${md5Hex}"`,
        'content-length': 0,
        ...checksumHeaders(object),
        ...(versionId !== undefined && { 'x-amz-version-id': versionId }),
      })
      .end();
  } finally {
    await bucket.discard(draft);
  }
};

/** Headers that S3 keeps beside the content type, signed or not, and gives back to every reader of the object. */
const KEPT_HEADERS = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'expires'];

/** Metadata that S3 keeps where it is signed, as every `x-amz-*` header must be. */
export const SIGNED_METADATA = /^x-amz-(meta-.+|storage-class|website-redirect-location)$/;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const metadataOf = ({ headers, query }: S3Request): Record<string, string> =>
  Object.fromEntries(
    [
      ...Object.entries(headers),
      ...Object.entries(query).map(([name, value]) => [name.toLowerCase(), value] as const),
    ].filter(([name, value]) => KEPT_HEADERS.includes(name) || (SIGNED_METADATA.test(name) && value !== 'STANDARD')),
  );

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
const conflict = (key: string): S3Error =>
  new S3Error(
    409,
    'ConditionalRequestConflict',
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
    { Condition: 'If-None-Match', Key: key },
  );

const preconditionFailed = (): S3Error =>
  new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: 'If-None-Match',
  });
