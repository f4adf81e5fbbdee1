import { HeadObjectCommand, NotFound, type S3Client } from '@aws-sdk/client-s3';
import type { UploadBucket } from './uploaded-task.ts';

/** The payload bucket in S3. */
export const createS3UploadBucket = (client: Pick<S3Client, 'send'>, bucket: string): UploadBucket => ({
  head: async (key) => {
    try {
      const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }));
      return { size: head.ContentLength, contentType: head.ContentType, checksum: head.ChecksumSHA256 };
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  },
});
