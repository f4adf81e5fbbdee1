import { createHash } from 'node:crypto';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { INDEX_SHARDS, INLINE_LIMIT_BYTES, MAX_BODY_BYTES } from '../../../../lambda/contract/limits.ts';
import type { PayloadStore } from '../../../../lambda/functions/receive/store/payload-store.ts';
import { shardOf } from '../../../../lambda/shared/tables/hashed-keys.ts';
import type { EventOverrides } from '../../../support/alb-event.ts';
import { test } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { aReceiver, type OpenTask, putTask, readTask, readUse } from '../../../support/receiver.ts';
import { aToken, claimsOf, NOW, ORIGIN } from '../../../support/tokens.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

const byPath = (task: OpenTask, body: string | Uint8Array = '{"text":"Total 42.00"}', more: EventOverrides = {}) => ({
  path: `${task.path('result')}/${task.tokens.result}`,
  body,
  ...more,
  headers: { ...JSON_TYPE, ...more.headers },
});

const byHeader = (task: OpenTask, body: string | Uint8Array = '{"text":"Total 42.00"}', more: EventOverrides = {}) => ({
  path: task.path('result'),
  body,
  ...more,
  headers: { ...JSON_TYPE, authorization: `Bearer ${task.tokens.result}`, ...more.headers },
});

const sha256 = (body: string | Uint8Array) => createHash('sha256').update(body).digest('hex');
const at = new Date(NOW * 1000).toISOString();

describe('H4 a delivery', () => {
  test('is recorded: the token is used up and the task is closed, together', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    const answer = await receiver.deliver(byPath(task));
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'X-Request-Id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(answer.headers['Idempotency-Replayed']).toBeUndefined();
    expect(answer.json).toEqual({ taskId: task.taskId, status: 'succeeded', receivedAt: at });

    expect(await readTask(store, task.taskId)).toMatchObject({
      status: 'succeeded',
      closedAt: at,
      result: {
        contentType: 'application/json',
        size: 22,
        sha256: sha256('{"text":"Total 42.00"}'),
        receivedAt: at,
      },
      history: [{ status: 'pending' }, { status: 'succeeded', at }],
      sequence: 2,
      revision: 2,
      change: 'succeeded',
    });
    expect(await readUse(store, task.jtis.result)).toEqual({
      jti: `${ORIGIN}#${task.jtis.result}`,
      taskId: task.taskId,
      processor: 'acme-ocr',
      usedAt: at,
      payloadSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      uses: 1,
      expiresAt: NOW + 3_600 + 86_400,
    });
    expect(receiver.counts()).toMatchObject({ CallbackAccepted: 1, 'CallbackAccepted/acme-ocr': 1 });
  });

  test.for([
    ['one byte', new Uint8Array(1), 'application/octet-stream'],
    ['bytes that are no text', Uint8Array.from({ length: 256 }, (_, i) => i), 'application/pdf'],
    ['text with a charset', 'Zürich ✓\r\n\u0000', 'Text/Plain; charset="UTF-8"'],
    ['the longest content type that is kept', '1', `application/json;a=${'x'.repeat(236)}`],
    ['as much as is kept on the task', new Uint8Array(INLINE_LIMIT_BYTES.default).fill(7), 'application/octet-stream'],
  ] as const)(
    'keeps its bytes and its content type: %s',
    async ([_name, body, contentType], { key, receiver, store }) => {
      const task = await putTask(store, key);
      const answer = await receiver.deliver(byPath(task, body, { headers: { 'content-type': contentType } }));
      expect(answer.status).toBe(200);
      const kept = await readTask(store, task.taskId);
      expect(Buffer.from(kept?.payload ?? []).equals(Buffer.from(body))).toBe(true);
      expect(kept?.result).toMatchObject({ contentType, size: Buffer.from(body).length, sha256: sha256(body) });
    },
  );

  test('has the type application/octet-stream if it names none', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    await receiver.deliver(byPath(task, '"x"', { headers: { 'content-type': undefined } }));
    expect((await readTask(store, task.taskId))?.result?.contentType).toBe('application/octet-stream');
  });

  test('closes the task as failed on the failure route', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    const answer = await receiver.deliver({
      path: `${task.path('failure')}/${task.tokens.failure}`,
      headers: { 'content-type': 'text/plain' },
      body: 'page 3 is unreadable',
    });
    expect(answer.json).toMatchObject({ status: 'failed' });
    const closed = await readTask(store, task.taskId);
    expect(closed).toMatchObject({ status: 'failed', failure: { size: 20 }, change: 'failed' });
    expect(closed?.result).toBeUndefined();
  });

  test.for([
    ['Bearer', (token: string) => ({ authorization: `Bearer ${token}` })],
    ['bearer in any case', (token: string) => ({ authorization: `bEARER ${token}` })],
    ['Callback-Token', (token: string) => ({ 'callback-token': token })],
    [
      'Callback-Token beside another scheme',
      (token: string) => ({ 'callback-token': token, authorization: 'Basic dXNlcjpwYXNz' }),
    ],
  ] as const)('is accepted by header: %s', async ([_name, headers], { key, receiver, store }) => {
    const task = await putTask(store, key, { processor: 'header-ocr' });
    const answer = await receiver.deliver({ path: task.path('result'), headers: headers(task.tokens.result) });
    expect(answer.status).toBe(200);
  });

  test('P1 is accepted by header for a processor of the carrier path too', async ({ key, receiver, store }) => {
    expect((await receiver.deliver(byHeader(await putTask(store, key)))).status).toBe(200);
  });
});

describe('a recorded result', () => {
  test('removes its task from the index of counted tasks, and not from that of deadlines', async ({
    key,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key, { dueShard: 3 });
    await receiver.deliver(byPath(task));
    const item = await readTask(store, task.taskId);
    expect(item?.status).toBe('succeeded');
    expect(item).not.toHaveProperty('dueShard');
    expect(item).toHaveProperty('due');
  });

  test('removes its task from both while a table gets its indexes', async ({ key, store }) => {
    const task = await putTask(store, key, { dueShard: 3 });
    await aReceiver({ store, keys: [key], layout: 'former' }).deliver(byPath(task));
    const item = await readTask(store, task.taskId);
    expect(item?.status).toBe('succeeded');
    expect(item).not.toHaveProperty('dueShard');
    expect(item).not.toHaveProperty('due');
  });
});

describe('O1 the log line of a callback', () => {
  test('names task, processor and outcome of every callback', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    const line = () => receiver.lines.at(-1);
    const whose = { taskId: task.taskId, processor: 'acme-ocr' };
    await receiver.deliver(byPath(task));
    expect(line()).toMatchObject({ ...whose, outcome: 'recorded' });
    await receiver.deliver(byPath(task));
    expect(line()).toMatchObject({ ...whose, outcome: 'acknowledged' });
    await receiver.deliver(byPath(task, '"another"'));
    expect(line()).toMatchObject({ ...whose, code: 'token_replayed', reason: 'the result token was used before' });
    const late = await putTask(store, key, { status: 'expired' });
    await receiver.deliver(byPath(late));
    expect(line()).toMatchObject({ taskId: late.taskId, code: 'token_expired', quarantined: true });
  });
});

describe('the same delivery again', () => {
  test('is acknowledged with the first answer, and changes nothing', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    const first = await receiver.deliver(byPath(task));
    const before = await readTask(store, task.taskId);
    receiver.at(NOW + 60);
    const again = await receiver.deliver(byHeader(task));
    expect(again.status).toBe(200);
    expect(again.json).toEqual(first.json);
    expect(again.headers['Idempotency-Replayed']).toBe('true');
    expect(await readTask(store, task.taskId)).toEqual(before);
    expect(receiver.counts()).toMatchObject({ 'CallbackAccepted/acme-ocr': 1, 'CallbackAcknowledged/acme-ocr': 1 });
    expect(receiver.counts().ReplayDetected).toBeUndefined();
  });

  test('is recognised by path, media type and payload', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    await receiver.deliver(byPath(task, '"x"', { headers: { 'content-type': 'text/plain;charset=utf-8' } }));
    const spelled = byPath(task, '"x"', { headers: { 'content-type': 'TEXT/plain; Charset=UTF-8' } });
    expect((await receiver.deliver(spelled)).status).toBe(200);
    const other = byPath(task, '"x"', { headers: { 'content-type': 'text/plain' } });
    expect(await receiver.deliver(other)).toBeRefusedWith('token_replayed');
  });

  test('is still acknowledged after exp', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    const first = await receiver.deliver(byPath(task));
    receiver.at(NOW + 3_600 + 3_600);
    const again = await receiver.deliver(byPath(task));
    expect(again.json).toEqual(first.json);
    expect(again.headers['Idempotency-Replayed']).toBe('true');
  });

  test('is a replay in mode reject', async ({ key, receiver, store }) => {
    const task = await putTask(store, key, { processor: 'strict-ocr' });
    expect((await receiver.deliver(byHeader(task))).status).toBe(200);
    expect(await receiver.deliver(byHeader(task))).toBeRefusedWith('token_replayed');
    receiver.at(NOW + 3_600 + 60);
    expect(await receiver.deliver(byHeader(task))).toBeRefusedWith('token_expired');
  });

  test('sameBy compares the members that it points at, and ignores the rest', async ({ key, receiver, store }) => {
    const task = await putTask(store, key, { processor: 'stamped-ocr' });
    const body = (invoice: number, sentAt: string) => JSON.stringify({ sentAt, invoice, total: { b: 1, a: [2] } });
    await receiver.deliver(byHeader(task, body(7, '10:00')));
    const again = await receiver.deliver(byHeader(task, '{"total":{"a":[2],"b":1},"invoice":7,"sentAt":"10:05"}'));
    expect(again.headers['Idempotency-Replayed']).toBe('true');
    expect(await receiver.deliver(byHeader(task, body(8, '10:00')))).toBeRefusedWith('token_replayed');
  });

  test('sameBy compares the whole payload if the payload has none of its members', async ({ key, receiver, store }) => {
    const task = await putTask(store, key, { processor: 'stamped-ocr' });
    await receiver.deliver(byHeader(task, '{"other":1}'));
    expect(await receiver.deliver(byHeader(task, '{"other":2}'))).toBeRefusedWith('token_replayed');
  });

  test('sameBy compares the whole payload if the payload is not UTF-8', async ({ key, receiver, store }) => {
    const task = await putTask(store, key, { processor: 'stamped-ocr' });
    const notUtf8 = (byte: number) => Buffer.from([...Buffer.from('{"invoice":"'), byte, ...Buffer.from('"}')]);
    const asText = (body: Uint8Array) => byHeader(task, body, { headers: { 'content-type': 'text/plain' } });
    await receiver.deliver(asText(notUtf8(0xfe)));
    expect(await receiver.deliver(asText(notUtf8(0xff)))).toBeRefusedWith('token_replayed');
  });

  test('sameBy compares a header', async ({ key, receiver, store }) => {
    const task = await putTask(store, key, { processor: 'keyed-ocr' });
    const keyed = (body: string, value: string) => byHeader(task, body, { headers: { 'idempotency-key': value } });
    await receiver.deliver(keyed('1', 'delivery-1'));
    expect((await receiver.deliver(keyed('2', 'delivery-1'))).status).toBe(200);
    expect(await receiver.deliver(keyed('1', 'delivery-2'))).toBeRefusedWith('token_replayed');
  });
});

describe('a replay: the same token with another payload', () => {
  test('C6 is refused, counted, and leaves evidence in record and task; the result stays', async ({
    key,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key);
    await receiver.deliver(byPath(task));
    receiver.at(NOW + 30);
    const evil = byPath(task, '{"text":"Total 0.00"}', { headers: { 'x-forwarded-for': '10.0.0.1, 198.51.100.9' } });
    expect(await receiver.deliver(evil)).toBeRefusedWith('token_replayed');

    const evidenceAt = new Date((NOW + 30) * 1000).toISOString();
    const record = await readUse(store, task.jtis.result);
    expect(record).toMatchObject({
      uses: 1,
      usedAt: at,
      replays: 1,
      lastReplayAt: evidenceAt,
      lastReplayFrom: '198.51.100.9',
      lastReplaySha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(record?.lastReplaySha256).not.toBe(record?.payloadSha256);
    expect(await readTask(store, task.taskId)).toMatchObject({
      status: 'succeeded',
      result: { sha256: sha256('{"text":"Total 42.00"}') },
      replays: 1,
      lastReplay: {
        at: evidenceAt,
        from: '198.51.100.9',
        sha256: record?.lastReplaySha256,
        first: { at, sha256: record?.payloadSha256 },
      },
      replayShard: shardOf(task.taskId, INDEX_SHARDS.default),
      replayedKey: `${evidenceAt}#${task.taskId}`,
      sequence: 3,
      // A noisy processor must not keep an operator from acting.
      revision: 2,
      change: 'replayed',
      changedAt: evidenceAt,
    });
    expect(receiver.counts()).toMatchObject({ ReplayDetected: 1, 'ReplayDetected/acme-ocr': 1 });
    expect(receiver.counts().TokenRefused).toBeUndefined();
  });

  test('is recognised with any carrier and any second signature of the same claims', async ({
    key,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key);
    await receiver.deliver(byPath(task));
    const again = await aToken(key, claimsOf({ jti: task.jtis.result }, 'result', task.taskId));
    expect(again).not.toBe(task.tokens.result);
    const delivery = byPath(task, '"other"', { path: `${task.path('result')}/${again}` });
    expect(await receiver.deliver(delivery)).toBeRefusedWith('token_replayed');
  });

  test('is refused as expired after exp, not as a replay', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    await receiver.deliver(byPath(task));
    receiver.at(NOW + 3_600 + 60);
    expect(await receiver.deliver(byPath(task, '"other"'))).toBeRefusedWith('token_expired');
    expect(receiver.counts()).toMatchObject({ 'TokenRefused/token_expired': 1 });
    expect(receiver.counts().CallbackLate).toBeUndefined();
  });

  test('leaves evidence even if the task is deleted, and does not create the task again', async ({
    key,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key);
    await receiver.deliver(byPath(task));
    await store.client.send(
      new DeleteItemCommand({ TableName: store.tasksTable, Key: { taskId: { S: task.taskId } } }),
    );
    expect(await receiver.deliver(byPath(task, '"other"'))).toBeRefusedWith('token_replayed');
    expect(await readUse(store, task.jtis.result)).toMatchObject({ replays: 1 });
    expect(await readTask(store, task.taskId)).toBeUndefined();
  });
});

describe('step 10 of a delivery leaves the token unused and', () => {
  test('refuses the delivery if the task is deleted', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    await store.client.send(
      new DeleteItemCommand({ TableName: store.tasksTable, Key: { taskId: { S: task.taskId } } }),
    );
    expect(await receiver.deliver(byPath(task))).toBeRefusedWith('task_gone');
    expect(receiver.counts()).toMatchObject({ 'CallbackRefused/task_gone': 1 });
    expect(await readUse(store, task.jtis.result)).toBeUndefined();
  });

  test('refuses the delivery if the task belongs to another processor', async ({ key, receiver, store }) => {
    const task = await putTask(store, key, { processor: 'header-ocr' });
    const token = await aToken(key, claimsOf({ jti: task.jtis.result }, 'result', task.taskId));
    expect(await receiver.deliver(byPath(task, '"x"', { path: `${task.path('result')}/${token}` }))).toBeRefusedWith(
      'token_subject_invalid',
    );
  });

  test('C6 refuses the delivery if the token was never issued, or belongs to an earlier issue', async ({
    key,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key);
    const token = await aToken(key, claimsOf({}, 'result', task.taskId));
    const delivery = byPath(task, '"x"', { path: `${task.path('result')}/${token}` });
    expect(await receiver.deliver(delivery)).toBeRefusedWith('token_revoked');
    expect(receiver.counts()).toMatchObject({ 'TokenRefused/token_revoked': 1 });
    expect(receiver.counts().CallbackLate).toBeUndefined();
    const over = await putTask(store, key, { status: 'succeeded' });
    const stale = await aToken(key, claimsOf({}, 'result', over.taskId));
    await receiver.deliver(byPath(over, '"x"', { path: `${over.path('result')}/${stale}` }));
    expect(receiver.counts()).toMatchObject({ 'TokenRefused/token_revoked': 2 });
  });

  test('refuses the delivery as late if the task is cancelled, and the token as revoked', async ({
    key,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key, { status: 'cancelled' });
    expect(await receiver.deliver(byPath(task))).toBeRefusedWith('token_revoked');
    expect(receiver.counts()).toMatchObject({ CallbackLate: 1 });
    expect(receiver.counts().TokenRefused).toBeUndefined();
  });

  test('refuses the delivery as late with 409 if the other callback closed the task', async ({
    key,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key);
    const failure = { path: `${task.path('failure')}/${task.tokens.failure}`, body: 'x' };
    expect((await receiver.deliver(failure)).status).toBe(200);
    expect(await receiver.deliver(byPath(task))).toBeRefusedWith('task_closed');
    expect(receiver.counts()).toMatchObject({ CallbackLate: 1, 'CallbackRefused/task_closed': 1 });
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'failed', failure: { size: 1 } });
  });

  test('refuses the delivery as expired if the task ends before its token', async ({ key, receiver, store }) => {
    const task = await putTask(store, key, { deadline: NOW });
    expect(await receiver.deliver(byPath(task))).toBeRefusedWith('token_expired');
    const intime = await putTask(store, key, { deadline: NOW + 1 });
    expect((await receiver.deliver(byPath(intime))).status).toBe(200);
  });

  test('refuses the delivery if the task is expired', async ({ key, receiver, store }) => {
    const task = await putTask(store, key, { status: 'expired' });
    expect(await receiver.deliver(byPath(task))).toBeRefusedWith('token_expired');
    expect(await readUse(store, task.jtis.result)).toBeUndefined();
  });
});

describe('an expired token never used', () => {
  test('is refused and late, and does not change its task', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    receiver.at(NOW + 3_600 + 5);
    expect(await receiver.deliver(byPath(task))).toBeRefusedWith('token_expired');
    expect(receiver.counts()).toMatchObject({ CallbackLate: 1 });
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'pending' });
    expect(await readUse(store, task.jtis.result)).toBeUndefined();
  });

  test('is refused as expired even if the payload is wrong too', async ({ key, receiver, store }) => {
    const task = await putTask(store, key, { processor: 'schema-ocr' });
    receiver.at(NOW + 4_000);
    expect(await receiver.deliver(byHeader(task, '{"text":1}'))).toBeRefusedWith('token_expired');
  });
});

describe('the receiver, before it calls the store', () => {
  test('H3 step 1 refuses a body that is too large', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    const large = new Uint8Array(MAX_BODY_BYTES + 1);
    expect(await receiver.deliver(byPath(task, large))).toBeRefusedWith('payload_too_large');
    expect(receiver.counts()).toMatchObject({ 'CallbackRefused/payload_too_large': 1 });
  });

  test.for([
    ['a type that no processor accepts', { 'content-type': 'text/html' }],
    ['a media type that no header can carry', { 'content-type': 'text/plain; a=é' }],
    ['no media type', { 'content-type': 'json' }],
    ['a list', { 'content-type': 'application/json, text/html' }],
    ['one longer than is kept', { 'content-type': `application/json;a=${'x'.repeat(237)}` }],
    ['two lines', { 'content-type': ['application/json', 'application/json'] }],
    ['gzip', { 'content-encoding': 'gzip' }],
    ['two encodings', { 'content-encoding': ['identity', 'br'] }],
  ] as const)('H3 step 1 refuses the content type before the token: %s', async ([_name, headers], { receiver }) => {
    const answer = await receiver.deliver({ path: '/v1/results/task-1', headers: { ...JSON_TYPE, ...headers } });
    expect(answer).toBeRefusedWith('content_type_refused');
  });

  test('H3 answers 405 with Allow to another method', async ({ receiver }) => {
    for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS', 'DELETE']) {
      for (const path of ['/v1/results/task-1', '/v1/failures/task-1/abc']) {
        const answer = await receiver.deliver({ method, path });
        expect(answer).toBeRefusedWith('method_not_allowed');
        expect(answer.headers.Allow).toBe('POST');
      }
    }
  });

  test.for([
    '/v1/results/',
    '/v1/results/a/b/c',
    '/v1/results/task%31',
    '/v1/results//x',
    '/v1/results/task-1/',
    '/v1/results/a.b',
    `/v1/results/${'x'.repeat(65)}`,
    '/v1/RESULTS/task-1',
    '/v1/tasks/task-1/x/y/z',
  ])('answers 404 to an unknown route: %s', async (path, { receiver }) => {
    expect(await receiver.deliver({ path })).toBeRefusedWith('not_found');
  });

  test('H1 step 2 answers a request without a token without an error code', async ({ receiver }) => {
    const answer = await receiver.deliver({ path: '/v1/results/task-1', headers: JSON_TYPE });
    expect(answer).toBeRefusedWith('token_missing');
    expect(answer.headers['WWW-Authenticate']).toBe(`Bearer realm="${ORIGIN}"`);
  });

  test('P2 ignores a token in a query, a cookie or a body', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    const answer = await receiver.deliver({
      path: task.path('result'),
      query: { access_token: [task.tokens.result], token: [task.tokens.result] },
      headers: { cookie: `token=${task.tokens.result}`, 'content-type': 'application/octet-stream' },
      body: `access_token=${task.tokens.result}`,
    });
    expect(answer).toBeRefusedWith('token_missing');
  });

  test('T4 refuses a percent sign in a token segment as a malformed token', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    const path = `${task.path('result')}/${task.tokens.result.replace('.', '%2E')}`;
    expect(await receiver.deliver(byPath(task, '"x"', { path }))).toBeRefusedWith('token_malformed');
  });

  test('H1 C5 answers 403 with the name of the scope to a token without it', async ({ key, receiver, store }) => {
    const task = await putTask(store, key);
    const token = await aToken(key, claimsOf({ scope: 'failure_write' }, 'result', task.taskId));
    const answer = await receiver.deliver(byPath(task, '"x"', { path: `${task.path('result')}/${token}` }));
    expect(answer).toBeRefusedWith('token_scope_insufficient');
    expect(answer.headers['WWW-Authenticate']).toContain('scope="result_write"');
  });

  test('C5 refuses a token of another task by its path first', async ({ key, receiver, store }) => {
    const [one, other] = await Promise.all([putTask(store, key), putTask(store, key)]);
    const delivery = byPath(one, '"x"', { path: `${other.path('result')}/${one.tokens.result}` });
    expect(await receiver.deliver(delivery)).toBeRefusedWith('token_path_mismatch');
    expect(receiver.counts()).toMatchObject({ TokenRefused: 1, 'TokenRefused/token_path_mismatch': 1 });
  });

  test('step 7 refuses a bound token as a bearer token', async ({ key, receiver, store }) => {
    const task = await putTask(store, key, {}, { cnf: { jkt: 'x' } });
    expect(await receiver.deliver(byPath(task))).toBeRefusedWith('proof_missing');
  });

  test('step 7 refuses Bearer beside Callback-Token, and DPoP, without such a proof', async ({
    key,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key);
    const beside = { path: task.path('result'), headers: { 'callback-token': task.tokens.result } };
    const bearer = { ...beside, headers: { ...beside.headers, authorization: 'Bearer x' } };
    expect(await receiver.deliver(bearer)).toBeRefusedWith('token_ambiguous');
    const dpop = { path: task.path('result'), headers: { authorization: `DPoP ${task.tokens.result}` } };
    expect(await receiver.deliver(dpop)).toBeRefusedWith('token_missing');
  });

  test.for([
    ['203.0.113.7', 'source_refused'],
    ['198.51.100.20', undefined],
    ['203.0.113.7, 198.51.100.20', undefined],
    ['198.51.100.20, 203.0.113.7', 'source_refused'],
    ['2001:db8::17', undefined],
    ['::ffff:198.51.100.20', undefined],
    ['2001:db9::1', 'source_refused'],
    ['unknown', 'source_refused'],
  ] as const)(
    'P4 step 7 judges source %s as %s, by the last address alone',
    async ([address, code], { key, receiver, store }) => {
      const task = await putTask(store, key, { processor: 'office-ocr' });
      const answer = await receiver.deliver(byHeader(task, '"x"', { headers: { 'x-forwarded-for': address } }));
      if (code === undefined) expect(answer.status).toBe(200);
      else expect(answer).toBeRefusedWith(code);
    },
  );

  test('step 9 refuses a content type that only another processor accepts', async ({ key, receiver, store }) => {
    const task = await putTask(store, key, { processor: 'schema-ocr' });
    const answer = await receiver.deliver(byHeader(task, '"x"', { headers: { 'content-type': 'text/plain' } }));
    expect(answer).toBeRefusedWith('content_type_refused');
    expect(await readUse(store, task.jtis.result)).toBeUndefined();
  });

  test.for([
    [1_048_576, 200],
    [1_048_577, 413],
  ] as const)('H3 step 1 answers a body of %i bytes with %i', async ([size, status], { key, store }) => {
    const receiver = aReceiver({
      store,
      keys: [key],
      payloads: { put: async () => undefined } as unknown as PayloadStore,
    });
    const task = await putTask(store, key);
    const body = new Uint8Array(size).fill(7);
    const answer = await receiver.deliver(byHeader(task, body, { headers: { 'content-type': 'application/pdf' } }));
    expect(answer.status).toBe(status);
  });

  test.for([
    ['{"text":1}', '/text', 'must be string'],
    ['{}', '/text', 'is missing'],
    ['{"text":"x","to/tal":1}', '/to~1tal', 'must NOT have additional properties'],
    ['[]', '', 'must be object'],
    ['{"text":', '', 'must be one JSON value in UTF-8, without a byte order mark'],
    ['', '', 'must not be empty: a result of this processor has 1 byte at least'],
    ['\ufeff{"text":"x"}', '', 'must be one JSON value in UTF-8, without a byte order mark'],
  ] as const)(
    'H3 step 9: %s breaks the schema at "%s", and the token is not used up',
    async ([body, pointer, detail], { key, receiver, store }) => {
      const task = await putTask(store, key, { processor: 'schema-ocr' });
      const answer = await receiver.deliver(byHeader(task, body));
      expect(answer).toBeRefusedWith('payload_invalid');
      expect((answer.json as { errors: unknown }).errors).toEqual([{ pointer, detail }]);
      expect((await receiver.deliver(byHeader(task, '{"text":"x"}'))).status).toBe(200);
    },
  );

  test('H2 does not repeat names as long as a payload', async ({ key, receiver, store }) => {
    const task = await putTask(store, key, { processor: 'schema-ocr' });
    const answer = await receiver.deliver(byHeader(task, `{"text":"x","${'/'.repeat(500_000)}":1}`));
    expect(answer).toBeRefusedWith('payload_invalid');
    expect((answer.json as { errors: unknown }).errors).toEqual([{ pointer: '', detail: expect.any(String) }]);
    const longest = await receiver.deliver(byHeader(task, `{"text":"x","${'a'.repeat(255)}":1}`));
    expect((longest.json as { errors: unknown }).errors).toMatchObject([{ pointer: `/${'a'.repeat(255)}` }]);
  });

  test('does not compare a failure with the schema of results', async ({ key, receiver, store }) => {
    const task = await putTask(store, key, { processor: 'schema-ocr' });
    const answer = await receiver.deliver({
      path: task.path('failure'),
      headers: { ...JSON_TYPE, authorization: `Bearer ${task.tokens.failure}` },
      body: '"not of the schema"',
    });
    expect(answer.status).toBe(200);
  });
});

test.for([
  [undefined],
  [null],
  ['event'],
  [{}],
  [{ httpMethod: 'POST', path: '/v1/results/x' }],
  [{ httpMethod: 'POST', path: '/v1/results/x', headers: {}, body: '', isBase64Encoded: false }],
  [{ httpMethod: 1, path: '/', multiValueHeaders: {}, body: '', isBase64Encoded: false }],
  [{ httpMethod: 'POST', path: '/', multiValueHeaders: { a: 'b' }, body: '', isBase64Encoded: false }],
  [{ httpMethod: 'POST', path: '/', multiValueHeaders: {}, body: null, isBase64Encoded: false }],
])('answers 400 without detail to an event that no load balancer sends: %j', async ([event], { receiver }) => {
  const answer = await receiver.invoke(event);
  expect(answer).toBeRefusedWith('request_invalid');
  expect(answer.body.toString()).not.toMatch(/stack|at .*\.ts/);
});
