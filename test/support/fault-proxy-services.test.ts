import { KMSInternalException, SignCommand } from '@aws-sdk/client-kms';
import { LambdaClient, SendDurableExecutionCallbackHeartbeatCommand } from '@aws-sdk/client-lambda';
import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { SendTaskHeartbeatCommand, SFNClient } from '@aws-sdk/client-sfn';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect } from 'vitest';
import { LOCAL_CLIENT } from './engine.ts';
import type { Fault } from './fault-proxy.ts';
import { test as base } from './fixtures.ts';

const test = base
  .extend(
    'put',
    ({ s3 }) =>
      (Key: string) =>
        new PutObjectCommand({ Bucket: s3.bucket, Key, Body: 'text', ContentType: 'text/plain', IfNoneMatch: '*' }),
  )
  .extend('get', ({ s3 }) => async (Key: string) => {
    const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key }));
    return Body?.transformToString();
  })
  .extend('once', ({ s3, s3Proxy }) => s3.connect({ endpoint: s3Proxy.endpoint, maxAttempts: 1 }))
  .extend('retrying', ({ s3, s3Proxy }) => s3.connect({ endpoint: s3Proxy.endpoint, maxAttempts: 3 }))
  .extend('kmsOnce', ({ kms, kmsProxy }) => kms.connect({ endpoint: kmsProxy.endpoint, maxAttempts: 1 }))
  .extend(
    'sign',
    ({ kms }) =>
      new SignCommand({
        KeyId: kms.key.arn,
        Message: Buffer.from('a message'),
        MessageType: 'RAW',
        SigningAlgorithm: 'ECDSA_SHA_256',
      }),
  );

describe('between the SDK and S3', () => {
  test('requests come through, signed headers and presigned URLs included, and are counted', async ({
    once,
    put,
    s3,
    s3Proxy,
  }) => {
    await once.send(put('through the proxy'));
    await once.send(new HeadObjectCommand({ Bucket: s3.bucket, Key: 'through the proxy' }));
    const url = await getSignedUrl(once, new GetObjectCommand({ Bucket: s3.bucket, Key: 'through the proxy' }));
    expect(await (await fetch(url)).text()).toBe('text');

    const input = { Bucket: s3.bucket, Key: 'through the proxy' };
    expect(s3Proxy.requests).toEqual([
      { operation: 'PutObject', number: 1, input },
      { operation: 'HeadObject', number: 1, input },
      { operation: 'GetObject', number: 1, input },
    ]);
  });

  test.for<[Fault, string, number | undefined]>([
    [{ kind: 'throttled' }, 'SlowDown', 503],
    [{ kind: 'error', status: 500 }, 'InternalError', 500],
    [{ kind: 'error', status: 503 }, 'ServiceUnavailable', 503],
  ])(
    '%j is recognised and retried by the SDK, and S3 has seen nothing',
    async ([fault, name, status], { get, once, put, retrying, s3Proxy }) => {
      const key = `refused/${name}/${status}`;
      s3Proxy.injectNext('PutObject', fault);
      const error: unknown = await once.send(put(key)).catch((reason) => reason);
      expect(error).toBeInstanceOf(S3ServiceException);
      expect(error).toMatchObject({ name, $metadata: { httpStatusCode: status } });
      await expect(get(key)).rejects.toThrow(NoSuchKey);

      s3Proxy.clear();
      s3Proxy.injectNext('PutObject', fault, fault);
      await retrying.send(put(key));
      expect(s3Proxy.count('PutObject')).toBe(3);
    },
  );

  test('a reset connection, and an answer that is lost after S3 has taken the object', async ({
    get,
    once,
    put,
    s3Proxy,
  }) => {
    s3Proxy.injectNext('PutObject', { kind: 'reset' });
    await expect(once.send(put('reset'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(get('reset')).rejects.toThrow(NoSuchKey);

    s3Proxy.injectNext('PutObject', { kind: 'lostAnswer' });
    await expect(once.send(put('lost'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await get('lost')).toBe('text');
    // A retry of the same request then meets its own object.
    await expect(once.send(put('lost'))).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  test('silence ends when the client gives up', async ({ get, put, s3, s3Proxy }) => {
    const impatient = s3.connect({
      endpoint: s3Proxy.endpoint,
      maxAttempts: 1,
      requestHandler: { requestTimeout: 100, throwOnRequestTimeout: true },
    });
    s3Proxy.injectNext('PutObject', { kind: 'silence' });
    await expect(impatient.send(put('silence'))).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(get('silence')).rejects.toThrow(NoSuchKey);
  });
});

describe('between the SDK and KMS', () => {
  test('throttling and errors are KMS’s own', async ({ kmsOnce, kmsProxy, sign }) => {
    kmsProxy.injectNext('Sign', { kind: 'throttled' }, { kind: 'error', status: 500 });
    await expect(kmsOnce.send(sign)).rejects.toMatchObject({ name: 'ThrottlingException' });
    await expect(kmsOnce.send(sign)).rejects.toThrow(KMSInternalException);
    expect((await kmsOnce.send(sign)).Signature).toBeDefined();
  });

  test('the SDK retries both', async ({ kms, kmsProxy, sign }) => {
    const retrying = kms.connect({ endpoint: kmsProxy.endpoint, maxAttempts: 3 });
    kmsProxy.injectNext('Sign', { kind: 'throttled' }, { kind: 'reset' });
    expect((await retrying.send(sign)).Signature).toBeDefined();
    expect(kmsProxy.count('Sign')).toBe(3);
  });
});

describe('between the SDK and the services that resume workflows', () => {
  const resuming = test.extend('workflows', ({ kms, kmsProxy }, { onCleanup }) => {
    const configuration = { ...LOCAL_CLIENT, endpoint: kmsProxy.endpoint, maxAttempts: 1 };
    const states = new SFNClient(configuration);
    const lambda = new LambdaClient(configuration);
    const sqs = new SQSClient({ ...configuration, useQueueUrlAsEndpoint: false });
    kms.standIns.queues.ensureQueue({ logicalId: 'Work', type: 'AWS::SQS::Queue', properties: {} });
    onCleanup(() => {
      for (const client of [states, lambda, sqs]) client.destroy();
    });
    return {
      SendTaskHeartbeat: () => states.send(new SendTaskHeartbeatCommand({ taskToken: 'token' })),
      SendDurableExecutionCallbackHeartbeat: () =>
        lambda.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId: 'a/b=' })),
      ReceiveMessage: () => sqs.send(new ReceiveMessageCommand({ QueueUrl: 'https://sqs/000000000000/Work' })),
    };
  });

  resuming.for([
    ['SendTaskHeartbeat', { taskToken: 'token' }, 400, 'ThrottlingException', 'InternalFailure'],
    [
      'SendDurableExecutionCallbackHeartbeat',
      { CallbackId: 'a/b=' },
      429,
      'TooManyRequestsException',
      'ServiceException',
    ],
    ['ReceiveMessage', { QueueUrl: 'https://sqs/000000000000/Work' }, 403, 'RequestThrottled', 'InternalFailure'],
  ] as const)(
    '%s: throttling, errors and lost connections are the service’s own',
    async ([operation, input, status, throttled, error], { kmsProxy, workflows }) => {
      const call = workflows[operation];
      kmsProxy.injectNext(
        operation,
        { kind: 'throttled' },
        { kind: 'error', status: 503 },
        { kind: 'reset' },
        { kind: 'lostAnswer' },
      );
      await expect(call()).rejects.toMatchObject({ name: throttled, $metadata: { httpStatusCode: status } });
      await expect(call()).rejects.toMatchObject({ name: error, $metadata: { httpStatusCode: 503 } });
      await expect(call()).rejects.toMatchObject({ code: 'ECONNRESET' });
      await expect(call()).rejects.toMatchObject({ code: 'ECONNRESET' });
      await call();
      expect(kmsProxy.requests).toHaveLength(5);
      expect(kmsProxy.requests[0]).toEqual({ operation, number: 1, input });
    },
  );
});
