import { decodeJwt } from 'jose';
import { describe, expect } from 'vitest';
import { SIGNING_KINDS } from '../../../../lambda/contract/signing.ts';
import type { PayloadStore } from '../../../../lambda/functions/receive/store/payload-store.ts';
import type { CallDynamoDB } from '../../../../lambda/shared/aws/dynamodb.ts';
import type { EventOverrides } from '../../../support/alb-event.ts';
import type { Delivered } from '../../../support/delivered.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { type ReceiverFixture, readTask } from '../../../support/receiver.ts';
import { aProcessor, REGISTRY, registryOf } from '../../../support/registry.ts';
import { RETENTION, type SenderFunction } from '../../../support/sender-api.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

const reissueBy =
  (open: SenderFunction) =>
  (taskId: string, body?: object, more: EventOverrides = {}): Promise<Delivered> =>
    open.send({
      path: `/v1/tasks/${taskId}/callbacks`,
      ...(body && { body: JSON.stringify(body), headers: JSON_TYPE }),
      ...more,
    });

const reissued = (answer: Delivered): Opened => {
  expect(answer.status).toBe(201);
  return answer.json as Opened;
};

const test = base
  .extend('reissue', ({ open }) => reissueBy(open))
  .extend('openTask', ({ open }) => async (overrides: Record<string, unknown> = {}): Promise<Opened> => {
    const answer = await open.send({
      path: '/v1/tasks',
      body: JSON.stringify(aTaskBody(overrides)),
      headers: JSON_TYPE,
    });
    expect(answer.status).toBe(201);
    return answer.json as Opened;
  })
  /** A client whose first write of a task comes after another request has issued callbacks with these parameters. */
  .extend('afterFirst', ({ sender }) => (taskId: string, terms: object) => {
    const call = sender.store.createCall();
    let writes = 0;
    const dynamodb: CallDynamoDB = async (operation, input) => {
      if (operation === 'UpdateItem') writes += 1;
      if (operation === 'UpdateItem' && writes === 1) {
        const request = { path: `/v1/tasks/${taskId}/callbacks`, headers: JSON_TYPE, body: JSON.stringify(terms) };
        reissued(await sender.opener().send(request));
      }
      return call(operation, input);
    };
    return { call: dynamodb, writes: () => writes };
  })
  .extend(
    'deliver',
    ({ sender }) =>
      async (callback: Opened['callbacks'][string] | undefined, at: number, body = '{}', by?: ReceiverFixture) => {
        const receiver = by ?? (await sender.receiver());
        receiver.at(at);
        return receiver.deliver({
          path: new URL(callback?.url ?? '').pathname,
          headers: { ...JSON_TYPE, ...(callback?.token && { authorization: `Bearer ${callback.token}` }) },
          body,
        });
      },
  );

describe('issuing callbacks again', () => {
  test('gives new URLs as at the last issue, for the same lifetime, without a body', async ({
    open,
    openTask,
    reissue,
  }) => {
    const first = await openTask({ owner: 'user-12', callbacks: ['result', 'progress'], carrier: 'header' });
    open.at((NOW + 600) * 1000 + 250);
    const answer = await reissue(first.taskId);
    const again = reissued(answer);
    expect(again).toEqual({
      taskId: first.taskId,
      application: 'default',
      status: 'pending',
      createdAt: first.createdAt,
      expiresAt: '2100-06-01T13:10:00.000Z',
      callbacks: {
        result: { ...first.callbacks.result, token: expect.any(String), expiresAt: '2100-06-01T13:10:00.000Z' },
        progress: { ...first.callbacks.progress, token: expect.any(String), expiresAt: '2100-06-01T13:10:00.000Z' },
      },
    });
    expect(answer.headers.Location).toBe(`${ORIGIN}/v1/tasks/${first.taskId}`);
    const [before, after] = [first, again].map(({ callbacks }) => decodeJwt(callbacks.result?.token ?? ''));
    expect(after).toEqual({ ...before, jti: after?.jti, iat: NOW + 600, nbf: NOW + 600, exp: NOW + 4_200 });
    expect(after?.jti).not.toBe(before?.jti);
  });

  test('takes callbacks, lifetime and carrier from the body, and keeps them for the next time', async ({
    open,
    openTask,
    reissue,
  }) => {
    const { taskId } = await openTask();
    const next = reissued(
      await reissue(taskId, { callbacks: ['failure', 'result'], expiresIn: 60, carrier: 'header' }),
    );
    expect(next.expiresAt).toBe('2100-06-01T12:01:00.000Z');
    expect(next.callbacks.failure?.token).toBeDefined();
    open.at((NOW + 30) * 1000);
    const last = reissued(await reissue(taskId, {}));
    expect(last.expiresAt).toBe('2100-06-01T12:01:30.000Z');
    expect(Object.keys(last.callbacks).sort()).toEqual(['failure', 'result']);
    expect(last.callbacks.result?.token).toBeDefined();
  });

  test('stops the earlier ones at once, and the new ones work', async ({ deliver, openTask, reissue }) => {
    const first = await openTask({ callbacks: ['result', 'failure'] });
    const again = reissued(await reissue(first.taskId, { callbacks: ['result'] }));
    expect(await deliver(first.callbacks.result, NOW)).toBeRefusedWith('token_revoked');
    expect(await deliver(first.callbacks.failure, NOW)).toBeRefusedWith('token_revoked');
    expect((await deliver(again.callbacks.result, NOW)).json).toMatchObject({ status: 'succeeded' });
  });

  test('stops earlier short codes at once, and the new ones work', async ({ deliver, openTask, reissue }) => {
    const first = await openTask({ processor: 'short-ocr' });
    const again = reissued(await reissue(first.taskId));
    expect(again.callbacks.result?.url).not.toBe(first.callbacks.result?.url);
    expect(await deliver(first.callbacks.result, NOW)).toBeRefusedWith('token_revoked');
    expect((await deliver(again.callbacks.result, NOW)).status).toBe(200);
  });

  test('moves every time of the task, silently', async ({ open, openTask, reissue, sender }) => {
    const { taskId } = await openTask({ heartbeat: 300, expiresIn: 3_600 });
    const before = await readTask(sender.store, taskId);
    open.at((NOW + 200) * 1000 + 5);
    reissued(await reissue(taskId, { expiresIn: 7_200 }));
    expect(await readTask(sender.store, taskId)).toEqual({
      ...before,
      callbacks: expect.any(Object),
      expiresAt: '2100-06-01T14:03:20.000Z',
      deadline: NOW + 7_405,
      heartbeatDeadline: NOW + 500,
      due: NOW + 500,
      purgeAt: NOW + 7_400 + RETENTION,
      reissuedAt: NOW + 200,
      expiresIn: 7_200,
      sequence: 1,
      revision: 2,
      journal: [{ at: '2100-06-01T12:03:20.005Z', kind: 'reissued' }],
      change: 'reissued',
      changedAt: '2100-06-01T12:03:20.005Z',
    });
  });

  test('keeps a task pending that would have expired by now', async ({ deliver, open, openTask, reissue }) => {
    const { taskId } = await openTask({ expiresIn: 60 });
    open.at((NOW + 64) * 1000);
    const again = reissued(await reissue(taskId, { expiresIn: 600 }));
    expect((await deliver(again.callbacks.result, NOW + 600)).status).toBe(200);
  });

  test('does not mix simultaneous requests: the callbacks of exactly one answer work', async ({
    deliver,
    openTask,
    reissue,
    sender,
  }) => {
    const { taskId } = await openTask();
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, i) => reissue(taskId, { expiresIn: 600 + i, carrier: 'header' })),
    );
    const stored = await readTask(sender.store, taskId);
    const jtis = (one: Opened) => ['result', 'failure'].map((name) => decodeJwt(one.callbacks[name]?.token ?? '').jti);
    const all = answers.map(reissued);
    const [current, ...others] = all.filter((one) => jtis(one)[0] === stored?.callbacks.result?.jti);
    expect(others).toEqual([]);
    expect(current && jtis(current)[1]).toBe(stored?.callbacks.failure?.jti);
    expect(current?.expiresAt).toBe(stored?.expiresAt);
    for (const one of all) {
      const delivered = await deliver(one.callbacks.failure, NOW, '{}');
      if (one === current) expect(delivered.status).toBe(200);
      else expect(delivered).toBeRefusedWith('token_revoked');
    }
  });

  test('takes omitted members from an issue by another sender in between', async ({ afterFirst, openTask, sender }) => {
    const { taskId } = await openTask({ callbacks: ['result', 'failure'] });
    const dynamodb = afterFirst(taskId, { callbacks: ['result'], carrier: 'header', expiresIn: 120 });
    const reissue = reissueBy(sender.opener({ dynamodb: dynamodb.call }));
    const { callbacks, expiresAt } = reissued(await reissue(taskId));
    expect(callbacks).toEqual({ result: expect.objectContaining({ token: expect.any(String) }) });
    expect(expiresAt).toBe('2100-06-01T12:02:00.000Z');
    expect(dynamodb.writes()).toBe(2);
  });

  test.for([
    ['callbacks', { expiresIn: 600, carrier: 'header' }, { callbacks: ['failure'] }, 2],
    ['carrier', { expiresIn: 600, callbacks: ['failure'] }, { carrier: 'header' }, 2],
    ['expiresIn', { callbacks: ['failure'], carrier: 'header' }, { expiresIn: 600 }, 2],
    ['nothing', { callbacks: ['failure'], carrier: 'header', expiresIn: 600 }, { callbacks: ['result'] }, 1],
  ] as const)(
    'reads omitted members again if another sender changes them (%s)',
    async ([_, mine, theirs, writes], { afterFirst, openTask, sender }) => {
      const { taskId } = await openTask();
      const dynamodb = afterFirst(taskId, theirs);
      reissued(await reissueBy(sender.opener({ dynamodb: dynamodb.call }))(taskId, mine));
      expect(dynamodb.writes()).toBe(writes);
      const stored = await readTask(sender.store, taskId);
      expect(stored).toMatchObject({ carrier: 'header', expiresIn: 600 });
      expect(Object.keys(stored?.callbacks ?? {})).toEqual(['failure']);
    },
  );

  test.for(['header-ocr', 'short-ocr'])(
    'answers 64 simultaneous requests of %s, and the callbacks of exactly one work',
    async (processor, { deliver, openTask, reissue, sender }) => {
      const { taskId } = await openTask({ processor, callbacks: ['result'] });
      const all = (await Promise.all(Array.from({ length: 64 }, () => reissue(taskId)))).map(reissued);
      const receiver = await sender.receiver();
      const answers = await Promise.all(all.map(({ callbacks }) => deliver(callbacks.result, NOW, '{}', receiver)));
      expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
      for (const answer of answers) if (answer.status !== 200) expect(answer).toBeRefusedWith('token_revoked');
    },
  );

  test('answers many simultaneous requests that change what others omit', async ({ openTask, reissue, sender }) => {
    const { taskId } = await openTask({ processor: 'header-ocr' });
    const terms = (i: number) =>
      i % 2 === 0 ? { expiresIn: 600 + i } : { callbacks: i % 4 === 1 ? ['result'] : ['failure'] };
    const all = await Promise.all(Array.from({ length: 16 }, (_, i) => reissue(taskId, terms(i))));
    for (const answer of all) reissued(answer);
    const stored = await readTask(sender.store, taskId);
    expect(Object.keys(stored?.callbacks ?? {})).toHaveLength(1);
    expect((stored?.deadline ?? 0) - NOW - 5).toBe(stored?.expiresIn);
  });

  test('removes the offers of uploads from the task, because their objects would be refused', async ({
    openTask,
    reissue,
    sender,
  }) => {
    const receiver = await sender.receiver({
      payloads: {
        put: async () => {},
        presignUpload: async () => ({ url: 'https://example.com', headers: {} }),
      } as unknown as PayloadStore,
    });
    let { callbacks, taskId } = await openTask({ processor: 'header-ocr', callbacks: ['result', 'upload'] });
    const offer = async (size: number) => {
      const form = { contentType: 'text/plain', size, sha256: 'a'.repeat(63) + (size % 10) };
      const answer = await receiver.deliver({
        path: `/v1/uploads/${taskId}`,
        headers: { ...JSON_TYPE, authorization: `Bearer ${callbacks.upload?.token}` },
        body: JSON.stringify(form),
      });
      expect(answer.status).toBe(200);
    };
    for (let issue = 0; issue < 4; issue += 1) {
      for (let i = 1; i <= 3; i += 1) await offer(issue * 3 + i);
      ({ callbacks } = reissued(await reissue(taskId)));
      expect((await readTask(sender.store, taskId))?.uploads).toEqual({});
    }
    await offer(1);
    expect(Object.keys((await readTask(sender.store, taskId))?.uploads ?? {})).toHaveLength(1);
  });

  test('ends in one of the two if it races with a delivery by the earlier URL', async ({
    deliver,
    openTask,
    reissue,
    sender,
  }) => {
    for (let round = 0; round < 6; round += 1) {
      const first = await openTask();
      const [again, delivered] = await Promise.all([reissue(first.taskId), deliver(first.callbacks.result, NOW)]);
      const stored = await readTask(sender.store, first.taskId);
      expect([again.status, delivered.status]).toEqual(stored?.status === 'succeeded' ? [409, 200] : [201, 401]);
    }
  });
});

describe('a request to issue callbacks again', () => {
  test.for(['succeeded', 'cancelled'])(
    'is refused for a task that is %s',
    async (status, { deliver, openTask, reissue, sender }) => {
      const { callbacks, taskId } = await openTask();
      if (status === 'succeeded') await deliver(callbacks.result, NOW);
      else await sender.tasks().send({ method: 'DELETE', path: `/v1/tasks/${taskId}` });
      const before = await readTask(sender.store, taskId);
      expect(before?.status).toBe(status);
      expect(await reissue(taskId)).toBeRefusedWith('task_closed');
      expect(await readTask(sender.store, taskId)).toEqual(before);
    },
  );

  test.for([
    ['deadline', {}, 3_605],
    ['heartbeat', { heartbeat: 60 }, 60],
  ] as const)(
    'is refused for a task past its %s, even if the expiry is not written yet',
    async ([_, overrides, seconds], { open, openTask, reissue }) => {
      const { taskId } = await openTask(overrides);
      open.at((NOW + seconds) * 1000 - 1);
      const { callbacks } = reissued(await reissue(taskId, { expiresIn: 60 }));
      expect(callbacks).not.toEqual({});
      const other = await openTask(overrides);
      open.at((NOW + 2 * seconds) * 1000);
      expect(await reissue(other.taskId)).toBeRefusedWith('task_closed');
    },
  );

  test('is refused if the task does not exist or was deleted', async ({ openTask, reissue, sender }) => {
    expect(await reissue('no-such-task')).toBeRefusedWith('task_unknown');
    const { taskId } = await openTask();
    const later = sender.opener({ verifier: { verify: async () => ({ clientId: 'local-sender' }) } });
    later.at((NOW + 3_600 + RETENTION) * 1000);
    expect(await reissueBy(later)(taskId)).toBeRefusedWith('task_unknown');
  });

  test.for<[string, object]>([
    ['/colour', { colour: 'red' }],
    ['/processor', { processor: 'acme-ocr' }],
    ['/callbacks', { callbacks: [] }],
    ['/callbacks/0', { callbacks: ['webhook'] }],
    ['/expiresIn', { expiresIn: 59 }],
    ['/carrier', { carrier: 'short' }],
  ])('is refused for a fault at %s', async ([pointer, body], { openTask, reissue }) => {
    const { taskId } = await openTask();
    const answer = await reissue(taskId, body);
    expect(answer).toBeRefusedWith('request_invalid');
    expect(answer.json).toMatchObject({ errors: [{ pointer }] });
  });

  test("is refused beyond what the processor's entry allows", async ({ openTask, reissue }) => {
    const brief = await openTask({ processor: 'brief-ocr', expiresIn: 600 });
    expect(await reissue(brief.taskId, { expiresIn: 601 })).toBeRefusedWith('request_invalid');
    const schema = await openTask({ processor: 'schema-ocr' });
    const upload = await reissue(schema.taskId, { callbacks: ['upload'] });
    expect(upload).toBeRefusedWith('request_invalid');
    expect(upload.json).toMatchObject({ errors: [{ pointer: '/callbacks' }] });
  });

  test('is refused if the processor is no longer in the registry', async ({ openTask, sender }) => {
    const { taskId } = await openTask();
    const without = sender.opener({ registry: registryOf(aProcessor({ id: 'other-ocr' })) });
    expect(await reissueBy(without)(taskId)).toBeRefusedWith('processor_unknown');
    reissued(await reissueBy(sender.opener({ registry: REGISTRY }))(taskId));
  });

  test('H3 is refused if the body has another type; an empty body needs no type', async ({ openTask, reissue }) => {
    const { taskId } = await openTask();
    const text = { body: '{}', headers: { 'content-type': 'text/plain' } };
    expect(await reissue(taskId, undefined, text)).toBeRefusedWith('content_type_refused');
    expect(await reissue(taskId, undefined, { body: '{}' })).toBeRefusedWith('content_type_refused');
    reissued(await reissue(taskId, undefined, { body: '', headers: JSON_TYPE }));
  });

  test('C5 is refused without scope task_write', async ({ openTask, reissue, sender }) => {
    const { taskId } = await openTask();
    const authorization = `Bearer ${await sender.idp.accessToken({ scope: 'task_read' })}`;
    const answer = await reissue(taskId, undefined, { headers: { authorization } });
    expect(answer).toBeRefusedWith('access_token_insufficient');
    expect(answer.headers['WWW-Authenticate']).toContain('scope="task_write"');
  });

  test('H3 is refused if the method is another one', async ({ open }) => {
    const answer = await open.send({ method: 'GET', path: '/v1/tasks/some-task/callbacks' });
    expect(answer).toBeRefusedWith('method_not_allowed');
    expect(answer.headers.Allow).toBe('POST');
  });
});

describe('C7 a dependency that fails', () => {
  test.for([
    ['GetItem', 'acme-ocr'],
    ['UpdateItem', 'acme-ocr'],
    ['PutItem', 'short-ocr'],
  ] as const)(
    'leads to 503 and leaves the earlier callbacks valid if DynamoDB fails at %s',
    async ([operation, processor], { openTask, reissue, sender }) => {
      const first = await openTask({ processor });
      const before = await readTask(sender.store, first.taskId);
      sender.dynamodb.inject((request) => (request.operation === operation ? { kind: 'reset' } : undefined));
      expect(await reissue(first.taskId)).toBeRefusedWith('unavailable');
      sender.clear();
      expect(await readTask(sender.store, first.taskId)).toEqual(before);
      reissued(await reissue(first.taskId));
    },
  );

  test.for(SIGNING_KINDS)(
    'leads to 503 and leaves the earlier callbacks valid if it is KMS (%s)',
    async (kind, { deliver, openTask, sender }) => {
      const first = await openTask();
      const faulty = kind === 'kms' ? 'Sign' : 'Decrypt';
      sender.keyService.inject(({ operation }) => (operation === faulty ? { kind: 'throttled' } : undefined));
      const reissue = reissueBy(sender.opener(sender.signBy(kind)));
      expect(await reissue(first.taskId)).toBeRefusedWith('unavailable');
      expect((await deliver(first.callbacks.result, NOW)).status).toBe(200);
    },
  );

  test('returns the current callbacks after a lost response to a request without a lifetime', async ({
    deliver,
    openTask,
    reissue,
    sender,
  }) => {
    const { taskId } = await openTask();
    sender.dynamodb.injectNext('UpdateItem', { kind: 'lostAnswer' });
    const again = reissued(await reissue(taskId));
    expect((await deliver(again.callbacks.result, NOW)).status).toBe(200);
    expect(sender.dynamodb.count('UpdateItem')).toBe(2);
  });

  test('repeats a write that conflicts with a delivery', async ({ openTask, reissue, sender }) => {
    const { taskId } = await openTask();
    sender.dynamodb.injectNext('UpdateItem', { kind: 'conflict' }, { kind: 'conflict' });
    reissued(await reissue(taskId));
    expect(sender.dynamodb.count('UpdateItem')).toBe(3);
  });

  test('returns the current callbacks if an answer is lost', async ({ openTask, reissue, sender }) => {
    const { taskId } = await openTask();
    sender.dynamodb.injectNext('UpdateItem', { kind: 'lostAnswer' });
    const again = reissued(await reissue(taskId, { carrier: 'header' }));
    const stored = await readTask(sender.store, taskId);
    expect(decodeJwt(again.callbacks.result?.token ?? '').jti).toBe(stored?.callbacks.result?.jti);
  });
});
