import { decodeJwt } from 'jose';
import { describe, expect } from 'vitest';
import { idempotencyKey } from '../../../../lambda/shared/tables/hashed-keys.ts';
import type { Delivered } from '../../../support/delivered.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { readTask } from '../../../support/receiver.ts';
import { aProcessor, registryOf } from '../../../support/registry.ts';
import type { SenderFunction } from '../../../support/sender-api.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

let count = 0;

const aKey = () => {
  count += 1;
  return `key ${count}`;
};

const postTo =
  (open: SenderFunction) =>
  (key: string | readonly string[], body: unknown = aTaskBody(), authorization?: string): Promise<Delivered> =>
    open.send({
      path: '/v1/tasks',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: {
        'content-type': 'application/json',
        'Idempotency-Key': key,
        ...(authorization !== undefined && { authorization }),
      },
    });

const opened = ({ json, status }: Delivered): Opened => {
  expect(status).toBe(201);
  return json as Opened;
};

const claimsOf = ({ callbacks }: Opened) =>
  Object.values(callbacks).map(({ token, url }) => decodeJwt(token ?? url.split('/').at(-1) ?? ''));

const test = base
  .extend('post', ({ open }) => postTo(open))
  .extend('close', ({ sender }) => async (taskId: string) => {
    const answer = await sender.tasks().send({ method: 'DELETE', path: `/v1/tasks/${taskId}` });
    expect(answer.status).toBe(200);
  });

describe('the same Idempotency-Key with the same JSON value', () => {
  test('opens one task, and signs the same tokens anew, issued now', async ({ open, post, sender }) => {
    const key = aKey();
    const first = opened(await post(key));
    open.at((NOW + 60) * 1000);
    const answer = await post(key);
    const again = opened(answer);
    expect({ ...again, callbacks: undefined }).toEqual({ ...first, callbacks: undefined });
    expect(claimsOf(again)).toEqual(claimsOf(first).map((claims) => ({ ...claims, iat: NOW + 60, nbf: NOW + 60 })));
    expect(Object.keys(again.callbacks)).toEqual(['result', 'failure']);
    expect(answer.headers).toMatchObject({
      'Idempotency-Replayed': 'true',
      Location: `${ORIGIN}/v1/tasks/${first.taskId}`,
    });
    expect(await readTask(sender.store, first.taskId)).toMatchObject({ sequence: 1, change: 'opened' });
  });

  test('means the same value, whatever the order of members, blanks and escapes', async ({ post }) => {
    const key = aKey();
    const first = opened(await post(key, aTaskBody({ metadata: { a: [1, { b: 2, c: 'ä' }], d: null } })));
    const rewritten =
      '{ "metadata":{"d":null,"a":[1.0,{"c":"\\u00e4","b":2}]}, "expiresIn":36e2,"resource":"invoice-77",\n"processor":"acme-ocr"}';
    expect(opened(await post(key, rewritten)).taskId).toBe(first.taskId);
  });

  test.for<[string, Record<string, unknown>]>([
    ['another value', { resource: 'invoice-78' }],
    ['one member more', { owner: 'user-12' }],
    ['a default written out', { callbacks: ['result', 'failure'] }],
  ])('gets 422 with %s', async ([_, overrides], { post }) => {
    const key = aKey();
    opened(await post(key));
    expect(await post(key, aTaskBody(overrides))).toBeRefusedWith('idempotency_conflict');
  });

  test('gets 422 if the elements of an array have another order', async ({ post }) => {
    const key = aKey();
    opened(await post(key, aTaskBody({ callbacks: ['result', 'failure'] })));
    expect(await post(key, aTaskBody({ callbacks: ['failure', 'result'] }))).toBeRefusedWith('idempotency_conflict');
  });

  test('gives the same short URLs again, which are stored nowhere', async ({ post }) => {
    const key = aKey();
    const body = aTaskBody({ processor: 'short-ocr' });
    const first = opened(await post(key, body));
    expect(opened(await post(key, body)).callbacks).toEqual(first.callbacks);
  });

  test('is refused, without 503, after the processor has lost the carrier of the task', async ({ post, sender }) => {
    const key = aKey();
    opened(await post(key, aTaskBody({ processor: 'acme-ocr', carrier: 'path' })));
    const changed = sender.opener({ registry: registryOf(aProcessor({ id: 'acme-ocr', carriers: ['header'] })) });
    expect(await postTo(changed)(key, aTaskBody({ processor: 'acme-ocr', carrier: 'path' }))).toBeRefusedWith(
      'request_invalid',
    );
  });

  test('gives the callbacks that were issued since', async ({ open, post }) => {
    const key = aKey();
    const first = opened(await post(key));
    open.at((NOW + 60) * 1000);
    const headers = { 'content-type': 'application/json' };
    const body = '{"callbacks":["result"],"carrier":"header","expiresIn":600}';
    const reissued = opened(await open.send({ path: `/v1/tasks/${first.taskId}/callbacks`, headers, body }));
    open.at((NOW + 90) * 1000);
    const again = opened(await post(key));
    expect(again.expiresAt).toBe(reissued.expiresAt);
    expect(claimsOf(again)).toEqual(claimsOf(reissued).map((claims) => ({ ...claims, iat: NOW + 90, nbf: NOW + 90 })));
    expect(again.callbacks.result?.token).toBeDefined();
  });

  test('gives tokens of no lifetime within the tolerance after `exp`', async ({ open, post }) => {
    const key = aKey();
    const first = opened(await post(key));
    open.at((NOW + 3_604) * 1000);
    const again = opened(await post(key));
    const expected = claimsOf(first).map((claims) => ({ ...claims, iat: NOW + 3_600, nbf: NOW + 3_600 }));
    expect(claimsOf(again)).toEqual(expected);
  });

  test('gives no callbacks after the task is closed, and says how it was closed', async ({ close, sender }) => {
    const post = postTo(sender.opener(sender.signBy('kms')));
    const key = aKey();
    const { taskId } = opened(await post(key));
    await close(taskId);
    expect(opened(await post(key))).toMatchObject({ taskId, status: 'cancelled', callbacks: {} });
    expect(sender.keyService.count('Sign')).toBe(2);
  });

  test('gives no callbacks after the deadline of the task', async ({ open, post }) => {
    const key = aKey();
    const { taskId } = opened(await post(key));
    open.at((NOW + 3_605) * 1000);
    expect(opened(await post(key))).toMatchObject({ taskId, status: 'expired', callbacks: {} });
  });

  test('is the same request of another client of the application', async ({ post, sender }) => {
    const key = aKey();
    const first = opened(await post(key));
    const other = `Bearer ${await sender.idp.accessToken({ client_id: 'other-sender' })}`;
    expect(opened(await post(key, aTaskBody(), other)).taskId).toBe(first.taskId);
    const conflict = await post(key, aTaskBody({ resource: 'invoice-78' }), other);
    expect(conflict).toBeRefusedWith('idempotency_conflict');
  });

  test('opens another task after 24 h, though the record has not been deleted', async ({ post, sender }) => {
    const key = aKey();
    const body = aTaskBody({ expiresIn: 604_800 });
    const { taskId } = opened(await post(key, body));
    const postAt = (seconds: number) => {
      const open = sender.opener({ verifier: { verify: async () => ({ clientId: 'local-sender' }) } });
      open.at((NOW + seconds) * 1000);
      return postTo(open);
    };
    expect(opened(await postAt(86_399)(key, body)).taskId).toBe(taskId);
    const postLater = postAt(86_400);
    const next = opened(await postLater(key, aTaskBody({ resource: 'invoice-78' })));
    expect(next.taskId).not.toBe(taskId);
    expect(opened(await postLater(key, aTaskBody({ resource: 'invoice-78' }))).taskId).toBe(next.taskId);
  });

  test('opens one task for simultaneous requests', async ({ post }) => {
    for (let round = 0; round < 3; round += 1) {
      const key = aKey();
      const answers = await Promise.all(Array.from({ length: 8 }, () => post(key)));
      const tasks = answers.map(opened);
      expect(new Set(tasks.map(({ taskId }) => taskId)).size).toBe(1);
      expect(new Set(tasks.map((task) => JSON.stringify(claimsOf(task)))).size).toBe(1);
    }
  });

  test('opens one task for two simultaneous bodies; the other gets 422', async ({ post }) => {
    const key = aKey();
    const answers = await Promise.all([post(key), post(key, aTaskBody({ resource: 'invoice-78' }))]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422]);
  });

  test('gets 404 if the task is no longer kept', async ({ sender }) => {
    const key = aKey();
    const open = sender.opener({ retentionSeconds: 600 });
    const post = postTo(open);
    opened(await post(key));
    open.at((NOW + 4_199) * 1000);
    expect(opened(await post(key)).callbacks).toEqual({});
    open.at((NOW + 4_200) * 1000);
    expect(await post(key)).toBeRefusedWith('task_unknown');
  });

  test('keeps neither the key nor the request in clear', async ({ post, sender }) => {
    const { taskId } = opened(await post('secret key', aTaskBody({ resource: 'secret-77' })));
    const write = sender.dynamodb.requests.find(({ operation }) => operation === 'TransactWriteItems');
    const items = (write?.input.TransactItems ?? []) as { Put: { Item: Record<string, { S?: string }> } }[];
    expect(items).toHaveLength(2);
    expect(items[1]?.Put.Item).toEqual({
      lookupKey: { S: idempotencyKey('default', 'secret key') },
      requestSha256: { S: expect.stringMatching(/^[0-9a-f]{64}$/) },
      taskId: { S: taskId },
      recordedAt: { N: `${NOW}` },
      expiresAt: { N: `${NOW + 86_400}` },
    });
  });
});

describe('an Idempotency-Key', () => {
  test.for(['a', ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', 'x'.repeat(128)])('may be %j', async (key, { post }) => {
    opened(await post(key));
  });

  test.for<[string, string | readonly string[]]>([
    ['empty', ''],
    ['blank', '   '],
    ['129 characters', 'x'.repeat(129)],
    ['not ASCII', 'schlüssel'],
    ['a control character', 'a\tb'],
    ['two lines', ['a', 'b']],
    ['two equal lines', ['a', 'a']],
  ])('gets 400 with the name of the header if it is %s', async ([_, key], { post, sender }) => {
    const answer = await post(key);
    expect(answer).toBeRefusedWith('request_invalid');
    expect(answer.json).toMatchObject({ errors: [{ header: 'Idempotency-Key' }] });
    expect(sender.dynamodb.count()).toBe(0);
  });

  test('is free again after a refused request', async ({ post }) => {
    const key = aKey();
    expect(await post(key, aTaskBody({ colour: 'red' }))).toBeRefusedWith('request_invalid');
    expect(await post(key, aTaskBody({ processor: 'nobody' }))).toBeRefusedWith('processor_unknown');
    opened(await post(key));
  });

  test('costs one write and no read if it is absent', async ({ open, sender }) => {
    const headers = { 'content-type': 'application/json' };
    opened(await open.send({ path: '/v1/tasks', body: JSON.stringify(aTaskBody()), headers }));
    expect(sender.dynamodb.requests.map(({ operation }) => operation)).toEqual(['PutItem']);
  });
});

describe('C7 a store that fails', () => {
  test.for(['GetItem', 'TransactWriteItems'])(
    'leads to 503 at %s, and the repeat creates one task',
    async (operation, { post, sender }) => {
      const key = aKey();
      sender.dynamodb.inject((request) => (request.operation === operation ? { kind: 'reset' } : undefined));
      expect(await post(key)).toBeRefusedWith('unavailable');
      sender.clear();
      const first = opened(await post(key));
      expect(opened(await post(key)).taskId).toBe(first.taskId);
    },
  );

  test('leads to 503 after the commit, and the repeat finds the task', async ({ post, sender }) => {
    const key = aKey();
    sender.dynamodb.inject(({ operation }) =>
      operation === 'TransactWriteItems' ? { kind: 'lostAnswer' } : undefined,
    );
    expect(await post(key)).toBeRefusedWith('unavailable');
    const written = sender.dynamodb.requests.find(({ operation }) => operation === 'TransactWriteItems');
    sender.clear();
    const items = (written?.input.TransactItems ?? []) as { Put: { Item: Record<string, { S?: string }> } }[];
    expect(opened(await post(key)).taskId).toBe(items[0]?.Put.Item.taskId?.S);
  });

  test('recognises its own write if it answers at the second attempt', async ({ post, sender }) => {
    sender.dynamodb.injectNext('TransactWriteItems', { kind: 'lostAnswer' });
    const first = opened(await post(aKey()));
    expect(await readTask(sender.store, first.taskId)).toMatchObject({ sequence: 1 });
  });

  test('is called again after a conflict', async ({ post, sender }) => {
    sender.dynamodb.injectNext('TransactWriteItems', { kind: 'conflict' }, { kind: 'conflict' });
    opened(await post(aKey()));
    expect(sender.dynamodb.count('TransactWriteItems')).toBe(3);
  });
});
