import { OBJECT_PREFIXES } from '../../contract/tables.ts';

/** An object that an upload created in the payload bucket. */
export interface UploadedObject {
  readonly key: string;
  readonly taskId: string;
  readonly jti: string;
  /** Digest of its offer. */
  readonly digest: string;
  /** RFC 3339 with milliseconds: time at which S3 had the whole object. Absent if the event does not have it. */
  readonly createdAt?: string;
}

/** An event that is not of an upload. */
export interface UnexpectedEvent {
  /** The unexpected part: names and types, never content. */
  readonly unexpected: string;
}

const UPLOAD_KEY = new RegExp(`^${OBJECT_PREFIXES.upload}([A-Za-z0-9_-]{1,64})/([A-Za-z0-9_-]{1,64})/([0-9a-f]{64})$`);

/**
 * Reads the event "Object Created" of S3 from EventBridge. The key is not URL-encoded.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 * @param bucket name of the payload bucket; events of other buckets are unexpected
 */
export const readObjectCreated = (event: unknown, bucket: string): UploadedObject | UnexpectedEvent => {
  const { detail, 'detail-type': detailType, source, time } = members(event);
  if (source !== 'aws.s3' || detailType !== 'Object Created') return { unexpected: 'source or detail-type' };
  const { bucket: from, object } = members(detail);
  const { name } = members(from);
  const { key } = members(object);
  if (typeof name !== 'string') return { unexpected: `detail.bucket.name: ${typeof name}` };
  if (typeof key !== 'string') return { unexpected: `detail.object.key: ${typeof key}` };
  if (name !== bucket) return { unexpected: 'another bucket' };
  const [, taskId, jti, digest] = UPLOAD_KEY.exec(key) ?? [];
  if (taskId === undefined || jti === undefined || digest === undefined) return { unexpected: 'key' };
  const milliseconds = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return {
    key,
    taskId,
    jti,
    digest,
    ...(!Number.isNaN(milliseconds) && { createdAt: new Date(milliseconds).toISOString() }),
  };
};

const members = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
