import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { CLIENT_CONFIGURATION } from '../dependency/client-configuration.ts';

/** Where the bytes of a delivery can be fetched from, for a while. */
export interface ResultUrls {
  /**
   * A URL that gives an object as a download of this content type, whatever it was stored as.
   * @param seconds how long the URL is good
   */
  urlOf(key: string, contentType: string, seconds: number): Promise<string>;
}

/** Presigned URLs of the payload bucket; signing needs no request to it. */
export const createS3ResultUrls = (
  bucket: string,
  client: S3Client = new S3Client(CLIENT_CONFIGURATION),
): ResultUrls => ({
  urlOf: (key, contentType, seconds) =>
    getSignedUrl(
      client,
      new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ResponseContentType: contentType,
        ResponseContentDisposition: 'attachment',
        ResponseCacheControl: 'no-store',
      }),
      { expiresIn: seconds },
    ),
});
