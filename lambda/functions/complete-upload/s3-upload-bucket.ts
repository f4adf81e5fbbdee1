import {
  DeleteObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  NotFound,
  type S3Client,
} from '@aws-sdk/client-s3';
import { STORED_AS } from '../../shared/tables/stored-object.ts';
import type { UploadBucket } from './upload-bucket.ts';

/** The payload bucket in S3. */
export const createS3UploadBucket = (client: Pick<S3Client, 'send'>, bucket: string): UploadBucket => ({
  head: async (key) => {
    try {
      const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }));
      return {
        size: head.ContentLength,
        contentType: head.ContentType,
        checksum: head.ChecksumSHA256,
        metadata: unexpectedHeadersOf(head),
        versionId: head.VersionId,
      };
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  },

  deleteVersion: async (key, versionId) => {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
  },
});

/**
 * Returns the names of stored headers that an upload is not signed with. S3 does not return the class of a standard object.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
const unexpectedHeadersOf = (head: HeadObjectCommandOutput): readonly string[] =>
  Object.entries({
    'Cache-Control': unless(STORED_AS.cacheControl, head.CacheControl),
    'Content-Disposition': head.ContentDisposition,
    'Content-Encoding': unless(STORED_AS.contentEncoding, head.ContentEncoding),
    'Content-Language': head.ContentLanguage,
    Expires: head.ExpiresString,
    'x-amz-meta-*': Object.keys(head.Metadata ?? {}).length > 0 || (head.MissingMeta ?? 0) > 0 || undefined,
    'x-amz-storage-class': head.StorageClass,
    'x-amz-website-redirect-location': head.WebsiteRedirectLocation,
  }).flatMap(([name, value]) => (value === undefined ? [] : [name]));

const unless = (expected: string, value: string | undefined): string | undefined =>
  value === expected ? undefined : value;
