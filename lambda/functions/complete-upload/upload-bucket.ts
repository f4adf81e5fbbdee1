/** Properties of an object in S3. */
export interface StoredObject {
  /** Bytes. */
  readonly size: number | undefined;
  readonly contentType: string | undefined;
  /** Base64 of the SHA-256 over the whole object, as S3 computed it. */
  readonly checksum: string | undefined;
  /** Names of stored headers that a reader would get and that an upload as offered does not have. */
  readonly metadata: readonly string[];
  /** Undefined in a bucket without versions. */
  readonly versionId: string | undefined;
}

/** The payload bucket. Methods reject if S3 is unavailable. */
export interface UploadBucket {
  /** Returns undefined if the object does not exist. */
  head(key: string): Promise<StoredObject | undefined>;
  /** Deletes one version permanently and no other. Does nothing if the version does not exist. */
  deleteVersion(key: string, versionId: string): Promise<void>;
}
