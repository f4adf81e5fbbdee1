import { randomUUID } from 'node:crypto';
import type { ObjectCreated } from './s3-put.ts';

/** An event of EventBridge as a rule's target sees it. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** RFC 3339 in UTC with seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * Event that S3 sends to the account's default bus for a new object. Unlike in other notifications of S3, the key is not
 * URL-encoded.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 * @param now milliseconds since 1970
 */
export const objectCreatedEvent = (
  { bucket, etag, key, requestId, size, sourceIp, versionId }: ObjectCreated,
  { accountId, now, region }: { readonly accountId: string; readonly region: string; readonly now: number },
): BusEvent => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Object Created',
  source: 'aws.s3',
  account: accountId,
  time: new Date(now).toISOString().replace(/\.\d{3}Z$/, 'Z'),
  region,
  resources: [`arn:aws:s3:::${bucket}`],
  detail: {
    version: '0',
    bucket: { name: bucket },
    object: {
      key,
      size,
      etag,
      ...(versionId !== undefined && { 'version-id': versionId }),
      sequencer: now.toString(16).toUpperCase().padStart(18, '0'),
    },
    'request-id': requestId,
    requester: accountId,
    'source-ip-address': sourceIp,
    reason: 'PutObject',
  },
});
