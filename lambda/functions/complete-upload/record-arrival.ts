import { isOverdue, type Payload, type UploadOffer } from '../../contract/task.ts';
import type { Fields, Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import { quarantineId } from '../../shared/tables/quarantine.ts';
import { type Arrival, readObjectCreated } from './object-created.ts';
import type { StoredObject, UploadBucket, UploadedTask, UploadedTaskStore } from './uploaded-task-store.ts';

export interface ArrivalOptions {
  readonly bucketName: string;
  readonly bucket: UploadBucket;
  readonly store: UploadedTaskStore;
  readonly logger: Logger;
  /** Late deliveries kept for one task; 0 keeps none. */
  readonly quarantineLimit: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How an arrival ended. */
type Ending =
  | { readonly outcome: 'succeeded' | 'quarantined' }
  /** `deleted`: the object was not what had been offered. */
  | { readonly outcome: 'ignored'; readonly reason: string; readonly deleted?: true };

/**
 * Records an upload that arrived: it becomes the result of its task, is kept in quarantine if it came too late, or is
 * ignored. The same event again changes nothing.
 * @throws whatever kept DynamoDB or S3 from answering: the event then comes again
 */
export type RecordArrival = (event: unknown) => Promise<void>;

export const createRecordArrival = (options: ArrivalOptions): RecordArrival => {
  const { bucket, bucketName, logger, now, quarantineLimit, store } = options;

  const record = async (arrival: Arrival): Promise<Ending & { readonly processor?: string }> => {
    const task = await store.find(arrival.taskId);
    if (task === undefined) return ignore('no such task');
    const { processor } = task;
    const offer = offerOf(task, arrival);
    if (offer === undefined) return { ...ignore('no open offer of the current upload token'), processor };
    const object = await bucket.head(arrival.key);
    if (object === undefined) return { ...ignore('the object is gone'), processor };
    const difference = differenceBetween(offer, object);
    if (difference !== undefined) return { ...(await reject(arrival, object, difference)), processor };
    return { ...(await keep(task, arrival, offer)), processor };
  };

  /**
   * The object is not what was offered. As long as it is there, S3 refuses every other PUT of its key (`If-None-Match`),
   * also the right one. So this version of it is deleted, and the processor can send the upload again.
   */
  const reject = async ({ key }: Arrival, { versionId }: StoredObject, difference: string): Promise<Ending> => {
    const ending = ignore(`${difference} is not as offered`);
    if (versionId === undefined) return ending;
    await bucket.deleteVersion(key, versionId);
    return { ...ending, deleted: true };
  };

  /** The upload is what was offered: it is the result, or came too late. */
  const keep = async (task: UploadedTask, arrival: Arrival, offer: UploadOffer): Promise<Ending> => {
    const { contentType, jti, key, sha256, size } = offer;
    const { taskId } = task;
    const time = now();
    // The moment S3 had it all: the same however often, and however late, the event comes.
    const receivedAt = arrival.createdAt ?? new Date(time).toISOString();
    const payload: Payload = { contentType, size, sha256, receivedAt };
    if (await store.succeed({ taskId, jti, offer: arrival.digest, key, payload, now: time }))
      return { outcome: 'succeeded' };

    // What stands there now decides, not what was read before.
    const found = await store.find(taskId);
    if (found === undefined || offerOf(found, arrival) === undefined) return ignore('recorded or revoked meanwhile');
    const isLate = found.status !== 'pending' || isOverdue(found, Math.floor(time / 1000));
    if (!isLate) throw new Error('A pending task with this offer did not take it.');
    if (quarantineLimit === 0) return ignore('too late, and there is no quarantine');
    const kept = await store.quarantine({
      taskId,
      processor: found.processor,
      limit: quarantineLimit,
      offer: arrival.digest,
      tokenOf: 'upload',
      entry: { id: quarantineId(jti, arrival.digest), capability: 'result', jti, payloadKey: key, ...payload },
    });
    return kept ? { outcome: 'quarantined' } : ignore('too late, and kept already or quarantine is full');
  };

  return async (event) => {
    const arrival = readObjectCreated(event, bucketName);
    if ('unexpected' in arrival) {
      logger.error('not the arrival of an upload', { unexpected: arrival.unexpected });
      return;
    }
    const fields: Fields = { taskId: arrival.taskId, offer: arrival.digest };
    try {
      const ending = await record(arrival);
      const kept = ending.outcome === 'quarantined';
      if (ending.outcome === 'ignored' && ending.deleted) {
        // Somebody else used the URL of the upload, or the processor changed what was signed.
        logger.error('upload is not as offered', { ...fields, ...ending });
        return;
      }
      logger.info('upload arrived', { ...fields, ...ending }, kept ? [{ metric: 'TaskQuarantined', value: 1 }] : []);
    } catch (error) {
      logger.error('arrival not recorded', { ...fields, reason: describeError(error) });
      throw error;
    }
  };
};

const ignore = (reason: string) => ({ outcome: 'ignored', reason }) as const;

/** The offer that this object answers: made with its token, which is still the task's current one for uploads. */
const offerOf = ({ callbacks, uploads }: UploadedTask, { digest, jti, key }: Arrival): UploadOffer | undefined => {
  const offer = Object.hasOwn(uploads, digest) ? uploads[digest] : undefined;
  return offer?.jti === jti && offer.key === key && callbacks.upload?.jti === jti ? offer : undefined;
};

/** What of the object is not as it was offered. S3 computed the checksum over the whole object when it arrived. */
const differenceBetween = (offer: UploadOffer, object: StoredObject): string | undefined => {
  if (object.size !== offer.size) return 'size';
  if (object.contentType !== offer.contentType) return 'contentType';
  if (object.checksum !== Buffer.from(offer.sha256, 'hex').toString('base64')) return 'checksum';
  return object.metadata[0];
};
