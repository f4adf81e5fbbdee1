import { inSeconds, isOverdue, type Payload, type UploadOffer } from '../../contract/task.ts';
import type { Fields, Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import { quarantineId } from '../../shared/tables/quarantine.ts';
import { readObjectCreated, type UploadedObject } from './object-created.ts';
import type { StoredObject, UploadBucket } from './upload-bucket.ts';
import type { UploadedTask, UploadedTaskStore } from './uploaded-task-store.ts';

export interface UploadCompletionOptions {
  readonly bucketName: string;
  readonly bucket: UploadBucket;
  readonly store: UploadedTaskStore;
  readonly logger: Logger;
  /** Most late deliveries of one task; 0 keeps no late delivery. */
  readonly quarantineLimit: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Result of an upload. */
type Completion =
  | { readonly outcome: 'succeeded' | 'quarantined' }
  /** `deleted`: the object was not as offered, and its version was deleted. */
  | { readonly outcome: 'ignored'; readonly reason: string; readonly deleted?: true };

/**
 * Completes an upload: its object becomes the result of the task, is kept in quarantine if it came too late, or is ignored.
 * A repeat of the event changes nothing.
 * @throws every error of DynamoDB and S3, so that Lambda retries the event
 */
export type CompleteUpload = (event: unknown) => Promise<void>;

export const createCompleteUpload = (options: UploadCompletionOptions): CompleteUpload => {
  const { bucket, bucketName, logger, now, quarantineLimit, store } = options;

  const complete = async (upload: UploadedObject): Promise<Completion & { readonly processor?: string }> => {
    const task = await store.find(upload.taskId);
    if (task === undefined) return ignore('no such task');
    const { processor } = task;
    const offer = offerOf(task, upload);
    if (offer === undefined) return { ...ignore('no open offer of the current upload token'), processor };
    const object = await bucket.head(upload.key);
    if (object === undefined) return { ...ignore('the object is gone'), processor };
    const difference = differenceBetween(offer, object);
    if (difference !== undefined) return { ...(await reject(upload, object, difference)), processor };
    return { ...(await keep(task, upload, offer)), processor };
  };

  /**
   * Deletes an object that is not as offered. While it exists, S3 refuses every other PUT to its key (`If-None-Match`), also
   * of the right object. After the deletion the processor can repeat the upload.
   */
  const reject = async (
    { key }: UploadedObject,
    { versionId }: StoredObject,
    difference: string,
  ): Promise<Completion> => {
    const completion = ignore(`${difference} is not as offered`);
    if (versionId === undefined) return completion;
    await bucket.deleteVersion(key, versionId);
    return { ...completion, deleted: true };
  };

  /** Keeps an upload that is as offered: as the result, or in quarantine if it came too late. */
  const keep = async (task: UploadedTask, upload: UploadedObject, offer: UploadOffer): Promise<Completion> => {
    const { contentType, jti, key, sha256, size } = offer;
    const { taskId } = task;
    const time = now();
    // The time of the object, so that a repeated or late event has the same.
    const receivedAt = upload.createdAt ?? new Date(time).toISOString();
    const payload: Payload = { contentType, size, sha256, receivedAt };
    if (await store.succeed({ taskId, jti, offer: upload.digest, key, payload, now: time }))
      return { outcome: 'succeeded' };

    // The condition failed, so the task has changed since it was read.
    const current = await store.find(taskId);
    if (current === undefined || offerOf(current, upload) === undefined) return ignore('recorded or revoked meanwhile');
    const isLate = current.status !== 'pending' || isOverdue(current, inSeconds(time));
    if (!isLate) throw new Error('A pending task with this offer did not take it.');
    if (quarantineLimit === 0) return ignore('too late, and there is no quarantine');
    const isKept = await store.quarantine({
      taskId,
      processor: current.processor,
      limit: quarantineLimit,
      offer: upload.digest,
      tokenOf: 'upload',
      entry: { id: quarantineId(jti, upload.digest), capability: 'result', jti, payloadKey: key, ...payload },
    });
    return isKept ? { outcome: 'quarantined' } : ignore('too late, and kept already or quarantine is full');
  };

  const log = (fields: Fields, completion: Completion): void => {
    if (completion.outcome === 'ignored' && completion.deleted) {
      // Another party used the URL of the upload, or the processor changed signed headers.
      logger.error('upload is not as offered', { ...fields, ...completion });
      return;
    }
    const isQuarantined = completion.outcome === 'quarantined';
    logger.info(
      'upload arrived',
      { ...fields, ...completion },
      isQuarantined ? [{ metric: 'TaskQuarantined', value: 1 }] : [],
    );
  };

  return async (event) => {
    const upload = readObjectCreated(event, bucketName);
    if ('unexpected' in upload) {
      logger.error('not the arrival of an upload', { unexpected: upload.unexpected });
      return;
    }
    const fields: Fields = { taskId: upload.taskId, offer: upload.digest };
    try {
      log(fields, await complete(upload));
    } catch (error) {
      logger.error('arrival not recorded', { ...fields, reason: describeError(error) });
      throw error;
    }
  };
};

const ignore = (reason: string) => ({ outcome: 'ignored', reason }) as const;

/** Returns the offer of an object, if its token is still the current upload token of the task. */
const offerOf = (
  { callbacks, uploads }: UploadedTask,
  { digest, jti, key }: UploadedObject,
): UploadOffer | undefined => {
  const offer = Object.hasOwn(uploads, digest) ? uploads[digest] : undefined;
  return offer?.jti === jti && offer.key === key && callbacks.upload?.jti === jti ? offer : undefined;
};

/** Returns the name of a property that differs from the offer. S3 computed the checksum over the whole object. */
const differenceBetween = (offer: UploadOffer, object: StoredObject): string | undefined => {
  if (object.size !== offer.size) return 'size';
  if (object.contentType !== offer.contentType) return 'contentType';
  if (object.checksum !== Buffer.from(offer.sha256, 'hex').toString('base64')) return 'checksum';
  return object.metadata[0];
};
