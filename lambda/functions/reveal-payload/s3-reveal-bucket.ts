import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { REVEAL_URL_SECONDS } from '../../contract/operator-limits.ts';
import { createS3PayloadUrls } from '../../shared/tables/payload-urls.ts';
import { STORED_AS } from '../../shared/tables/stored-object.ts';
import type { RevealBucket } from './reveal-store.ts';

/**
 * The payload bucket, for operators.
 * @param now milliseconds since 1970
 */
export const createS3RevealBucket = (client: S3Client, bucket: string, now: () => number): RevealBucket => {
  const urls = createS3PayloadUrls(bucket, client);
  return {
    readStart: async (key, bytes) => {
      const { Body: body } = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=0-${bytes - 1}` }),
      );
      if (body === undefined) throw new Error('S3 returned no body.');
      return body.transformToByteArray();
    },

    put: async (key, bytes, contentType) => {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: bytes,
          ContentType: contentType,
          ContentEncoding: STORED_AS.contentEncoding,
          CacheControl: STORED_AS.cacheControl,
        }),
      );
    },

    urlOf: async (key, contentType) => {
      const expiresAt = new Date(now() + REVEAL_URL_SECONDS * 1_000).toISOString();
      return { url: await urls.urlOf(key, contentType, REVEAL_URL_SECONDS), expiresAt };
    },
  };
};
