import { createHash } from 'node:crypto';
import { PutObjectCommand, S3Client, type S3ClientConfig, S3ServiceException } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { AWS_CALLS } from '../../../contract/call-limits.ts';
import { CLIENT_CONFIGURATION } from '../../../shared/aws/client-configuration.ts';
import { STORED_AS } from '../../../shared/tables/stored-object.ts';
import type { CreatePayloadStore, PayloadStore } from './payload-store.ts';

/** Status of S3 if an object of this key exists. It has the same bytes, because the key contains their digest. */
const PRECONDITION_FAILED = 412;

/** Status of S3 if another PUT of this key is in progress: the same delivery came twice at once. */
const CONDITIONAL_REQUEST_CONFLICT = 409;

/**
 * Headers of an upload that are part of its signature: S3 refuses a request without exactly these. So only the offered
 * bytes can come, once, and not encoded. A signature cannot say that a header is absent. It can say that
 * `Content-Encoding` is `identity`, which means that the bytes are not encoded.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
const SIGNED_UPLOAD_HEADERS = [
  'cache-control',
  'content-encoding',
  'content-length',
  'content-type',
  'if-none-match',
  'x-amz-checksum-sha256',
] as const;

/** Creates the payload bucket with the configuration of the receiver. */
export const createPayloadStore: CreatePayloadStore = (bucket) => createS3PayloadStore(bucket, CLIENT_CONFIGURATION);

export const createS3PayloadStore = (bucket: string, configuration: S3ClientConfig): PayloadStore => {
  // The SDK's default adds another checksum to presigned uploads, which clients would have to send.
  const client = new S3Client({ ...configuration, requestChecksumCalculation: 'WHEN_REQUIRED' });
  return {
    put: async (key, bytes, contentType) => {
      const put = () =>
        client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: bytes,
            ContentType: contentType,
            ChecksumSHA256: createHash('sha256').update(bytes).digest('base64'),
            IfNoneMatch: '*',
          }),
        );
      for (let attempt = 1; ; attempt += 1) {
        try {
          await put();
          return;
        } catch (error) {
          const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
          if (status === PRECONDITION_FAILED) return;
          if (status !== CONDITIONAL_REQUEST_CONFLICT || attempt === AWS_CALLS.attempts) throw error;
        }
      }
    },

    presignUpload: async ({ contentType, key, sha256, size }, seconds) => {
      const checksum = Buffer.from(sha256, 'hex').toString('base64');
      const url = await getSignedUrl(
        client,
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          ContentType: contentType,
          ContentLength: size,
          CacheControl: STORED_AS.cacheControl,
          ContentEncoding: STORED_AS.contentEncoding,
          ChecksumSHA256: checksum,
          IfNoneMatch: '*',
        }),
        {
          expiresIn: seconds,
          signableHeaders: new Set(SIGNED_UPLOAD_HEADERS),
          unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
        },
      );
      return {
        url,
        headers: {
          'Content-Type': contentType,
          'Content-Length': String(size),
          'Content-Encoding': STORED_AS.contentEncoding,
          'Cache-Control': STORED_AS.cacheControl,
          'If-None-Match': '*',
          'x-amz-checksum-sha256': checksum,
        },
      };
    },
  };
};
