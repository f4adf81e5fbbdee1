import { describe, expect } from 'vitest';
import type { RouteName } from '../../../../lambda/contract/routes.ts';
import { describeApi } from '../../../../lambda/functions/metadata/openapi/document.ts';
import { aBulkFixture, readAudit } from '../../../support/bulk-revocations.ts';
import type { Delivered } from '../../../support/delivered.ts';
import { describedBy } from '../../../support/described.ts';
import {
  aDispatchedProcessor,
  aDispatchedTask,
  aFailedDispatch,
  storeDispatched,
} from '../../../support/dispatched.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { anOperatorApi, operatorTokens } from '../../../support/operator-api.ts';
import { readTask } from '../../../support/receiver.ts';
import { aProcessor, registryOf } from '../../../support/registry.ts';
import { aSigningKeyItem, putSigningKey } from '../../../support/signing-keys.ts';
import { storePending } from '../../../support/stored-task.ts';
import { aSigningKey, NOW, ORIGIN } from '../../../support/tokens.ts';

const described = describedBy(describeApi({ origin: ORIGIN, abbreviations: false }));

const REGISTRY = registryOf(
  aDispatchedProcessor('sent-ocr'),
  aProcessor({ id: 'header-ocr' }),
  aDispatchedProcessor('other-ocr', { onFailure: 'keep' }),
);

const test = base
  .extend('tokens', { scope: 'file' }, ({ openProvider }) => operatorTokens(openProvider))
  .extend('api', ({ identityProvider, ownStore: store }) =>
    anOperatorApi({ store, verifier: identityProvider.verifier(), registry: REGISTRY }),
  );

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
const send = (body: unknown, path = 'processors/sent-ocr/dispatch') => ({
  method: 'POST',
  path: `/v1/operator/${path}`,
  headers: { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.7' },
  body: JSON.stringify(body),
});
const get = (path: string, query: Readonly<Record<string, readonly string[]>> = {}) => ({
  method: 'GET',
  path: `/v1/operator/${path}`,
  query,
  body: '',
});

const REASON = 'INC-12: their outage is over';

/** The answer's body, after a comparison with the API description. */
const read = <T>(route: RouteName, status: number, answer: Delivered): T => {
  described.answer(route, answer);
  expect(answer.status).toBe(status);
  return answer.json as T;
};
interface Plan {
  readonly planId: string;
  readonly count: number;
}

/** An accepted task whose callbacks this key signed. */
const heldWith = (kid: string, overrides: Parameters<typeof aDispatchedTask>[1] = {}) =>
  aDispatchedTask({ state: 'accepted', attempts: 1, acceptedAt: at(NOW - 30), kid }, overrides);

describe('a job that sends the work of many tasks again', () => {
  test('has the failed tasks of the processor, and each is sent and audited once', async ({
    api,
    ownStore: store,
    tokens,
  }) => {
    const failed = [aFailedDispatch(), aFailedDispatch()];
    const others = [
      aDispatchedTask({}),
      aFailedDispatch({ processor: 'other-ocr' }),
      // Its dispatch failed, and it expired afterwards: nothing can send it again.
      aDispatchedTask({ state: 'failed', attempts: 4 }, { status: 'expired' }),
      aFailedDispatch({ reopenings: Array(5).fill({ at: at(NOW), from: 'failed', reason: 'r' }) }),
    ];
    await storeDispatched(store, [...failed, ...others]);
    const request = { plan: true, of: 'failed' };
    expect(described.takes('operatorDispatchAll', request)).toBe(true);
    const plan = read<Plan>('operatorDispatchAll', 200, await api.send(tokens.acting, send(request)));
    const ids = failed.map(({ taskId }) => taskId).sort();
    expect(plan).toEqual({ planId: expect.any(String), count: 2, sample: ids, expiresAt: at(NOW + 600) });

    const confirmation = { planId: plan.planId, confirm: 2, reason: REASON };
    expect(described.takes('operatorDispatchAll', confirmation)).toBe(true);
    const started = await api.send(tokens.acting, send(confirmation));
    const { jobId } = read<{ jobId: string }>('operatorDispatchAll', 202, started);
    const bulk = aBulkFixture(store, { registry: REGISTRY });
    await bulk.work();
    const job = { jobId, state: 'done', count: 2, done: 2, skipped: 0, failed: [], pace: 50 };
    expect(read('operatorGetJob', 200, await api.send(tokens.reading, get(`jobs/${jobId}`)))).toEqual(job);
    expect(bulk.counts()).toMatchObject({ 'OperatorActions/dispatch': 2 });

    for (const task of failed) {
      expect(await readTask(store, task.taskId)).toMatchObject({
        status: 'pending',
        dispatch: { state: 'queued', issue: 2 },
        journal: [{ kind: 'dispatchQueued', reason: REASON, operator: { sub: 'ada' } }],
      });
    }
    for (const task of others) expect(await readTask(store, task.taskId)).toHaveProperty('revision', 1);
    const entries = (await readAudit(store)).toSorted((one, other) => (one.target > other.target ? 1 : -1));
    expect(entries).toHaveLength(3);
    expect(entries.map(({ action, jobId: of }) => `${action} ${of}`)).toEqual(Array(3).fill(`dispatch ${jobId}`));
    expect(entries.map(({ target }) => target).sort()).toEqual([...ids, 'sent-ocr'].sort());
  });

  test('has the tasks that a processor holds with callbacks of a retired key', async ({
    api,
    ownStore: store,
    tokens,
  }) => {
    const retired = aSigningKeyItem(await aSigningKey(), { retiredAt: NOW - 60 });
    await putSigningKey(store, retired);
    const held = heldWith(retired.kid);
    const others = [
      heldWith('another-key'),
      heldWith(retired.kid, { status: 'succeeded', closedAt: at(NOW - 5) }),
      heldWith(retired.kid, { deadline: NOW - 1 }),
      aDispatchedTask({ attempts: 1, kid: retired.kid }),
    ];
    await storeDispatched(store, [held, ...others]);
    const list = await api.send(tokens.reading, get('tasks', { has: ['retired_key'] }));
    const { tasks } = read<{ tasks: { taskId: string }[] }>('operatorListTasks', 200, list);
    expect(tasks.map(({ taskId }) => taskId)).toEqual([held.taskId]);

    const planned = await api.send(tokens.acting, send({ plan: true, of: 'retired_key' }));
    const plan = read<Plan>('operatorDispatchAll', 200, planned);
    expect(plan).toMatchObject({ count: 1, sample: [held.taskId] });
    await api.send(tokens.acting, send({ planId: plan.planId, confirm: 1, reason: REASON }));
    await aBulkFixture(store, { registry: REGISTRY }).work();
    const stored = await readTask(store, held.taskId);
    expect(stored).toMatchObject({ status: 'pending', dispatch: { state: 'queued', issue: 2 } });
    expect(stored?.dispatch).not.toHaveProperty('kid');
    const after = await api.send(tokens.reading, get('tasks', { has: ['retired_key'] }));
    expect(read('operatorListTasks', 200, after)).toMatchObject({ tasks: [] });
  });

  test('has the tasks that count as accepted after an attempt without answer', async ({
    api,
    ownStore: store,
    tokens,
  }) => {
    const dispatch = { state: 'accepted', attempts: 2, acceptedAt: at(NOW - 30), lastStatus: 409 } as const;
    const unknown = { ...dispatch, reason: 'AnswerUnknown' } as const;
    const progressAt = (seconds: number) => ({ progress: { at: at(seconds) }, queuedAt: NOW - 60 });
    const held = aDispatchedTask(unknown, progressAt(NOW - 31));
    const others = [
      aDispatchedTask(dispatch),
      aDispatchedTask(unknown, progressAt(NOW - 30)),
      aDispatchedTask(unknown, { status: 'succeeded', closedAt: at(NOW - 5) }),
      aDispatchedTask(unknown, { deadline: NOW - 1 }),
    ];
    await storeDispatched(store, [held, ...others]);
    const list = await api.send(tokens.reading, get('tasks', { has: ['answer_unknown'] }));
    const { tasks } = read<{ tasks: { taskId: string }[] }>('operatorListTasks', 200, list);
    expect(tasks.map(({ taskId }) => taskId)).toEqual([held.taskId]);
    const shown = read('operatorGetTask', 200, await api.send(tokens.reading, get(`tasks/${held.taskId}`)));
    expect(shown).toMatchObject({
      timeline: expect.arrayContaining([{ at: at(NOW - 30), kind: 'dispatched', reason: 'AnswerUnknown' }]),
    });

    const planned = await api.send(tokens.acting, send({ plan: true, of: 'answer_unknown' }));
    const plan = read<Plan>('operatorDispatchAll', 200, planned);
    expect(plan).toMatchObject({ count: 1, sample: [held.taskId] });
    await api.send(tokens.acting, send({ planId: plan.planId, confirm: 1, reason: REASON }));
    await aBulkFixture(store, { registry: REGISTRY }).work();
    const stored = await readTask(store, held.taskId);
    expect(stored).toMatchObject({ status: 'pending', dispatch: { state: 'queued', issue: 2 } });
    expect(stored?.dispatch).not.toHaveProperty('reason');
  });

  test('skips a task that was sent again, or closed, after the plan', async ({ api, ownStore: store, tokens }) => {
    const [sent, closed, left] = [aFailedDispatch(), aFailedDispatch(), aFailedDispatch()];
    await storeDispatched(store, [sent, closed, left]);
    const { planId } = read<Plan>(
      'operatorDispatchAll',
      200,
      await api.send(tokens.acting, send({ plan: true, of: 'failed' })),
    );
    const one = send({ reason: 'first', revision: 1 }, `tasks/${sent.taskId}/dispatch`);
    expect((await api.send(tokens.acting, one)).status).toBe(200);
    await storeDispatched(store, [{ ...closed, status: 'cancelled' }]);
    const { jobId } = read<{ jobId: string }>(
      'operatorDispatchAll',
      202,
      await api.send(tokens.acting, send({ planId, confirm: 3, reason: REASON })),
    );
    const bulk = aBulkFixture(store, { registry: REGISTRY });
    await bulk.work();
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', done: 1, skipped: 2, failed: [] });
    expect(await readTask(store, sent.taskId)).toMatchObject({ dispatch: { issue: 2 } });
  });

  test('is not that of a plan to revoke, nor the other way round', async ({ api, ownStore: store, tokens }) => {
    await storePending(store, 1, { processor: 'sent-ocr' });
    const plan = async (body: unknown, path?: string) =>
      ((await api.send(tokens.acting, send(body, path))).json as Plan).planId;
    const revoke = 'processors/sent-ocr/revoke';
    const confirm = (planId: string, path?: string) =>
      api.send(tokens.acting, send({ planId, confirm: 0, reason: REASON }, path));
    expect(await confirm(await plan({ plan: true }, revoke))).toBeRefusedWith('plan_unknown');
    expect(await confirm(await plan({ plan: true, of: 'failed' }), revoke)).toBeRefusedWith('plan_unknown');
    expect((await confirm(await plan({ plan: true, of: 'failed' }))).status).toBe(202);
  });

  test('is refused without its kind, and for a processor that no work is sent to', async ({ api, tokens }) => {
    for (const body of [{ plan: true }, { plan: true, of: 'all' }, { plan: false, of: 'failed' }]) {
      const refused = await api.send(tokens.acting, send(body));
      described.answer('operatorDispatchAll', refused);
      expect(refused).toBeRefusedWith('request_invalid');
    }
    for (const processor of ['header-ocr', 'nobody']) {
      const refused = await api.send(
        tokens.acting,
        send({ plan: true, of: 'failed' }, `processors/${processor}/dispatch`),
      );
      expect(refused.status).toBe(404);
      expect(refused.json).toMatchObject({ code: 'processor_unknown' });
    }
  });
});
