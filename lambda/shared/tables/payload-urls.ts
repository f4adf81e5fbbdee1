import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { CLIENT_CONFIGURATION } from '../aws/client-configuration.ts';
import { STORED_AS } from './stored-object.ts';

/** URLs of payloads in the bucket, with a limited lifetime. */
export interface PayloadUrls {
  /**
   * Returns a URL that downloads an object with this content type. The URL signs type, encoding, disposition and cache
   * control of the response, and S3 sends these instead of the stored headers.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   * @param seconds lifetime of the URL
   */
  urlOf(key: string, contentType: string, seconds: number): Promise<string>;
}

/** Presigned URLs of the payload bucket. Signing sends no request. */
export const createS3PayloadUrls = (
  bucket: string,
  client: S3Client = new S3Client(CLIENT_CONFIGURATION),
): PayloadUrls => ({
  urlOf: (key, contentType, seconds) =>
    getSignedUrl(
      client,
      new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ResponseContentType: contentType,
        // AWS does not document an empty value. `identity` means that there is nothing to decode.
        ResponseContentEncoding: STORED_AS.contentEncoding,
        ResponseContentDisposition: 'attachment',
        ResponseCacheControl: STORED_AS.cacheControl,
      }),
      { expiresIn: seconds },
    ),
});
