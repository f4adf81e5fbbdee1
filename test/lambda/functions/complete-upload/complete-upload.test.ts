import { createHash } from 'node:crypto';
import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { CLOCK_TOLERANCE_SECONDS } from '../../../../lambda/contract/limits.ts';
import { OBJECT_PREFIXES } from '../../../../lambda/contract/tables.ts';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { createCompleteUpload } from '../../../../lambda/functions/complete-upload/complete-upload.ts';
import { createDynamoDBUploadedTaskStore } from '../../../../lambda/functions/complete-upload/dynamodb-uploaded-task-store.ts';
import { createS3UploadBucket } from '../../../../lambda/functions/complete-upload/s3-upload-bucket.ts';
import { createS3PayloadStore } from '../../../../lambda/functions/receive/store/s3-payload-store.ts';
import { CLIENT_CONFIGURATION, DYNAMODB_CONFIGURATION } from '../../../../lambda/shared/aws/client-configuration.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';
import { offerDigest } from '../../../../lambda/shared/tables/hashed-keys.ts';
import { createS3PayloadUrls } from '../../../../lambda/shared/tables/payload-urls.ts';
import { LOCAL_CLIENT, type TestStore } from '../../../support/engine.ts';
import type { FaultProxy } from '../../../support/fault-proxy.ts';
import { test as base } from '../../../support/fixtures.ts';
import { patiently } from '../../../support/patience.ts';
import { aReceiver, countsOf, type OpenTask, putTask, readTask } from '../../../support/receiver.ts';
import { NOW } from '../../../support/tokens.ts';

const DEADLINE = NOW + 3_600 + CLOCK_TOLERANCE_SECONDS;
const CREATED = '2026-01-02T03:04:05Z';
const at = (seconds: number) => new Date(seconds * 1000).toISOString();
const hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Too large for the front door. */
const SCAN = Buffer.alloc(1_500_000, 'a page of a scan ');
const TYPE = 'application/pdf';

type Client = Pick<DynamoDBClient, 'send'>;

interface Arrive {
  readonly seconds?: number;
  readonly limit?: number;
  readonly client?: Client;
}

/** An event of a bucket as EventBridge sends it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const objectCreatedIn =
  (bucket: string) =>
  (objectKey: string, overrides: Record<string, unknown> = {}) => ({
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '000000000000',
    time: CREATED,
    region: 'eu-west-1',
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: { key: objectKey, size: 5, etag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '617f08299329d189' },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '123456789012',
      'source-ip-address': '1.2.3.4',
      reason: 'PutObject',
    },
    ...overrides,
  });

interface Offer {
  readonly url: string;
  readonly headers: Record<string, string>;
}

const keyOf = (
  task: Pick<OpenTask, 'taskId' | 'jtis'>,
  bytes: Uint8Array = SCAN,
  jti = task.jtis.upload,
  contentType = TYPE,
) =>
  `${OBJECT_PREFIXES.upload}${task.taskId}/${jti}/${offerDigest({ contentType, sha256: hex(bytes), size: bytes.length })}`;

/** Changes a task as some other function does. */
const change = (store: TestStore, { taskId }: OpenTask, values: Record<string, string | number>, path = '') =>
  store.client.send(
    new UpdateItemCommand({
      TableName: store.tasksTable,
      Key: { taskId: { S: taskId } },
      UpdateExpression: `SET ${Object.keys(values)
        .map((_, i) => `${path}#n${i} = :v${i}`)
        .join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(Object.keys(values).map((name, i) => [`#n${i}`, name])),
      ExpressionAttributeValues: Object.fromEntries(
        Object.values(values).map((value, i) => [
          `:v${i}`,
          typeof value === 'number' ? { N: `${value}` } : { S: value },
        ]),
      ),
    }),
  );

const reissue = (task: OpenTask, store: TestStore) => change(store, task, { jti: 'another-jti' }, 'callbacks.upload.');

const PAYLOAD = { contentType: TYPE, size: SCAN.length, sha256: hex(SCAN), receivedAt: '2026-01-02T03:04:05.000Z' };

const test = base
  .extend('objectCreated', ({ s3 }) => objectCreatedIn(s3.bucket))
  /** The function as the handler composes it. */
  .extend(
    'arriveOptions',
    ({ proxy, s3, s3Proxy, store }) =>
      (options: Arrive = {}, lines: Record<string, unknown>[] = []) => {
        const client = s3.connect({ ...patiently(CLIENT_CONFIGURATION), endpoint: s3Proxy.endpoint });
        return {
          bucketName: s3.bucket,
          bucket: createS3UploadBucket(client, s3.bucket),
          store: createDynamoDBUploadedTaskStore({
            client: options.client ?? store.connect({ ...patiently(DYNAMODB_CONFIGURATION), endpoint: proxy.endpoint }),
            tasksTable: store.tasksTable,
            layout: 'current',
            wait: async () => {},
            random: () => 0,
          }),
          logger: createLogger('test', 'complete-upload', (line) => lines.push(JSON.parse(line))),
          quarantineLimit: options.limit ?? 2,
          now: () => (options.seconds ?? NOW + 60) * 1000,
        };
      },
  )
  /** The function as its handler composes it. */
  .extend('aCompleteUploadFunction', ({ arriveOptions }) => (options: Arrive = {}) => {
    const lines: Record<string, unknown>[] = [];
    const handle = createCompleteUpload(arriveOptions(options, lines));
    return { handle, lines, counts: () => countsOf(lines) };
  })
  /** An offer, asked for by the processor. */
  .extend(
    'offer',
    ({ key, s3, store }) =>
      async (task: OpenTask, bytes: Uint8Array = SCAN, contentType = TYPE, size = bytes.length) => {
        const receiver = aReceiver({
          store,
          keys: [key],
          payloads: createS3PayloadStore(s3.bucket, { ...LOCAL_CLIENT, endpoint: s3.endpoint }),
        });
        const answer = await receiver.deliver({
          path: task.path('upload'),
          headers: { authorization: `Bearer ${task.tokens.upload}`, 'content-type': 'application/json' },
          body: JSON.stringify({ contentType, size, sha256: hex(bytes) }),
        });
        expect(answer.status).toBe(200);
        return answer.json as Offer;
      },
  )
  .extend('put', ({ s3 }) => async ({ headers, url }: Offer, key: string, bytes: Uint8Array = SCAN) => {
    // Node says the length itself.
    const { 'Content-Length': _, ...others } = headers;
    const answer = await fetch(url, { method: 'PUT', headers: others, body: new Uint8Array(bytes) });
    expect(answer.status).toBe(200);
    const event = s3.events.at(-1);
    expect(event?.detail).toMatchObject({ object: { key } });
    return { ...event, time: CREATED };
  })
  /**
   * Offered and uploaded, the way a processor does both.
   * @returns what EventBridge then says
   */
  .extend(
    'upload',
    ({ offer, put }) =>
      async (task: OpenTask, bytes: Uint8Array = SCAN) =>
        put(await offer(task, bytes), keyOf(task, bytes), bytes),
  )
  .extend('taskNow', ({ store }) => async ({ taskId }: OpenTask): Promise<TaskItem> => {
    const task = await readTask(store, taskId);
    if (task === undefined) throw new Error('The task is gone.');
    return task;
  })
  .extend(
    'putAs',
    ({ s3 }) =>
      (task: OpenTask, overrides: Record<string, unknown>) =>
        s3.client.send(
          new PutObjectCommand({
            Bucket: s3.bucket,
            Key: keyOf(task),
            Body: SCAN,
            ContentType: TYPE,
            ChecksumSHA256: Buffer.from(hex(SCAN), 'hex').toString('base64'),
            ...overrides,
          }),
        ),
  )
  .extend(
    'versionsOf',
    ({ s3 }) =>
      (task: OpenTask) =>
        s3.standIns.buckets.find(s3.bucket)?.versions(keyOf(task)) ?? [],
  )
  .extend('readAs', ({ s3 }) => async (task: OpenTask, type = TYPE) => {
    const url = await createS3PayloadUrls(s3.bucket, s3.client).urlOf(keyOf(task), type, 60);
    const answer = await fetch(url);
    const headers = ['content-type', 'content-encoding', 'content-disposition', 'cache-control', 'content-language'];
    return {
      headers: headers.map((name) => answer.headers.get(name)),
      sha256: hex(new Uint8Array(await answer.arrayBuffer())),
    };
  });

describe('an upload that arrived as it was offered', () => {
  test('is the result, even if the same bytes were offered with another size meanwhile', async ({
    aCompleteUploadFunction,
    key,
    offer,
    store,
    taskNow,
    upload,
  }) => {
    const task = await putTask(store, key, {});
    const event = await upload(task);
    await offer(task, SCAN, TYPE, SCAN.length + 1);
    await aCompleteUploadFunction().handle(event);
    expect(await taskNow(task)).toMatchObject({ status: 'succeeded', result: { size: SCAN.length } });
  });

  test('is the result of its task: bytes in the bucket, everything else on the task', async ({
    aCompleteUploadFunction,
    key,
    s3,
    store,
    taskNow,
    upload,
  }) => {
    const task = await putTask(store, key);
    const event = await upload(task);
    const { counts, handle, lines } = aCompleteUploadFunction();
    await handle(event);
    const item = await taskNow(task);
    expect(item).toMatchObject({
      status: 'succeeded',
      change: 'succeeded',
      // The task was opened and succeeded. The offer is not published.
      sequence: 2,
      result: PAYLOAD,
      payloadKey: keyOf(task),
      closedAt: at(NOW + 60),
      changedAt: at(NOW + 60),
      history: [
        { at: at(NOW), status: 'pending' },
        { at: at(NOW + 60), status: 'succeeded' },
      ],
      uploads: {},
    });
    for (const name of ['dueShard', 'payload']) expect(item).not.toHaveProperty(name);
    const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: item.payloadKey }));
    expect(hex((await Body?.transformToByteArray()) ?? new Uint8Array())).toBe(hex(SCAN));
    expect(counts()).toEqual({});
    expect(lines).toMatchObject([{ level: 'INFO', taskId: task.taskId, processor: 'acme-ocr', outcome: 'succeeded' }]);
    // O1: neither a token's id nor a key of the bucket.
    expect(JSON.stringify(lines)).not.toContain(task.jtis.upload);
  });

  test('is recorded once, however often the event comes, one after the other or at the same time', async ({
    aCompleteUploadFunction,
    key,
    store,
    taskNow,
    upload,
  }) => {
    const task = await putTask(store, key);
    const event = await upload(task);
    const { counts, handle } = aCompleteUploadFunction();
    await Promise.all([handle(event), handle(event), handle(event)]);
    const item = await taskNow(task);
    expect(item).toMatchObject({ status: 'succeeded', sequence: 2, revision: 2, quarantine: {} });
    await handle(event);
    await aCompleteUploadFunction({ seconds: DEADLINE + 10 }).handle(event);
    expect(await taskNow(task)).toEqual(item);
    expect(counts()).toEqual({});
  });

  test('has the time of the invocation if the event has no time', async ({
    aCompleteUploadFunction,
    key,
    store,
    taskNow,
    upload,
  }) => {
    const task = await putTask(store, key);
    const { time: _, ...event } = await upload(task);
    await aCompleteUploadFunction().handle(event);
    expect((await taskNow(task)).result?.receivedAt).toBe(at(NOW + 60));
  });

  test('is distinguished from another upload of the same task by its offer', async ({
    aCompleteUploadFunction,
    key,
    offer,
    store,
    taskNow,
    upload,
  }) => {
    const task = await putTask(store, key);
    const other = Buffer.from('another scan');
    await offer(task, SCAN);
    const event = await upload(task, other);
    await aCompleteUploadFunction().handle(event);
    expect(await taskNow(task)).toMatchObject({
      result: { sha256: hex(other), size: 12 },
      payloadKey: keyOf(task, other),
    });
  });
});

describe('the same bytes offered as two content types', () => {
  test.for(['application/pdf', 'text/plain'])(
    'are the result with the type that they arrived as: %s',
    async (type, { aCompleteUploadFunction, key, offer, put, store, taskNow }) => {
      const task = await putTask(store, key);
      const offers = {
        'application/pdf': await offer(task, SCAN, 'application/pdf'),
        'text/plain': await offer(task, SCAN, 'text/plain'),
      };
      const payloadKey = keyOf(task, SCAN, task.jtis.upload, type);
      await aCompleteUploadFunction().handle(await put(offers[type as 'text/plain'], payloadKey));
      expect(await taskNow(task)).toMatchObject({
        status: 'succeeded',
        result: { contentType: type, sha256: hex(SCAN) },
        payloadKey,
      });
    },
  );
});

describe('an object that differs from its offer', () => {
  const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64');
  const sameLength = Buffer.alloc(SCAN.length, 'x');

  test.for([
    ['size', { Body: SCAN.subarray(1), ChecksumSHA256: sha(SCAN.subarray(1)) }],
    ['contentType', { ContentType: 'text/html' }],
    ['checksum', { Body: sameLength, ChecksumSHA256: sha(sameLength) }],
    ['checksum', { ChecksumSHA256: undefined, ChecksumAlgorithm: 'CRC32' }],
  ] as const)(
    'is not a result if its %s differs',
    async ([what, overrides], { aCompleteUploadFunction, key, objectCreated, offer, putAs, store, taskNow }) => {
      const task = await putTask(store, key);
      await offer(task);
      const untouched = await taskNow(task);
      await putAs(task, overrides);
      const { handle, lines } = aCompleteUploadFunction();
      await handle(objectCreated(keyOf(task)));
      expect(await taskNow(task)).toEqual(untouched);
      expect(lines).toMatchObject([{ outcome: 'ignored', reason: `${what} is not as offered` }]);
      // And the right one still can be.
      await putAs(task, {});
      await handle(objectCreated(keyOf(task)));
      expect((await taskNow(task)).status).toBe('succeeded');
    },
  );

  /** Beside the right bytes, something that their reader would get. */
  const METADATA: readonly (readonly [string, Record<string, unknown>])[] = [
    ['Content-Encoding', { ContentEncoding: 'gzip' }],
    ['Content-Encoding', { ContentEncoding: 'identity, gzip' }],
    ['Content-Disposition', { ContentDisposition: 'inline' }],
    ['Content-Language', { ContentLanguage: 'de' }],
    ['Cache-Control', { CacheControl: 'public, max-age=31536000' }],
    ['Expires', { Expires: new Date(0) }],
    ['x-amz-meta-*', { Metadata: { a: 'b' } }],
    ['x-amz-storage-class', { StorageClass: 'GLACIER_IR' }],
    ['x-amz-website-redirect-location', { WebsiteRedirectLocation: '/elsewhere' }],
  ];

  test.for(METADATA)(
    'is not a result if it has %s: %j',
    async ([what, overrides], {
      aCompleteUploadFunction,
      key,
      objectCreated,
      offer,
      putAs,
      store,
      taskNow,
      upload,
    }) => {
      const task = await putTask(store, key);
      await offer(task);
      const untouched = await taskNow(task);
      await putAs(task, overrides);
      const { handle, lines } = aCompleteUploadFunction();
      await handle(objectCreated(keyOf(task)));
      expect(await taskNow(task)).toEqual(untouched);
      expect(lines).toMatchObject([
        { level: 'ERROR', outcome: 'ignored', reason: `${what} is not as offered`, deleted: true, taskId: task.taskId },
      ]);
      // Nothing is in the way of the right one.
      await handle(await upload(task));
      expect((await taskNow(task)).status).toBe('succeeded');
    },
  );

  test('is not kept for the sender if it came too late as well', async ({
    aCompleteUploadFunction,
    key,
    objectCreated,
    offer,
    putAs,
    store,
    taskNow,
  }) => {
    const task = await putTask(store, key);
    await offer(task);
    await change(store, task, { status: 'expired' });
    await putAs(task, { ContentEncoding: 'gzip' });
    await aCompleteUploadFunction().handle(objectCreated(keyOf(task)));
    expect((await taskNow(task)).quarantine).toEqual({});
  });

  test('accepts an object with the signed headers or without headers as offered', async ({
    aCompleteUploadFunction,
    key,
    objectCreated,
    offer,
    putAs,
    store,
    taskNow,
  }) => {
    for (const overrides of [{ ContentEncoding: 'identity', CacheControl: 'no-store' }, {}]) {
      const task = await putTask(store, key);
      await offer(task);
      await putAs(task, overrides);
      await aCompleteUploadFunction().handle(objectCreated(keyOf(task)));
      expect((await taskNow(task)).status).toBe('succeeded');
    }
  });

  test('is deleted as the version that was read, never a right one that came meanwhile', async ({
    arriveOptions,
    key,
    objectCreated,
    offer,
    put,
    putAs,
    s3,
    store,
    taskNow,
  }) => {
    const task = await putTask(store, key);
    const presigned = await offer(task);
    const { VersionId: wrong } = await putAs(task, { ContentLanguage: 'de' });
    const { bucket: real, ...rest } = arriveOptions();
    let event: unknown;
    const handle = createCompleteUpload({
      ...rest,
      bucket: {
        head: real.head,
        // The same event comes twice; between the two, the processor sends its upload again.
        deleteVersion: async (objectKey, versionId) => {
          await real.deleteVersion(objectKey, versionId);
          event = await put(presigned, keyOf(task));
          await real.deleteVersion(objectKey, versionId);
        },
      },
    });
    await handle(objectCreated(keyOf(task)));
    const versions = s3.standIns.buckets.find(s3.bucket)?.versions(keyOf(task)) ?? [];
    expect(versions.map(({ versionId }) => versionId)).toEqual([expect.not.stringMatching(`^${wrong}$`)]);
    await handle(event);
    expect((await taskNow(task)).status).toBe('succeeded');
  });

  test('C7 fails the event until it can be deleted', async ({
    arriveOptions,
    key,
    objectCreated,
    offer,
    putAs,
    s3,
    store,
  }) => {
    const task = await putTask(store, key);
    await offer(task);
    await putAs(task, { ContentLanguage: 'de' });
    const { bucket: real, ...rest } = arriveOptions();
    let away = true;
    const handle = createCompleteUpload({
      ...rest,
      bucket: {
        head: real.head,
        deleteVersion: (...version) => (away ? Promise.reject(new Error('timeout')) : real.deleteVersion(...version)),
      },
    });
    await expect(handle(objectCreated(keyOf(task)))).rejects.toThrow('timeout');
    away = false;
    await handle(objectCreated(keyOf(task)));
    expect(s3.standIns.buckets.find(s3.bucket)?.versions(keyOf(task))).toEqual([]);
  });

  test('is not a result if it does not exist', async ({
    aCompleteUploadFunction,
    key,
    objectCreated,
    offer,
    store,
    taskNow,
  }) => {
    const task = await putTask(store, key);
    await offer(task);
    const { handle, lines } = aCompleteUploadFunction();
    await handle(objectCreated(keyOf(task)));
    expect(lines).toMatchObject([{ outcome: 'ignored', reason: 'the object is gone' }]);
    expect((await taskNow(task)).status).toBe('pending');
  });

  test('is not a result if it was not offered, or the task does not exist', async ({
    aCompleteUploadFunction,
    key,
    objectCreated,
    putAs,
    s3Proxy,
    store,
    taskNow,
  }) => {
    const task = await putTask(store, key);
    const untouched = await taskNow(task);
    await putAs(task, {});
    const { handle, lines } = aCompleteUploadFunction();
    await handle(objectCreated(keyOf(task)));
    await handle(objectCreated(keyOf({ ...task, taskId: 'task-unknown' })));
    expect(await taskNow(task)).toEqual(untouched);
    expect(await readTask(store, 'task-unknown')).toBeUndefined();
    expect(lines.map(({ outcome }) => outcome)).toEqual(['ignored', 'ignored']);
    // Nothing was asked of S3 for either.
    expect(s3Proxy.count()).toBe(0);
  });

  test.for(['pending', 'expired', 'cancelled'])(
    'is not a result if its token is of an earlier issue of a task that is now %s',
    async (status, { aCompleteUploadFunction, key, store, taskNow, upload }) => {
      const task = await putTask(store, key);
      const event = await upload(task);
      await reissue(task, store);
      await change(store, task, { status });
      const untouched = await taskNow(task);
      const { counts, handle } = aCompleteUploadFunction();
      await handle(event);
      expect(await taskNow(task)).toEqual(untouched);
      expect(counts()).toEqual({});
    },
  );

  test('is not a result if its key names another token than the offer', async ({
    aCompleteUploadFunction,
    key,
    objectCreated,
    store,
    taskNow,
    upload,
  }) => {
    const task = await putTask(store, key);
    await upload(task);
    const { handle } = aCompleteUploadFunction();
    await handle(objectCreated(keyOf(task, SCAN, 'another-jti')));
    expect((await taskNow(task)).status).toBe('pending');
  });
});

describe('the URL of an upload, sent more than once', () => {
  const send = async ({ headers, url }: Offer, more: Record<string, string> = {}) => {
    const { 'Content-Length': _, ...others } = headers;
    return (await fetch(url, { method: 'PUT', headers: { ...others, ...more }, body: new Uint8Array(SCAN) })).status;
  };
  const AS_OFFERED = { headers: [TYPE, 'identity', 'attachment', 'no-store', null], sha256: hex(SCAN) };

  test.for<[string, (task: OpenTask, store: TestStore) => Promise<unknown>]>([
    ['accepted', async () => {}],
    ['cancelled', (task, store) => change(store, task, { status: 'cancelled' })],
    ['issued anew', reissue],
  ])(
    'makes no second version and changes nothing that a reader gets, once its task is %s',
    async ([_, happen], { aCompleteUploadFunction, key, objectCreated, offer, readAs, store, taskNow, versionsOf }) => {
      const task = await putTask(store, key);
      const presigned = await offer(task);
      expect(await send(presigned)).toBe(200);
      await aCompleteUploadFunction().handle(objectCreated(keyOf(task)));
      await happen(task, store);
      const before = await taskNow(task);
      expect(await readAs(task)).toEqual(AS_OFFERED);

      expect(await send(presigned)).toBe(412);
      // These headers are not signed. S3 refuses the PUT because the object exists.
      expect(await send(presigned, { 'Content-Disposition': 'inline' })).toBe(412);
      expect(await send(presigned, { Expires: 'Thu, 01 Jan 1970 00:00:00 GMT', 'Content-Language': 'de' })).toBe(412);
      expect(await send(presigned, { 'Cache-Control': 'public' })).toBe(403);
      expect(await send(presigned, { 'Content-Encoding': 'gzip' })).toBe(403);
      // Without the condition, it is another request than the one that was signed.
      const { 'If-None-Match': __, ...unconditional } = presigned.headers;
      expect(await send({ ...presigned, headers: unconditional })).toBe(403);
      expect(versionsOf(task)).toHaveLength(1);
      await aCompleteUploadFunction().handle(objectCreated(keyOf(task)));
      expect(await taskNow(task)).toEqual(before);
      expect(await readAs(task)).toEqual(AS_OFFERED);
    },
  );

  test('does not lock out the processor after an upload with foreign metadata', async ({
    aCompleteUploadFunction,
    key,
    objectCreated,
    offer,
    readAs,
    store,
    taskNow,
    versionsOf,
  }) => {
    const task = await putTask(store, key);
    const presigned = await offer(task);
    expect(await send(presigned, { 'Content-Language': 'de' })).toBe(200);
    expect(await send(presigned)).toBe(412);
    await aCompleteUploadFunction().handle(objectCreated(keyOf(task)));
    expect((await taskNow(task)).status).toBe('pending');
    expect(await send(presigned)).toBe(200);
    await aCompleteUploadFunction().handle(objectCreated(keyOf(task)));
    expect((await taskNow(task)).status).toBe('succeeded');
    expect(versionsOf(task)).toHaveLength(1);
    expect(await readAs(task)).toEqual(AS_OFFERED);
  });
});

describe('an upload that arrived too late', () => {
  test.for([
    ['expired', (task: OpenTask, store: TestStore) => change(store, task, { status: 'expired' }), NOW + 60],
    ['cancelled', (task: OpenTask, store: TestStore) => change(store, task, { status: 'cancelled' }), NOW + 60],
    [
      'closed by a result',
      (task: OpenTask, store: TestStore) => change(store, task, { status: 'succeeded' }),
      NOW + 60,
    ],
    ['closed by a failure', (task: OpenTask, store: TestStore) => change(store, task, { status: 'failed' }), NOW + 60],
    ['past its deadline', async () => {}, DEADLINE],
    [
      'without its heartbeat',
      (task: OpenTask, store: TestStore) => change(store, task, { heartbeatDeadline: NOW + 60 }),
      NOW + 60,
    ],
  ] as const)(
    'is kept for the sender of a task that is %s',
    async ([_, happen, seconds], { aCompleteUploadFunction, key, store, taskNow, upload }) => {
      const task = await putTask(store, key);
      const event = await upload(task);
      await happen(task, store);
      const { status } = await taskNow(task);
      const { counts, handle, lines } = aCompleteUploadFunction({ seconds });
      await handle(event);
      const item = await taskNow(task);
      const entries = Object.values(item.quarantine);
      expect(entries).toEqual([
        {
          ...PAYLOAD,
          id: expect.stringMatching(/^[\w-]{22}$/),
          capability: 'result',
          jti: task.jtis.upload,
          payloadKey: keyOf(task),
        },
      ]);
      expect(Object.keys(item.quarantine)).toEqual([entries[0]?.id]);
      expect(item).toMatchObject({ status, change: 'quarantined', sequence: 2 });
      expect(item).not.toHaveProperty('result');
      expect(counts()).toEqual({ TaskQuarantined: 1 });
      expect(lines).toMatchObject([{ outcome: 'quarantined', taskId: task.taskId }]);
      await handle(event);
      expect(await taskNow(task)).toEqual(item);
      expect(counts()).toEqual({ TaskQuarantined: 1 });
    },
  );

  test('does not come back with the same event after it was discarded', async ({
    aCompleteUploadFunction,
    key,
    store,
    taskNow,
    upload,
  }) => {
    const task = await putTask(store, key, { status: 'pending' });
    const event = await upload(task);
    await change(store, task, { status: 'expired' });
    const { handle } = aCompleteUploadFunction();
    await handle(event);
    await store.client.send(
      new UpdateItemCommand({
        TableName: store.tasksTable,
        Key: { taskId: { S: task.taskId } },
        UpdateExpression: 'SET quarantine = :none',
        ExpressionAttributeValues: { ':none': { M: {} } },
      }),
    );
    await handle(event);
    expect((await taskNow(task)).quarantine).toEqual({});
  });

  test('is kept up to the limit of a task, and never without quarantine', async ({
    aCompleteUploadFunction,
    key,
    store,
    taskNow,
    upload,
  }) => {
    const task = await putTask(store, key);
    const events = [await upload(task, Buffer.from('one')), await upload(task, Buffer.from('two')), await upload(task)];
    await change(store, task, { status: 'expired' });
    const none = aCompleteUploadFunction({ limit: 0 });
    await none.handle(events[0]);
    expect((await taskNow(task)).quarantine).toEqual({});
    const { counts, handle } = aCompleteUploadFunction({ limit: 2 });
    for (const event of events) await handle(event);
    expect(Object.keys((await taskNow(task)).quarantine)).toHaveLength(2);
    expect(counts()).toEqual({ TaskQuarantined: 2 });
  });

  test.for([
    ['cancelled', (task: OpenTask, store: TestStore) => change(store, task, { status: 'cancelled' }), 1],
    ['issued anew', reissue, 0],
  ] as const)(
    'is stored as such if the task was %s at the same moment',
    async ([_, happen, kept], { aCompleteUploadFunction, key, store, taskNow, upload }) => {
      const task = await putTask(store, key);
      const event = await upload(task);
      let done = false;
      const send = async (command: Parameters<DynamoDBClient['send']>[0]) => {
        if (!done && command instanceof UpdateItemCommand) {
          done = true;
          await happen(task, store);
        }
        return store.client.send(command as UpdateItemCommand);
      };
      await aCompleteUploadFunction({ client: { send } as Client }).handle(event);
      const item = await taskNow(task);
      expect(item).not.toHaveProperty('result');
      expect(Object.keys(item.quarantine)).toHaveLength(kept);
    },
  );
});

interface Proxies {
  readonly proxy: FaultProxy;
  readonly s3Proxy: FaultProxy;
}

describe('C7 a dependency that fails', () => {
  test.for([
    ['S3', ({ s3Proxy }: Proxies) => s3Proxy.inject(() => ({ kind: 'error', status: 500 }))],
    [
      'reading the task',
      ({ proxy }: Proxies) =>
        proxy.inject(({ operation }) => (operation === 'GetItem' ? { kind: 'throttled' } : undefined)),
    ],
    [
      'writing the task',
      ({ proxy }: Proxies) =>
        proxy.inject(({ operation }) => (operation === 'UpdateItem' ? { kind: 'error', status: 500 } : undefined)),
    ],
    ['the connection', ({ proxy }: Proxies) => proxy.inject(() => ({ kind: 'reset' }))],
  ] as const)(
    'fails the event, so that it comes again, and leaves nothing half done: %s',
    async ([_, fail], { aCompleteUploadFunction, key, proxy, s3Proxy, store, taskNow, upload }) => {
      const task = await putTask(store, key);
      const event = await upload(task);
      const untouched = await taskNow(task);
      fail({ proxy: proxy, s3Proxy: s3Proxy });
      const { handle, lines } = aCompleteUploadFunction();
      await expect(handle(event)).rejects.toThrow();
      expect(await taskNow(task)).toEqual(untouched);
      expect(lines).toMatchObject([{ level: 'ERROR', taskId: task.taskId, reason: expect.any(String) }]);
      proxy.clear();
      s3Proxy.clear();
      await handle(event);
      expect((await taskNow(task)).status).toBe('succeeded');
    },
  );

  test('has a conflict: the other transaction passes, and the upload tries again', async ({
    aCompleteUploadFunction,
    key,
    proxy,
    store,
    taskNow,
    upload,
  }) => {
    const task = await putTask(store, key);
    const event = await upload(task);
    proxy.injectNext('UpdateItem', { kind: 'conflict' }, { kind: 'conflict' });
    await aCompleteUploadFunction().handle(event);
    expect((await taskNow(task)).status).toBe('succeeded');
  });

  test('changes nothing twice if it fails after the commit', async ({
    aCompleteUploadFunction,
    key,
    proxy,
    store,
    taskNow,
    upload,
  }) => {
    const task = await putTask(store, key);
    const event = await upload(task);
    proxy.injectNext('UpdateItem', { kind: 'lostAnswer' });
    await aCompleteUploadFunction().handle(event);
    expect(await taskNow(task)).toMatchObject({ status: 'succeeded', sequence: 2, quarantine: {} });
  });
});

describe('an event of another source', () => {
  test.for<[string, (objectCreated: ReturnType<typeof objectCreatedIn>, bucket: string) => unknown]>([
    ['another source', (objectCreated) => objectCreated('uploads/secret', { source: 'aws.secret' })],
    ['another detail type', (objectCreated) => objectCreated('uploads/secret', { 'detail-type': 'Object Deleted' })],
    ['no detail', (objectCreated) => objectCreated('', { detail: undefined })],
    ['a detail that is a text', (objectCreated) => objectCreated('', { detail: 'secret' })],
    ['no bucket', (objectCreated) => objectCreated('', { detail: { object: { key: 'uploads/secret' } } })],
    [
      'a bucket without a name',
      (objectCreated) => objectCreated('', { detail: { bucket: {}, object: { key: 'uploads/secret' } } }),
    ],
    [
      'another bucket',
      (objectCreated) =>
        objectCreated('', { detail: { bucket: { name: 'secret' }, object: { key: `uploads/t/j/${'0'.repeat(64)}` } } }),
    ],
    ['no object', (objectCreated, bucket) => objectCreated('', { detail: { bucket: { name: bucket } } })],
    [
      'a key that is a number',
      (objectCreated, bucket) => objectCreated('', { detail: { bucket: { name: bucket }, object: { key: 7 } } }),
    ],
    ['an object elsewhere', (objectCreated) => objectCreated(`results/task/jti/${'0'.repeat(64)}`)],
    ['a key with a part missing', (objectCreated) => objectCreated(`uploads/secret/${'0'.repeat(64)}`)],
    ['a key with a part more', (objectCreated) => objectCreated(`uploads/task/jti/secret/${'0'.repeat(64)}`)],
    ['a key with an empty part', (objectCreated) => objectCreated(`uploads//jti/${'0'.repeat(64)}`)],
    ['a key with a strange part', (objectCreated) => objectCreated(`uploads/task/../${'0'.repeat(64)}`)],
    ['a key in upper case', (objectCreated) => objectCreated(`uploads/task/jti/${'A'.repeat(64)}`)],
    ['a key with a line after it', (objectCreated) => objectCreated(`uploads/task/jti/${'0'.repeat(64)}\nsecret`)],
    ['nothing', () => null],
    ['a text', () => 'secret'],
  ])(
    'is logged by its shape and ignored: %s',
    async ([_, anEvent], { aCompleteUploadFunction, objectCreated, proxy, s3, s3Proxy }) => {
      const { handle, lines } = aCompleteUploadFunction();
      await handle(anEvent(objectCreated, s3.bucket));
      expect(lines).toMatchObject([{ level: 'ERROR', message: 'not the arrival of an upload' }]);
      expect(JSON.stringify(lines)).not.toContain('secret');
      expect(proxy.count() + s3Proxy.count()).toBe(0);
    },
  );

  test('never makes the function fail, whatever it is', async ({ aCompleteUploadFunction, objectCreated }) => {
    const { handle } = aCompleteUploadFunction();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.anything(),
          fc.record({
            source: fc.constant('aws.s3'),
            'detail-type': fc.constant('Object Created'),
            detail: fc.anything(),
          }),
          fc.string({ unit: 'binary' }).map((text) => objectCreated(`uploads/${text}`)),
        ),
        async (event) => {
          await handle(event);
        },
      ),
    );
  });
});
