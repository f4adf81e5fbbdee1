import type { UploadOffer } from '../../../contract/task.ts';

/** A presigned upload request for the processor. */
export interface PresignedUpload {
  readonly url: string;
  /** Signed headers: S3 refuses the upload without exactly these. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The receiver's access to the payload bucket. Every method rejects if the bucket does not answer. */
export interface PayloadStore {
  /** Stores bytes under a key that contains their digest. An existing object of that key is the same one. */
  put(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
  /** @param seconds lifetime of the URL */
  presignUpload(offer: UploadOffer, seconds: number): Promise<PresignedUpload>;
}

/** The export `createPayloadStore` of the file beside the receiver's code. */
export type CreatePayloadStore = (bucket: string) => PayloadStore;
