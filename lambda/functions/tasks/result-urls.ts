import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { CLIENT_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { STORED_AS } from '../../shared/tables/stored-object.ts';

/** Where the bytes of a delivery can be fetched from, for a while. */
export interface ResultUrls {
  /**
   * A URL that gives an object's own bytes as a download of this content type, whatever it was stored as: type, encoding,
   * disposition and cache control of the answer are signed, and S3 gives them instead of what lies beside the object.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
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
        // Without a value it is not said whether S3 takes it; this one means that nothing is to be decoded.
        ResponseContentEncoding: STORED_AS.contentEncoding,
        ResponseContentDisposition: 'attachment',
        ResponseCacheControl: STORED_AS.cacheControl,
      }),
      { expiresIn: seconds },
    ),
});
