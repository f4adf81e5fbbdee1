import type { UploadOffer } from '../../../contract/task.ts';

/** A presigned upload: what the processor must send, and to where. */
export interface PresignedUpload {
  readonly url: string;
  /** Signed: the upload is refused without exactly these. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The payload bucket, as far as the receiver may use it. Every method rejects when it does not answer. */
export interface PayloadStore {
  /** Stores bytes under a key that is made from them; where the object is there already, it is the same one. */
  put(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
  /** @param seconds how long the URL is good */
  presignUpload(offer: UploadOffer, seconds: number): Promise<PresignedUpload>;
}

/** What the file beside the receiver's code exports. */
export type CreatePayloadStore = (bucket: string) => PayloadStore;
