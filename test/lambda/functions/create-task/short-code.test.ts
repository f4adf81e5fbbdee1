import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { shortCodeLookupKey } from '../../../../lambda/shared/tables/hashed-keys.ts';
import '../../../support/matchers.ts';
import { readTask } from '../../../support/receiver.ts';
import type { SenderFunction } from '../../../support/sender-api.ts';
import { aTaskBody, type Opened, openSenderWorld, type SenderWorld } from '../../../support/sender-world.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

let world: SenderWorld;
let open: SenderFunction;

beforeAll(async () => {
  world = await openSenderWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  world.clear();
  open = world.opener();
});

const post = (overrides: Record<string, unknown> = {}) =>
  open.send({
    path: '/v1/tasks',
    body: JSON.stringify(aTaskBody({ processor: 'short-ocr', ...overrides })),
    headers: { 'content-type': 'application/json' },
  });
const postOpened = async (overrides: Record<string, unknown> = {}) => (await post(overrides)).json as Opened;
const codeOf = (url: string | undefined) => url?.split('/').at(-1) ?? '';

const readLookup = async (lookupKey: string) => {
  const { lookupsTable: TableName } = world.store;
  const { Item } = await world.store.client.send(
    new GetItemCommand({ TableName, Key: { lookupKey: { S: lookupKey } } }),
  );
  return Item && unmarshall(Item);
};

describe('a short callback URL', () => {
  test('is the origin, /c/ and 22 characters without a token, with the grade of a bearer secret', async () => {
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

  test('is stored as SHA-256 with the claims it stands for, and nowhere in clear', async () => {
    const { callbacks, taskId } = await postOpened({ callbacks: ['result'] });
    const code = codeOf(callbacks.result?.url);
    const { callbacks: stored } = (await readTask(world.store, taskId)) ?? {};
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
      [world.store.tasksTable, world.store.lookupsTable].map((TableName) =>
        world.store.client.send(new ScanCommand({ TableName })),
      ),
    );
    expect(JSON.stringify(everything)).not.toContain(code);
    expect(JSON.stringify(open.lines)).not.toContain(code);
  });

  test('delivers, once', async () => {
    const { callbacks, taskId } = await postOpened();
    const receiver = await world.receiver();
    const deliver = (body: string) =>
      receiver.deliver({
        path: `/c/${codeOf(callbacks.result?.url)}`,
        headers: { 'content-type': 'application/json' },
        body,
      });
    expect((await deliver('{"a":1}')).json).toMatchObject({ taskId, status: 'succeeded' });
    expect(await deliver('{"a":2}')).toBeRefusedWith('token_replayed');
  });

  test('is only for processors that have the carrier', async () => {
    expect(await post({ processor: 'acme-ocr', carrier: 'short' })).toBeRefusedWith('request_invalid');
    expect((await post({ processor: 'short-ocr', carrier: 'header' })).status).toBe(201);
  });

  test('needs the MAC of KMS and no signature; a token needs no MAC', async () => {
    await post();
    expect(world.keyService.count('GenerateMac')).toBe(2);
    expect(world.keyService.count('Sign')).toBe(0);
    world.clear();
    await post({ processor: 'acme-ocr' });
    expect(world.keyService.count('GenerateMac')).toBe(0);
  });
});

describe('C7 a dependency that fails', () => {
  test.each(['reset', 'silence', 'throttled'] as const)('KMS (%s): 503, and nothing is stored', async (kind) => {
    world.keyService.inject(({ operation }) => (operation === 'GenerateMac' ? { kind } : undefined));
    if (kind === 'silence') open = world.opener(world.timeLimited());
    expect(await post()).toBeRefusedWith('unavailable');
    expect(world.dynamodb.count()).toBe(0);
    world.clear();
    open = world.opener();
    expect((await post()).status).toBe(201);
  });

  test('DynamoDB: 503, and neither task nor code is stored', async () => {
    world.dynamodb.inject(() => ({ kind: 'error', status: 500 }));
    expect(await post()).toBeRefusedWith('unavailable');
    const [write] = world.dynamodb.requests;
    const items = (write?.input.TransactItems ?? []) as { Put: { Item: Record<string, { S?: string }> } }[];
    world.clear();
    expect(await readTask(world.store, items[0]?.Put.Item.taskId?.S ?? '')).toBeUndefined();
    expect(await readLookup(items[1]?.Put.Item.lookupKey?.S ?? '')).toBeUndefined();
  });
});
