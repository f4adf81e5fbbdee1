import { OBJECT_PREFIXES } from '../../contract/tables.ts';

/** An upload that arrived in the payload bucket. */
export interface Arrival {
  readonly key: string;
  readonly taskId: string;
  readonly jti: string;
  /** Of the offer that it answers. */
  readonly digest: string;
  /** RFC 3339 with milliseconds: when S3 had the whole object. Undefined where the event does not say. */
  readonly createdAt?: string;
}

/** Why an event is not one: its shape, never its content. */
export interface NoArrival {
  readonly unexpected: string;
}

const UPLOAD_KEY = new RegExp(`^${OBJECT_PREFIXES.upload}([A-Za-z0-9_-]{1,64})/([A-Za-z0-9_-]{1,64})/([0-9a-f]{64})$`);

/**
 * Reads EventBridge's "Object Created" of S3. The key stands there as it is, not URL-encoded.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 * @param bucket the payload bucket: an object in any other is none of ours
 */
export const readObjectCreated = (event: unknown, bucket: string): Arrival | NoArrival => {
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
