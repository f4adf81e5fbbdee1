import { createHash } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect } from 'vitest';
import { test as base } from '../../support/fixtures.ts';

const BYTES = Buffer.from('a scanned page');
const CHECKSUM = createHash('sha256').update(BYTES).digest('base64');
const HEADERS = { 'content-type': 'application/pdf', 'x-amz-checksum-sha256': CHECKSUM };
const MINUTE = 60_000;

const codeOf = (text: string) => /<Code>(\w+)<\/Code>/.exec(text)?.[1];

const test = base
  .extend('realClock', { auto: true }, ({ s3 }) => s3.setClock(undefined))
  .extend('head', ({ s3 }) => new HeadObjectCommand({ Bucket: s3.bucket, Key: 'key' }))
  .extend('refusal', ({ s3 }) => async (configuration: Parameters<typeof s3.connect>[0]) => {
    // HEAD has no body to say a code in.
    const command = new GetObjectCommand({ Bucket: s3.bucket, Key: 'key' });
    const error: unknown = await s3
      .connect({ maxAttempts: 1, ...configuration })
      .send(command)
      .catch((reason) => reason);
    return error instanceof S3ServiceException ? [error.name, error.$metadata.httpStatusCode] : error;
  })
  .extend(
    'presign',
    ({ s3 }) =>
      (expiresIn = 60, key = 'uploads/key') =>
        getSignedUrl(
          s3.connect({ requestChecksumCalculation: 'WHEN_REQUIRED' }),
          new PutObjectCommand({
            Bucket: s3.bucket,
            Key: key,
            ContentType: HEADERS['content-type'],
            ContentLength: BYTES.length,
            ChecksumSHA256: CHECKSUM,
          }),
          {
            expiresIn,
            signableHeaders: new Set(['content-type', 'content-length', 'x-amz-checksum-sha256']),
            unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
          },
        ),
  );

describe('the stand-in refuses a signature in the header', () => {
  const credentials = (accessKeyId: string, secretAccessKey: string) => ({
    credentials: { accessKeyId, secretAccessKey },
  });

  test('by another secret, another key, for another region', async ({ refusal }) => {
    expect(await refusal(credentials('local', 'guessed'))).toEqual(['SignatureDoesNotMatch', 403]);
    expect(await refusal(credentials('somebody', 'local'))).toEqual(['InvalidAccessKeyId', 403]);
    expect(await refusal({ region: 'us-east-1' })).toEqual(['AuthorizationHeaderMalformed', 400]);
  });

  test('of another time', async ({ refusal, s3 }) => {
    const now = Date.now();
    s3.setClock(now + 16 * MINUTE);
    expect(await refusal({})).toEqual(['RequestTimeTooSkewed', 403]);
    s3.setClock(now + 14 * MINUTE);
    expect(await refusal({})).toEqual(['NoSuchKey', 404]);
  });

  test('over other headers than those that came', async ({ head, s3 }) => {
    const client = s3.connect({ maxAttempts: 1 });
    const changing = (name: string, value: string) => {
      client.middlewareStack.add(
        (next) => (args) => {
          (args.request as { headers: Record<string, string> }).headers[name] = value;
          return next(args);
        },
        { step: 'deserialize', name: 'change', override: true },
      );
      return client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'key', Body: BYTES, ContentType: 'a/b' }));
    };
    await expect(changing('content-type', 'text/html')).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    client.middlewareStack.remove('change');
    await expect(changing('x-amz-acl', 'public-read')).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(s3.client.send(head)).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('that is missing', async ({ s3 }) => {
    const answer = await fetch(`${s3.endpoint}/${s3.bucket}/key`);
    expect([answer.status, codeOf(await answer.text())]).toEqual([403, 'AccessDenied']);
    const basic = await fetch(`${s3.endpoint}/${s3.bucket}/key`, { headers: { authorization: 'Basic bG9jYWw=' } });
    expect([basic.status, codeOf(await basic.text())]).toEqual([400, 'InvalidArgument']);
  });
});

describe('a presigned upload', () => {
  const upload = async (url: string, headers: Record<string, string> = HEADERS, body: Uint8Array = BYTES) => {
    const answer = await fetch(url, { method: 'PUT', headers, body: Buffer.from(body) });
    return [answer.status, codeOf(await answer.text())];
  };

  test('takes exactly the bytes that it was signed for, more than once', async ({ presign, s3 }) => {
    const url = await presign();
    expect(await upload(url)).toEqual([200, undefined]);
    expect(await upload(url)).toEqual([200, undefined]);
    const { ChecksumSHA256, ContentLength, ContentType } = await s3.client.send(
      new HeadObjectCommand({ Bucket: s3.bucket, Key: 'uploads/key', ChecksumMode: 'ENABLED' }),
    );
    expect([ChecksumSHA256, ContentLength, ContentType]).toEqual([CHECKSUM, BYTES.length, 'application/pdf']);
    expect(s3.events.at(-1)?.detail).toMatchObject({ object: { key: 'uploads/key', size: BYTES.length } });
  });

  test.for<[string, Record<string, string>, Uint8Array, unknown]>([
    ['other bytes of the same length', HEADERS, Buffer.from(BYTES).fill('x'), [400, 'BadDigest']],
    ['fewer bytes', HEADERS, BYTES.subarray(1), [403, 'SignatureDoesNotMatch']],
    ['another type', { ...HEADERS, 'content-type': 'text/html' }, BYTES, [403, 'SignatureDoesNotMatch']],
    ['no checksum', { 'content-type': 'application/pdf' }, BYTES, [403, 'SignatureDoesNotMatch']],
    [
      'a checksum of its own',
      { ...HEADERS, 'x-amz-checksum-sha256': createHash('sha256').update('x').digest('base64') },
      BYTES,
      [403, 'SignatureDoesNotMatch'],
    ],
    ['a header that is not signed', { ...HEADERS, 'x-amz-acl': 'public-read' }, BYTES, [403, 'AccessDenied']],
    ['metadata that is not signed', { ...HEADERS, 'x-amz-meta-a': 'b' }, BYTES, [403, 'AccessDenied']],
    ['a second authorization', { ...HEADERS, authorization: 'Bearer token' }, BYTES, [400, 'InvalidArgument']],
  ])('refuses %s', async ([_, headers, bytes, expected], { presign, s3 }) => {
    const before = s3.events.length;
    expect(await upload(await presign(60, 'uploads/refused'), headers, bytes)).toEqual(expected);
    expect(s3.events).toHaveLength(before);
  });

  test('takes every header that S3 keeps and nobody signed: this is why the receiver signs more', async ({
    presign,
    s3,
  }) => {
    const url = await presign(60, 'uploads/unsigned');
    const more = { 'content-encoding': 'gzip', 'cache-control': 'public', 'content-disposition': 'inline' };
    expect(await upload(url, { ...HEADERS, ...more })).toEqual([200, undefined]);
    const object = new HeadObjectCommand({ Bucket: s3.bucket, Key: 'uploads/unsigned' });
    expect(await s3.client.send(object)).toMatchObject({
      ContentEncoding: 'gzip',
      CacheControl: 'public',
      ContentDisposition: 'inline',
    });
  });

  test('ends when it said, and not before', async ({ presign, s3 }) => {
    const url = await presign(60);
    const signedAt = Date.now();
    s3.setClock(signedAt + 58_000);
    expect(await upload(url)).toEqual([200, undefined]);
    s3.setClock(signedAt + 61_000);
    expect(await upload(url)).toEqual([403, 'AccessDenied']);
    s3.setClock(signedAt - 16 * MINUTE);
    expect(await upload(url)).toEqual([403, 'AccessDenied']);
  });

  test.for([
    ['a longer life', /X-Amz-Expires=60/, 'X-Amz-Expires=600', 'SignatureDoesNotMatch'],
    ['another key', /uploads\/key/, 'uploads/other', 'SignatureDoesNotMatch'],
    ['an override', /$/, '&response-content-type=text%2Fhtml', 'SignatureDoesNotMatch'],
    ['no time', /&X-Amz-Expires=60/, '', 'AuthorizationQueryParametersError'],
    ['more than a week', /X-Amz-Expires=60/, 'X-Amz-Expires=604801', 'AuthorizationQueryParametersError'],
    ['another algorithm', /AWS4-HMAC-SHA256/, 'AWS4-HMAC-SHA1', 'AuthorizationQueryParametersError'],
    ['a name twice', /$/, '&X-Amz-Expires=600', 'InvalidArgument'],
  ] as const)('cannot be given %s', async ([_, pattern, replacement, code], { presign }) => {
    const [, found] = await upload((await presign()).replace(pattern, replacement));
    expect(found).toBe(code);
  });

  test('is for one method', async ({ presign }) => {
    const answer = await fetch(await presign(), { headers: HEADERS });
    expect([answer.status, codeOf(await answer.text())]).toEqual([403, 'SignatureDoesNotMatch']);
  });
});

describe('a presigned download', () => {
  test('answers with the type and disposition that were signed', async ({ s3 }) => {
    await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'results/key', Body: BYTES }));
    const url = await getSignedUrl(
      s3.client,
      new GetObjectCommand({
        Bucket: s3.bucket,
        Key: 'results/key',
        ResponseContentType: 'text/csv; charset=utf-8',
        ResponseContentDisposition: 'attachment; filename="a b.csv"',
      }),
      { expiresIn: 60 },
    );

    const answer = await fetch(url);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="a b.csv"');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(BYTES);
    expect((await fetch(url, { headers: { range: 'bytes=0-0' } })).status).toBe(206);
    expect((await fetch(url.replace('csv', 'htm'))).status).toBe(403);
  });
});
