import { GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';

/** Payloads in the bucket. */
export interface PayloadObjects {
  /** Returns the bytes of an object; undefined if it does not exist. Rejects if the bucket is unavailable. */
  read(key: string): Promise<Uint8Array | undefined>;
}

/** The payload bucket in S3. */
export const createS3PayloadObjects = (client: Pick<S3Client, 'send'>, bucket: string): PayloadObjects => ({
  read: async (key) => {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return await Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  },
});
