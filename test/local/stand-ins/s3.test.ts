import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchBucket,
  NoSuchKey,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { describe, expect } from 'vitest';
import { startStandIns } from '../../../local/stand-ins/server.ts';
import { test as base } from '../../support/fixtures.ts';
import { aBucket } from '../../support/s3.ts';

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('base64');
const refusal = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing refused',
    ({ name, $metadata }) => [name, $metadata.httpStatusCode],
  );

const test = base
  .extend('realClock', { auto: true }, ({ s3 }) => s3.setClock(undefined))
  .extend(
    'put',
    ({ s3 }) =>
      (Key: string, Body: string | Uint8Array, more: Partial<PutObjectCommandInput> = {}) =>
        s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key, Body, ...more })),
  )
  .extend('get', ({ s3 }) => async (Key: string, Range?: string) => {
    const { Body, ...rest } = await s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key, Range }));
    return { ...rest, text: await Body?.transformToString() };
  })
  .extend(
    'head',
    ({ s3 }) =>
      (Key: string, VersionId?: string) =>
        s3.client.send(new HeadObjectCommand({ Bucket: s3.bucket, Key, VersionId })),
  )
  .extend(
    'remove',
    ({ s3 }) =>
      (Key: string, VersionId: string) =>
        s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key, VersionId })),
  )
  .extend(
    'once',
    ({ put }) =>
      (key: string, body: string) =>
        put(key, body, { IfNoneMatch: '*' }),
  );

describe('PutObject, GetObject, HeadObject', () => {
  test('an object comes back byte for byte, with its type, ETag and checksum', async ({ put, s3 }) => {
    const bytes = randomBytes(300_000);
    const checksum = sha256(bytes);
    await put('results/task/ü b+c', bytes, { ContentType: 'text/plain; charset=utf-8', ChecksumSHA256: checksum });

    const { Body, ...head } = await s3.client.send(
      new GetObjectCommand({ Bucket: s3.bucket, Key: 'results/task/ü b+c', ChecksumMode: 'ENABLED' }),
    );
    expect(Buffer.from((await Body?.transformToByteArray()) ?? [])).toEqual(bytes);
    const expected = {
      ContentType: 'text/plain; charset=utf-8',
      ContentLength: 300_000,
      ETag: `"${createHash('md5').update(bytes).digest('hex')}"`,
      ChecksumSHA256: checksum,
      ChecksumType: 'FULL_OBJECT',
    };
    expect(head).toMatchObject(expected);
    const command = { Bucket: s3.bucket, Key: 'results/task/ü b+c', ChecksumMode: 'ENABLED' } as const;
    expect(await s3.client.send(new HeadObjectCommand(command))).toMatchObject(expected);
    const { ChecksumSHA256 } = await s3.client.send(new HeadObjectCommand({ ...command, ChecksumMode: undefined }));
    expect(ChecksumSHA256).toBeUndefined();
  });

  test('an empty object, and one that takes the place of another', async ({ get, put }) => {
    await put('place', new Uint8Array());
    expect(await get('place')).toMatchObject({ text: '', ContentLength: 0, ContentType: 'application/octet-stream' });
    await put('place', 'second');
    expect(await get('place')).toMatchObject({ text: 'second' });
  });

  test.for([
    ['bytes=1-3', 'bcd', 'bytes 1-3/6'],
    ['bytes=4-', 'ef', 'bytes 4-5/6'],
    ['bytes=-2', 'ef', 'bytes 4-5/6'],
    ['bytes=4-99', 'ef', 'bytes 4-5/6'],
  ] as const)('the range %s', async ([range, part, contentRange], { get, put }) => {
    await put('ranges', 'abcdef');
    expect(await get('ranges', range)).toMatchObject({ text: part, ContentRange: contentRange });
  });

  test('a range behind the end, and one that is none', async ({ get, put }) => {
    await put('ranges', 'abcdef');
    expect(await refusal(get('ranges', 'bytes=6-'))).toEqual(['InvalidRange', 416]);
    expect(await get('ranges', 'lines=1-2')).toMatchObject({ text: 'abcdef' });
  });

  test('what is not there', async ({ get, s3 }) => {
    await expect(get('nothing')).rejects.toThrow(NoSuchKey);
    const head = new HeadObjectCommand({ Bucket: s3.bucket, Key: 'nothing' });
    await expect(s3.client.send(head)).rejects.toMatchObject({ name: 'NotFound' });
    const elsewhere = new GetObjectCommand({ Bucket: 'elsewhere', Key: 'nothing' });
    await expect(s3.client.send(elsewhere)).rejects.toThrow(NoSuchBucket);
  });

  test('what the stand-in does not do is refused by name', async ({ put, s3 }) => {
    const remove = new DeleteObjectCommand({ Bucket: s3.bucket, Key: 'place' });
    expect(await refusal(s3.client.send(remove))).toEqual(['NotImplemented', 501]);
    expect(await refusal(put('acl', 'text', { ACL: 'public-read' }))).toEqual(['NotImplemented', 501]);
    expect(await refusal(put('if', 'text', { IfMatch: '"etag"' }))).toEqual(['NotImplemented', 501]);
  });
});

describe('versions', () => {
  test('each PUT makes one, the newest is the object, and older ones can be read', async ({ get, head, put, s3 }) => {
    const first = await put('versions', 'first');
    const second = await put('versions', 'second');
    expect(first.VersionId).not.toBe(second.VersionId);
    expect(await get('versions')).toMatchObject({ text: 'second', VersionId: second.VersionId });
    const { Body } = await s3.client.send(
      new GetObjectCommand({ Bucket: s3.bucket, Key: 'versions', VersionId: first.VersionId }),
    );
    expect(await Body?.transformToString()).toBe('first');
    expect((await head('versions', first.VersionId)).ContentLength).toBe(5);
    expect(await refusal(head('versions', 'none'))).toEqual(['NotFound', 404]);
  });

  test('that are deleted are gone, and the one before is the object again', async ({ get, put, remove }) => {
    const [first, second, third] = [await put('gone', '1'), await put('gone', '2'), await put('gone', '3')];
    await remove('gone', second.VersionId ?? '');
    expect(await get('gone')).toMatchObject({ text: '3' });
    await remove('gone', third.VersionId ?? '');
    expect(await get('gone')).toMatchObject({ text: '1', VersionId: first.VersionId });
    await remove('gone', first.VersionId ?? '');
    await expect(get('gone')).rejects.toThrow(NoSuchKey);
    // Deleting a missing version is not an error.
    await remove('gone', first.VersionId ?? '');
    expect(await put('gone', '4', { IfNoneMatch: '*' })).toMatchObject({ VersionId: expect.any(String) });
  });

  test('are none where the bucket keeps none', async ({ s3 }) => {
    const plain = s3.standIns.buckets.ensureBucket(aBucket('Plain', { VersioningConfiguration: undefined }));
    const places = { Bucket: plain.name, Key: 'key' };
    for (const Body of ['first', 'second']) {
      const { VersionId } = await s3.client.send(new PutObjectCommand({ ...places, Body }));
      expect(VersionId).toBeUndefined();
    }
    expect(plain.versions('key')).toHaveLength(1);
  });
});

describe('metadata', () => {
  test('are kept with the object, unless a signed request overrides them', async ({ put, s3 }) => {
    await put('metadata', 'text', {
      CacheControl: 'max-age=9',
      ContentDisposition: 'inline',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      Expires: new Date(0),
      Metadata: { colour: 'red' },
      StorageClass: 'STANDARD_IA',
      WebsiteRedirectLocation: '/elsewhere',
    });
    const command = { Bucket: s3.bucket, Key: 'metadata' };
    expect(await s3.client.send(new HeadObjectCommand(command))).toMatchObject({
      CacheControl: 'max-age=9',
      ContentDisposition: 'inline',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      ExpiresString: 'Thu, 01 Jan 1970 00:00:00 GMT',
      Metadata: { colour: 'red' },
      StorageClass: 'STANDARD_IA',
      WebsiteRedirectLocation: '/elsewhere',
    });
    const asked = new HeadObjectCommand({
      ...command,
      ResponseContentEncoding: 'identity',
      ResponseCacheControl: 'no-store',
    });
    expect(await s3.client.send(asked)).toMatchObject({ CacheControl: 'no-store', ContentEncoding: 'identity' });
  });

  test('is none where nothing was said', async ({ put, s3 }) => {
    await put('plain', 'text', { StorageClass: 'STANDARD' });
    const head = await s3.client.send(new HeadObjectCommand({ Bucket: s3.bucket, Key: 'plain' }));
    for (const name of ['CacheControl', 'ContentDisposition', 'ContentEncoding', 'ContentLanguage', 'StorageClass']) {
      expect(head).not.toHaveProperty([name], expect.any(String));
    }
    expect(head.Metadata).toEqual({});
  });
});

describe('what is checked of a body', () => {
  test.for<[string, Partial<PutObjectCommandInput>, unknown]>([
    ['another SHA-256', { ChecksumSHA256: sha256('other') }, ['BadDigest', 400]],
    ['another CRC-32', { ChecksumCRC32: 'AAAAAA==' }, ['BadDigest', 400]],
    ['another MD5', { ContentMD5: createHash('md5').digest('base64') }, ['BadDigest', 400]],
    ['a checksum that is none', { ChecksumSHA256: 'abc=' }, ['InvalidRequest', 400]],
  ])('%s: nothing is stored', async ([_, more, expected], { get, put }) => {
    expect(await refusal(put('checked', 'text', more))).toEqual(expected);
    await expect(get('checked')).rejects.toThrow(NoSuchKey);
  });

  test('a body that was changed under its signature', async ({ get, put, s3 }) => {
    s3.client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { body: unknown }).body = 'tExt';
        return next(args);
      },
      { step: 'deserialize', name: 'changeBody' },
    );
    try {
      expect(await refusal(put('changed', 'text'))).toEqual(['XAmzContentSHA256Mismatch', 400]);
    } finally {
      s3.client.middlewareStack.remove('changeBody');
    }
    await expect(get('changed')).rejects.toThrow(NoSuchKey);
  });

  test('a connection that ends early leaves nothing', async ({ get, s3 }) => {
    const client = s3.connect({ requestHandler: { requestTimeout: 300, throwOnRequestTimeout: true }, maxAttempts: 1 });
    const late = new PutObjectCommand({ Bucket: s3.bucket, Key: 'early', Body: 'text', ContentLength: 9 });
    await expect(client.send(late)).rejects.toBeDefined();
    await expect(get('early')).rejects.toThrow(NoSuchKey);
  });
});

describe('If-None-Match: *', () => {
  test('the first object stays', async ({ get, once }) => {
    await once('once', 'first');
    expect(await refusal(once('once', 'second'))).toEqual(['PreconditionFailed', 412]);
    expect(await get('once')).toMatchObject({ text: 'first' });
  });

  test('once the only version is deleted, another can come', async ({ get, once, s3 }) => {
    const { VersionId } = await once('again', 'first');
    await s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: 'again', VersionId }));
    await once('again', 'second');
    expect(await get('again')).toMatchObject({ text: 'second' });
  });

  test('409 where the object is deleted while another comes', async ({ once, s3 }) => {
    const bucket = s3.standIns.buckets.find(s3.bucket);
    const draft = bucket?.draft('raced');
    const { VersionId } = await once('raced', 'first');
    await s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: 'raced', VersionId }));
    const object = { key: 'raced', size: 0, contentType: 'a/b', etag: '', metadata: {}, lastModified: 0 };
    expect(draft && bucket?.commit(draft, object, true)).toEqual({ outcome: 'conflict' });
  });

  test('of 20 at the same time one wins', async ({ get, once }) => {
    const bodies = Array.from({ length: 20 }, (_, number) => `${number}`.repeat(5_000));
    const outcomes = await Promise.all(bodies.map((body) => refusal(once('race', body))));

    const winners = outcomes.flatMap((outcome, number) => (outcome === 'nothing refused' ? [number] : []));
    expect(winners).toHaveLength(1);
    expect(outcomes.filter((outcome) => String(outcome) === 'PreconditionFailed,412')).toHaveLength(19);
    expect(await get('race')).toMatchObject({ text: bodies[winners[0] ?? -1] });
  });
});

describe('the events of a bucket', () => {
  test('tell of each object that came, in S3’s form', async ({ put, s3 }) => {
    await put('uploads/task/a b', 'text');
    expect(s3.events.at(-1)).toEqual({
      version: '0',
      id: expect.any(String),
      'detail-type': 'Object Created',
      source: 'aws.s3',
      account: '000000000000',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: 'eu-west-1',
      resources: [`arn:aws:s3:::${s3.bucket}`],
      detail: {
        version: '0',
        bucket: { name: s3.bucket },
        object: {
          key: 'uploads/task/a b',
          size: 4,
          etag: createHash('md5').update('text').digest('hex'),
          'version-id': expect.any(String),
          sequencer: expect.any(String),
        },
        'request-id': expect.any(String),
        requester: '000000000000',
        'source-ip-address': expect.any(String),
        reason: 'PutObject',
      },
    });
  });

  test('are none for what was refused, and for a bucket that does not notify', async ({ put, s3 }) => {
    const before = s3.events.length;
    await refusal(put('uploads/refused', 'text', { ChecksumSHA256: sha256('other') }));
    const silent = s3.standIns.buckets.ensureBucket(aBucket('Silent', { NotificationConfiguration: undefined }));
    await s3.client.send(new PutObjectCommand({ Bucket: silent.name, Key: 'key', Body: 'text' }));
    expect(s3.events).toHaveLength(before);
  });
});

test('objects survive a restart, and what was not finished does not', async ({ s3 }) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  const start = () => startStandIns({ dataDirectory: folder, eventsFile: join(folder, 'events.jsonl') });
  try {
    let standIns = await start();
    let bucket = standIns.buckets.ensureBucket(aBucket());
    const client = () => s3.connect({ endpoint: standIns.endpoint });
    await client().send(new PutObjectCommand({ Bucket: bucket.name, Key: 'key', Body: 'text', ContentType: 'a/b' }));
    await standIns.stop();
    // A process that was killed in the middle of an upload.
    const files = (kind: string) => join(folder, 'buckets', bucket.name, kind);
    for (const kind of ['drafts', 'bytes']) writeFileSync(join(files(kind), 'unfinished'), 'te');

    standIns = await start();
    bucket = standIns.buckets.ensureBucket(aBucket());
    const { Body, ContentType } = await client().send(new GetObjectCommand({ Bucket: bucket.name, Key: 'key' }));
    expect([await Body?.transformToString(), ContentType]).toEqual(['text', 'a/b']);
    expect(readdirSync(files('drafts'))).toEqual([]);
    expect(readdirSync(files('bytes'))).toHaveLength(1);
    await standIns.stop();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a name that a bucket cannot have, and notifications that are not done here, stop by name', ({ s3 }) => {
  const { buckets } = s3.standIns;
  expect(() => buckets.ensureBucket(aBucket('B', { BucketName: 'No_Bucket' }))).toThrow('Bucket B: BucketName');
  expect(() => buckets.ensureBucket(aBucket('B', { NotificationConfiguration: { QueueConfigurations: [] } }))).toThrow(
    'Bucket B: NotificationConfiguration',
  );
});

test('a request without a length', async ({ s3 }) => {
  const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const outgoing = httpRequest(`${s3.endpoint}/${s3.bucket}/key`, { method: 'PUT' }, async (incoming) =>
      resolve({ status: incoming.statusCode, body: await text(incoming) }),
    );
    outgoing.once('error', reject);
    outgoing.end('text');
  });
  // Nothing about a body is looked at before the signature.
  expect(answer).toEqual({ status: 403, body: expect.stringContaining('<Code>AccessDenied</Code>') });
});
