import { createHash, randomUUID } from 'node:crypto';
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { CLIENT_CONFIGURATION } from '../../../../lambda/shared/aws/client-configuration.ts';
import { createPolicy } from '../../../../lambda/shared/policy/cedar.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { patiently } from '../../../support/patience.ts';
import { putTask, readTask } from '../../../support/receiver.ts';
import { aRevealApi, type RevealApiOptions } from '../../../support/reveal-api.ts';
import { NOW } from '../../../support/tokens.ts';

const AT = new Date(NOW * 1_000).toISOString();
const SECRET = '{"total":"SECRET"}';
const FEW_ATTEMPTS = patiently({ ...CLIENT_CONFIGURATION, maxAttempts: 1 });

const aPayload = (bytes: Uint8Array | string, contentType = 'application/json') => ({
  contentType,
  size: Buffer.from(bytes).length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  receivedAt: AT,
});

const test = base
  .extend('tokens', { scope: 'file' }, async ({ openProvider }) => {
    const tokenOf = (sub: string, roles: readonly string[], scope = 'operator_read operator_write') =>
      openProvider.accessToken({ sub, client_id: 'console', jti: sub, roles, scope });
    return {
      reading: await tokenOf('rita', ['operator_read', 'operator_payload']),
      acting: await tokenOf('ada', ['operator', 'operator_payload']),
      withoutPayload: await tokenOf('olga', ['operator']),
      payloadOnly: await tokenOf('pia', ['operator_payload']),
      nobody: await tokenOf('nobody', []),
      readScope: await tokenOf('rita', ['operator_read', 'operator_payload'], 'operator_read'),
    };
  })
  .extend(
    'apiOf',
    ({ openProvider, proxy, s3, s3Proxy, store }) =>
      (more: Partial<RevealApiOptions> = {}) =>
        aRevealApi({
          store,
          dynamodb: store.connect({ ...FEW_ATTEMPTS, endpoint: proxy.endpoint }),
          s3: s3.connect({ ...FEW_ATTEMPTS, endpoint: s3Proxy.endpoint }),
          bucket: s3.bucket,
          verifier: openProvider.verifier(),
          ...more,
        }),
  )
  .extend('api', ({ apiOf }) => apiOf())
  /** A task with this result on it. */
  .extend(
    'aTask',
    ({ key, store }) =>
      async (bytes: Uint8Array | string = SECRET, contentType?: string, more: Partial<TaskItem> = {}) => {
        const { taskId } = await putTask(store, key, {
          status: 'succeeded',
          result: aPayload(bytes, contentType),
          payload: Buffer.from(bytes),
          revision: 7,
          ...more,
        });
        return taskId;
      },
  )
  /** A task with this result in the bucket. */
  .extend('aLargeTask', ({ aTask, s3 }) => async (bytes: Uint8Array | string, contentType = 'application/json') => {
    const payloadKey = `results/${randomUUID()}/jti/sha`;
    const object = { Bucket: s3.bucket, Key: payloadKey, Body: bytes, ContentType: 'text/html' };
    await s3.client.send(new PutObjectCommand(object));
    return aTask(bytes, contentType, { payload: undefined, payloadKey } as unknown as Partial<TaskItem>);
  })
  /** Audit items of a target, in their order. */
  .extend('auditOf', ({ store }) => async (target: string) => {
    const { Items: items = [] } = await store.client.send(
      new QueryCommand({
        TableName: store.auditTable,
        KeyConditionExpression: '#month = :month',
        FilterExpression: 'target = :target',
        ExpressionAttributeNames: { '#month': 'month' },
        ExpressionAttributeValues: { ':month': { S: AT.slice(0, 7) }, ':target': { S: target } },
      }),
    );
    return items.map((item) => unmarshall(item));
  });

const A_REASON = 'the customer asks';
const result = { of: 'result', reason: A_REASON };

describe('a payload on its task', () => {
  test('is shown with a URL of its bytes, and its task does not change', async ({ aTask, api, s3, store, tokens }) => {
    const taskId = await aTask();
    const before = await readTask(store, taskId);
    const answer = await api.reveal(tokens.acting, taskId, result);

    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'Cache-Control': 'no-store' });
    const { url, ...shown } = answer.json as { url: string; sha256: string };
    const { receivedAt: _, ...payload } = aPayload(SECRET);
    expect(shown).toEqual({
      ...payload,
      preview: { kind: 'text', text: SECRET, truncated: false },
      expiresAt: new Date((NOW + 60) * 1_000).toISOString(),
    });
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('60');

    const download = await fetch(url);
    expect(download.status).toBe(200);
    expect(await download.text()).toBe(SECRET);
    expect(download.headers.get('content-type')).toBe('application/json');
    expect(download.headers.get('content-disposition')).toBe('attachment');
    expect(new URL(url).pathname).toMatch(new RegExp(`^/${s3.bucket}/reveals/${taskId}/[\\w-]{22}/${shown.sha256}$`));
    expect(await readTask(store, taskId)).toEqual(before);
  });

  test('is a URL whose content type and disposition are signed', async ({ aTask, api, tokens }) => {
    const { json } = await api.reveal(tokens.acting, await aTask('<b>', 'text/html'), result);
    const url = new URL((json as { url: string }).url);
    url.searchParams.delete('response-content-disposition');
    expect((await fetch(url)).status).toBe(403);
  });

  test('of 0 bytes is shown empty', async ({ aTask, api, tokens }) => {
    const { json } = await api.reveal(tokens.acting, await aTask(''), result);
    expect(json).toMatchObject({ size: 0, preview: { kind: 'text', text: '', truncated: false } });
  });

  test('with a content type that no header can have is an attachment of bytes', async ({ aTask, api, tokens }) => {
    const { json } = await api.reveal(tokens.acting, await aTask('a', 'text/pläin'), result);
    const { contentType, url } = json as { contentType: string; url: string };
    expect(contentType).toBe('text/pläin');
    expect((await fetch(url)).headers.get('content-type')).toBe('application/octet-stream');
  });

  test('is a failure if the operator asks for it', async ({ aTask, api, tokens }) => {
    const more = { status: 'failed', result: undefined, failure: aPayload('no ink', 'text/plain') } as const;
    const taskId = await aTask('no ink', 'text/plain', more as unknown as Partial<TaskItem>);
    const { json } = await api.reveal(tokens.reading, taskId, { ...result, of: 'failure' });
    expect(json).toMatchObject({ preview: { text: 'no ink' } });
  });

  const anEntry = (id: string, text: string) => ({
    id,
    capability: 'result' as const,
    jti: 'j',
    ...aPayload(text, 'text/plain'),
  });
  test.for<[string, Partial<TaskItem>]>([
    [
      'in an attribute of its own',
      {
        quarantine: { 'late-id': anEntry('late-id', 'came late') },
        reopened: { 'earlier-id': anEntry('earlier-id', 'came earlier') },
        'kept#late-id': Buffer.from('came late'),
        'kept#earlier-id': Buffer.from('came earlier'),
      },
    ],
    [
      'in its entry, as before',
      {
        quarantine: { 'late-id': { ...anEntry('late-id', 'came late'), payload: Buffer.from('came late') } },
        reopened: { 'earlier-id': { ...anEntry('earlier-id', 'came earlier'), payload: Buffer.from('came earlier') } },
      },
    ],
  ])('is a delivery in quarantine, late or rolled back, %s', async ([_, kept], { aTask, api, tokens }) => {
    const taskId = await aTask(SECRET, undefined, kept);
    const ofId = async (of: string) => (await api.reveal(tokens.acting, taskId, { ...result, of })).json;
    expect(await ofId('late-id')).toMatchObject({ preview: { text: 'came late' } });
    expect(await ofId('earlier-id')).toMatchObject({ preview: { text: 'came earlier' } });
  });
});

describe('a payload in the bucket', () => {
  test('is read up to its preview only', async ({ aLargeTask, api, s3Proxy, tokens }) => {
    const text = 'a'.repeat(100_000);
    const { json } = await api.reveal(tokens.acting, await aLargeTask(text, 'text/plain'), result);
    const { preview, size, url } = json as { preview: unknown; size: number; url: string };
    expect(size).toBe(100_000);
    expect(preview).toEqual({ kind: 'text', text: 'a'.repeat(4_096), truncated: true });
    expect(s3Proxy.requests).toMatchObject([{ operation: 'GetObject', input: { Range: 'bytes=0-4095' } }]);
    const download = await fetch(url);
    expect((await download.text()).length).toBe(100_000);
    expect(download.headers.get('content-type')).toBe('text/plain');
  });

  test('is shown in hex if it is not a text', async ({ aLargeTask, api, s3Proxy, tokens }) => {
    const { json } = await api.reveal(tokens.acting, await aLargeTask(Buffer.alloc(5_000, 0xfe), 'image/png'), result);
    expect(json).toMatchObject({ preview: { kind: 'hex', text: 'fe'.repeat(256), truncated: true } });
    expect(s3Proxy.requests).toMatchObject([{ operation: 'GetObject', input: { Range: 'bytes=0-255' } }]);
  });

  test('of 0 bytes is shown empty', async ({ aLargeTask, api, tokens }) => {
    const { json } = await api.reveal(tokens.acting, await aLargeTask('', 'image/png'), result);
    expect(json).toMatchObject({ size: 0, preview: { kind: 'hex', text: '', truncated: false } });
  });
});

describe('the audit of a reveal', () => {
  test('names operator, task and reason, and is one item', async ({ aTask, api, auditOf, tokens }) => {
    const taskId = await aTask(SECRET, undefined, { application: 'invoices' });
    await api.reveal(tokens.acting, taskId, result);
    expect(await auditOf(taskId)).toEqual([
      expect.objectContaining({
        operator: { sub: 'ada', issuer: expect.any(String) },
        action: 'reveal',
        target: taskId,
        taskId,
        application: 'invoices',
        reason: A_REASON,
        from: '198.51.100.7',
        outcome: 'done',
      }),
    ]);
    const line = { status: 200, taskId, of: 'result', operator: 'ada', OperatorActions: 1, Action: 'reveal' };
    expect(api.lines[0]).toMatchObject(line);
  });

  test('is written after a read without bytes, and before the bytes are read', async ({
    aTask,
    api,
    proxy,
    tokens,
  }) => {
    const taskId = await aTask();
    await api.reveal(tokens.acting, taskId, result);
    const steps = proxy.requests.map(({ input, operation }) => [
      operation,
      Object.values((input.ExpressionAttributeNames ?? {}) as object).includes('payload'),
    ]);
    expect(steps).toEqual([
      ['GetItem', false],
      ['PutItem', false],
      ['GetItem', true],
    ]);
  });

  test('that cannot be written prevents the reveal', async ({ aLargeTask, aTask, api, proxy, s3Proxy, tokens }) => {
    const [small, large] = [await aTask(), await aLargeTask(SECRET)];
    for (const taskId of [small, large]) {
      proxy.clear();
      proxy.inject(({ operation }) => (operation === 'PutItem' ? { kind: 'error', status: 500 } : undefined));
      expect(await api.reveal(tokens.acting, taskId, result)).toBeRefusedWith('unavailable');
      expect(proxy.requests.at(-1)?.operation).toBe('PutItem');
      expect(s3Proxy.requests).toEqual([]);
    }
  });

  test('never has a byte of the payload, nor have log and errors', async ({
    aLargeTask,
    api,
    auditOf,
    s3Proxy,
    tokens,
  }) => {
    const taskId = await aLargeTask(SECRET);
    await api.reveal(tokens.acting, taskId, result);
    s3Proxy.inject(() => ({ kind: 'reset' }));
    const failed = await api.reveal(tokens.acting, taskId, result);
    expect(failed).toBeRefusedWith('unavailable');
    const audit = await auditOf(taskId);
    expect(audit.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
    expect(JSON.stringify([audit, api.lines, failed.json])).not.toContain('SECRET');
  });
});

describe('a refusal', () => {
  test('of an unknown task, delivery or kind is audited', async ({ aTask, api, auditOf, tokens }) => {
    const taskId = await aTask();
    const unknown = `task-${randomUUID()}`;
    expect(await api.reveal(tokens.acting, unknown, result)).toBeRefusedWith('task_unknown');
    expect(await api.reveal(tokens.acting, taskId, { ...result, of: 'failure' })).toBeRefusedWith('result_unavailable');
    expect(await api.reveal(tokens.acting, taskId, { ...result, of: 'nothing' })).toBeRefusedWith('quarantine_unknown');
    const outcomesOf = async (target: string) =>
      (await auditOf(target)).map(({ outcome, reason }) => [outcome, reason]);
    expect(await outcomesOf(unknown)).toEqual([['task_unknown', A_REASON]]);
    expect((await outcomesOf(taskId)).sort()).toEqual([
      ['quarantine_unknown', A_REASON],
      ['result_unavailable', A_REASON],
    ]);
  });

  test('of a task after its retention is that of an unknown task', async ({ aTask, api, tokens }) => {
    const taskId = await aTask(SECRET, undefined, { purgeAt: NOW });
    expect(await api.reveal(tokens.acting, taskId, result)).toBeRefusedWith('task_unknown');
  });

  test('of a quarantined payload that the bucket has deleted is that of an unknown one', async ({
    aTask,
    api,
    tokens,
  }) => {
    const gone = { ...aPayload('a'), receivedAt: '2020-01-01T00:00:00.000Z', payloadKey: 'quarantine/a/b/c' };
    const quarantine = { q: { id: 'q', capability: 'result' as const, jti: 'j', ...gone } };
    const taskId = await aTask(SECRET, undefined, { quarantine });
    expect(await api.reveal(tokens.acting, taskId, { ...result, of: 'q' })).toBeRefusedWith('quarantine_unknown');
  });

  test('comes from the settings and from policies, and no byte is read', async ({
    aTask,
    apiOf,
    auditOf,
    proxy,
    tokens,
  }) => {
    const taskId = await aTask();
    const disabled = apiOf({ disabledActions: ['reveal'] });
    expect(await disabled.reveal(tokens.acting, taskId, result)).toBeRefusedWith('action_disabled');
    const policy = createPolicy({ never: 'forbid (principal, action, resource);' });
    const forbidden = apiOf({ policy: () => policy });
    expect(await forbidden.reveal(tokens.acting, taskId, result)).toBeRefusedWith('action_disabled');
    expect((await auditOf(taskId)).map(({ outcome }) => outcome)).toEqual(['action_disabled', 'action_disabled']);
    expect(JSON.stringify(proxy.requests.map(({ input }) => input.ExpressionAttributeNames))).not.toContain(
      '"payload"',
    );
  });

  test.for([
    ['withoutPayload', true],
    ['payloadOnly', true],
    ['nobody', false],
  ] as const)(
    'of an operator without the roles (%s) is audited: %s',
    async ([token, isAudited], { aTask, api, auditOf, tokens }) => {
      const taskId = await aTask();
      expect(await api.reveal(tokens[token], taskId, result)).toBeRefusedWith('operator_role_missing');
      expect((await auditOf(taskId)).map(({ outcome, reason }) => [outcome, reason])).toEqual(
        isAudited ? [['operator_role_missing', '']] : [],
      );
    },
  );

  test('of a token with the scope for reading is not audited', async ({ aTask, api, auditOf, tokens }) => {
    const taskId = await aTask();
    expect((await api.reveal(tokens.readScope, taskId, result)).json).toMatchObject({
      code: 'access_token_insufficient',
    });
    expect(await auditOf(taskId)).toEqual([]);
  });

  test.for([
    [{ reason: A_REASON }, ['/of']],
    [{ of: 'result' }, ['/reason']],
    [{ of: 'result', reason: '' }, ['/reason']],
    [{ of: '', reason: A_REASON }, ['/of']],
    [{ of: 'a/b', reason: A_REASON }, ['/of']],
    [{ of: 1, reason: A_REASON, revision: 1 }, ['/revision', '/of']],
  ] as const)(
    'of the body %j names what is wrong, and is not audited',
    async ([body, pointers], { aTask, api, auditOf, tokens }) => {
      const taskId = await aTask();
      const answer = await api.reveal(tokens.acting, taskId, body);
      expect(answer).toBeRefusedWith('request_invalid');
      expect((answer.json as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer)).toEqual(pointers);
      expect(await auditOf(taskId)).toEqual([]);
    },
  );
});

test('a copy has the headers of stored payloads', async ({ aTask, api, s3, tokens }) => {
  const { json } = await api.reveal(tokens.acting, await aTask(), result);
  const Key = new URL((json as { url: string }).url).pathname.slice(`/${s3.bucket}/`.length);
  const copy = await s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key }));
  expect([copy.ContentType, copy.CacheControl]).toEqual(['application/json', 'no-store']);
});
