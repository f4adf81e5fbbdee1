import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import { shortCodeLookupKey } from '../../../../lambda/shared/tables/hashed-keys.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { readTask } from '../../../support/receiver.ts';
import type { SenderFunction } from '../../../support/sender-api.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

const postTo =
  (open: SenderFunction) =>
  (overrides: Record<string, unknown> = {}) =>
    open.send({
      path: '/v1/tasks',
      body: JSON.stringify(aTaskBody({ processor: 'short-ocr', ...overrides })),
      headers: { 'content-type': 'application/json' },
    });
const codeOf = (url: string | undefined) => url?.split('/').at(-1) ?? '';

const test = base
  .extend('post', ({ open }) => postTo(open))
  .extend(
    'postOpened',
    ({ post }) =>
      async (overrides: Record<string, unknown> = {}) =>
        (await post(overrides)).json as Opened,
  )
  .extend('readLookup', ({ sender }) => async (lookupKey: string) => {
    const { lookupsTable: TableName } = sender.store;
    const { Item } = await sender.store.client.send(
      new GetItemCommand({ TableName, Key: { lookupKey: { S: lookupKey } } }),
    );
    return Item && unmarshall(Item);
  });

describe('a short callback URL', () => {
  test('is the origin, /c/ and 22 characters without a token, with the grade of a bearer secret', async ({
    postOpened,
  }) => {
    const { callbacks } = await postOpened({ callbacks: ['result', 'failure', 'progress', 'upload'] });
    expect(Object.keys(callbacks)).toEqual(['result', 'failure', 'progress', 'upload']);
    for (const callback of Object.values(callbacks)) {
      expect(callback.url).toMatch(new RegExp(`^${ORIGIN}/c/[A-Za-z0-9_-]{22}$`));
      expect(callback).not.toHaveProperty('token');
      expect(callback.grade).toBe('C');
    }
    expect(new Set(Object.values(callbacks).map(({ url }) => url)).size).toBe(4);
    expect(Object.values(callbacks).map(({ maxUses }) => maxUses)).toEqual([1, 1, 5, 3]);
  });

  test('is stored as SHA-256 with the claims it stands for, and nowhere in clear', async ({
    open,
    postOpened,
    readLookup,
    sender,
  }) => {
    const { callbacks, taskId } = await postOpened({ callbacks: ['result'] });
    const code = codeOf(callbacks.result?.url);
    const { callbacks: stored } = (await readTask(sender.store, taskId)) ?? {};
    const record = await readLookup(shortCodeLookupKey(code));
    expect({ ...record, claims: JSON.parse(record?.claims) }).toEqual({
      lookupKey: shortCodeLookupKey(code),
      taskId,
      expiresAt: NOW + 3_600 + 86_400,
      claims: {
        iss: ORIGIN,
        aud: `${ORIGIN}/v1/results`,
        sub: 'short-ocr',
        path: `/v1/results/${taskId}`,
        res_id: taskId,
        scope: 'result_write',
        roles: ['processor'],
        jti: stored?.result?.jti,
        iat: NOW,
        nbf: NOW,
        exp: NOW + 3_600,
        max_uses: 1,
      },
    });
    const everything = await Promise.all(
      [sender.store.tasksTable, sender.store.lookupsTable].map((TableName) =>
        sender.store.client.send(new ScanCommand({ TableName })),
      ),
    );
    expect(JSON.stringify(everything)).not.toContain(code);
    expect(JSON.stringify(open.lines)).not.toContain(code);
  });

  test('delivers, once', async ({ postOpened, sender }) => {
    const { callbacks, taskId } = await postOpened();
    const receiver = await sender.receiver();
    const deliver = (body: string) =>
      receiver.deliver({
        path: `/c/${codeOf(callbacks.result?.url)}`,
        headers: { 'content-type': 'application/json' },
        body,
      });
    expect((await deliver('{"a":1}')).json).toMatchObject({ taskId, status: 'succeeded' });
    expect(await deliver('{"a":2}')).toBeRefusedWith('token_replayed');
  });

  test('is only for processors that have the carrier', async ({ post }) => {
    expect(await post({ processor: 'acme-ocr', carrier: 'short' })).toBeRefusedWith('request_invalid');
    expect((await post({ processor: 'short-ocr', carrier: 'header' })).status).toBe(201);
  });

  test('needs the MAC of KMS and no signature; a token needs no MAC', async ({ post, sender }) => {
    await post();
    expect(sender.keyService.count('GenerateMac')).toBe(2);
    expect(sender.keyService.count('Sign')).toBe(0);
    sender.clear();
    await post({ processor: 'acme-ocr' });
    expect(sender.keyService.count('GenerateMac')).toBe(0);
  });
});

describe('C7 a dependency that fails', () => {
  test.for(['reset', 'silence', 'throttled'] as const)(
    'leads to 503 and stores nothing if KMS fails (%s)',
    async (kind, { sender }) => {
      sender.keyService.inject(({ operation }) => (operation === 'GenerateMac' ? { kind } : undefined));
      const post = postTo(kind === 'silence' ? sender.opener(sender.timeLimited()) : sender.opener());
      expect(await post()).toBeRefusedWith('unavailable');
      expect(sender.dynamodb.count()).toBe(0);
      sender.clear();
      expect((await postTo(sender.opener())()).status).toBe(201);
    },
  );

  test('leads to 503 and stores neither task nor code if it is DynamoDB', async ({ post, readLookup, sender }) => {
    sender.dynamodb.inject(() => ({ kind: 'error', status: 500 }));
    expect(await post()).toBeRefusedWith('unavailable');
    const [write] = sender.dynamodb.requests;
    const items = (write?.input.TransactItems ?? []) as { Put: { Item: Record<string, { S?: string }> } }[];
    sender.clear();
    expect(await readTask(sender.store, items[0]?.Put.Item.taskId?.S ?? '')).toBeUndefined();
    expect(await readLookup(items[1]?.Put.Item.lookupKey?.S ?? '')).toBeUndefined();
  });
});
