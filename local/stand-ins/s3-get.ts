import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Bucket } from './s3-buckets.ts';
import { checksumHeaders } from './s3-checksums.ts';
import { S3Error } from './s3-error.ts';
import type { S3Request } from './s3-request.ts';

/** Query parameters of a signed request that decide headers of its answer. */
export const OVERRIDES = {
  'response-content-type': 'content-type',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
  'response-content-language': 'content-language',
  'response-cache-control': 'cache-control',
  'response-expires': 'expires',
} as const;

/**
 * Gives an object's bytes, all or one range of them, or for `HEAD` only what they are.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * @throws {S3Error}
 */
export const getObject = async (bucket: Bucket, request: S3Request, response: ServerResponse): Promise<void> => {
  const versionId = request.query.versionId;
  const object = bucket.find(request.key, versionId);
  if (object === undefined) {
    throw versionId === undefined
      ? new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', { Key: request.key })
      : new S3Error(404, 'NoSuchVersion', 'The specified version does not exist.', { Key: request.key });
  }
  const range = readRange(request.headers.range, object.size);
  const length = range === undefined ? object.size : range.end - range.start + 1;
  response.writeHead(range === undefined ? 200 : 206, {
    'accept-ranges': 'bytes',
    'content-type': object.contentType,
    'content-length': length,
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.lastModified).toUTCString(),
    ...object.metadata,
    ...(object.versionId !== undefined && { 'x-amz-version-id': object.versionId }),
    ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${object.size}` }),
    // A checksum of the whole would be taken for the part's.
    ...(range === undefined && request.parameter('x-amz-checksum-mode') === 'ENABLED' && checksumHeaders(object)),
    ...overrides(request),
  });
  if (request.method === 'HEAD' || length === 0) response.end();
  else await pipeline(bucket.read(object, range), response);
};

const overrides = ({ query }: S3Request): Record<string, string> =>
  Object.fromEntries(
    Object.entries(OVERRIDES).flatMap(([parameter, header]) => {
      const value = query[parameter];
      return value === undefined ? [] : [[header, value]];
    }),
  );

/** Reads one range of bytes. Like S3, ignores any other value of the header. */
const readRange = (header: string | undefined, size: number) => {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const suffix = match[1] === '';
  const start = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = suffix || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start >= size || (suffix && Number(match[2]) === 0)) {
    throw new S3Error(
      416,
      'InvalidRange',
      'The requested range is not satisfiable',
      { RangeRequested: header ?? '', ActualObjectSize: String(size) },
      { 'content-range': `bytes */${size}` },
    );
  }
  return start > end ? undefined : { start, end };
};
