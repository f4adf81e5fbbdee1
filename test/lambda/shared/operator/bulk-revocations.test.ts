import { describe, expect } from 'vitest';
import { isRefusal } from '../../../../lambda/shared/refusal.ts';
import { aBulkFixture, anAuditEntry, readAudit, readTasks } from '../../../support/bulk-revocations.ts';
import { test } from '../../../support/fixtures.ts';
import { aStoredTask, storePending, storeTasks } from '../../../support/stored-task.ts';
import { NOW } from '../../../support/tokens.ts';

const AT = NOW * 1000;

describe('a plan', () => {
  test('has the tasks that are pending with live callbacks, and a sample of ten', async ({ ownStore: store }) => {
    const live = await storePending(store, 23);
    await storeTasks(store, [
      aStoredTask({ processor: 'header-ocr' }),
      aStoredTask({ status: 'succeeded', dueShard: undefined, due: undefined }),
      // The index still has these three.
      aStoredTask({ status: 'cancelled' }),
      aStoredTask({ callbacks: {}, revoked: { result: { jti: 'old', maxUses: 1 } } }),
      aStoredTask({ deadline: NOW, due: NOW }),
    ]);
    // A heartbeat has come since, so the index has this task too early.
    const [late] = await storePending(store, 1, { heartbeat: 60, heartbeatDeadline: NOW + 60, due: NOW - 1 });
    const bulk = aBulkFixture(store);
    const plan = await bulk.plan('acme-ocr');
    expect(plan).toEqual({
      planId: expect.stringMatching(/^[\w-]{22}$/),
      count: 24,
      sample: [...live, late].sort().slice(0, 10),
      expiresAt: new Date(AT + 600_000).toISOString(),
    });
    expect(await bulk.plan('short-ocr')).toMatchObject({ count: 0, sample: [] });
  });

  test('changes no task and no audit item', async ({ ownStore: store }) => {
    await storePending(store, 3);
    const before = await readTasks(store);
    await aBulkFixture(store).plan('acme-ocr');
    expect(await readTasks(store)).toEqual(before);
    expect(await readAudit(store)).toEqual([]);
  });

  test('of a processor outside the registry is refused', async ({ ownStore: store }) => {
    const bulk = aBulkFixture(store);
    for (const processor of ['other-ocr', 'constructor']) {
      expect(await bulk.plan(processor)).toMatchObject({ code: 'processor_unknown', isInPath: true });
      expect(await bulk.confirm({ processor, planId: 'x', confirm: 0 }, anAuditEntry())).toMatchObject({
        code: 'processor_unknown',
        isInPath: true,
      });
    }
  });
});

describe('a confirmation', () => {
  test('starts one job, with one audit item, and invokes the worker', async ({ ownStore: store }) => {
    await storePending(store, 3);
    const bulk = aBulkFixture(store);
    const jobId = await bulk.start();
    expect(await bulk.job(jobId)).toEqual({
      jobId,
      state: 'running',
      count: 3,
      done: 0,
      skipped: 0,
      failed: [],
      pace: 50,
    });
    expect(await readAudit(store)).toEqual([
      expect.objectContaining({ action: 'revoke_all', target: 'acme-ocr', outcome: 'done', jobId }),
    ]);
    expect(bulk.invocations.count).toBe(1);
  });

  test('with another number is refused, and the plan can still be confirmed', async ({ ownStore: store }) => {
    await storePending(store, 3);
    const bulk = aBulkFixture(store);
    const plan = await bulk.plan('acme-ocr');
    if (isRefusal(plan)) throw new Error(plan.code);
    const { planId } = plan;
    for (const confirm of [2, 4, 0]) {
      const refusal = await bulk.confirm({ processor: 'acme-ocr', planId, confirm }, anAuditEntry());
      expect(refusal).toMatchObject({ code: 'plan_changed' });
    }
    expect(await readAudit(store)).toEqual([]);
    const started = await bulk.confirm({ processor: 'acme-ocr', planId, confirm: 3 }, anAuditEntry());
    expect(started).toEqual({ jobId: expect.any(String) });
  });

  test('is accepted until the plan is 600 s old', async ({ ownStore: store }) => {
    const bulk = aBulkFixture(store);
    const plans = [await bulk.plan('acme-ocr'), await bulk.plan('acme-ocr')];
    const [first, second] = plans.map((plan) => (isRefusal(plan) ? '' : plan.planId));
    const confirm = (planId = '') => bulk.confirm({ processor: 'acme-ocr', planId, confirm: 0 }, anAuditEntry());
    bulk.pass(599_000);
    expect(await confirm(first)).toEqual({ jobId: expect.any(String) });
    bulk.pass(1_000);
    expect(await confirm(second)).toMatchObject({ code: 'plan_unknown' });
  });

  test('is accepted once, also of two at the same time', async ({ ownStore: store }) => {
    await storePending(store, 2);
    const bulk = aBulkFixture(store);
    const plan = await bulk.plan('acme-ocr');
    if (isRefusal(plan)) throw new Error(plan.code);
    const confirm = () => bulk.confirm({ processor: 'acme-ocr', planId: plan.planId, confirm: 2 }, anAuditEntry());
    const results = await Promise.all(Array.from({ length: 8 }, confirm));
    expect(results.filter((result) => !isRefusal(result))).toHaveLength(1);
    for (const refusal of results.filter(isRefusal)) expect(refusal.code).toBe('plan_unknown');
    expect(await confirm()).toMatchObject({ code: 'plan_unknown' });
    expect(await readAudit(store)).toHaveLength(1);
  });

  test('of an unknown plan, of another processor, and of a part of a list are refused alike', async ({
    ownStore: store,
  }) => {
    await storePending(store, 2);
    const bulk = aBulkFixture(store);
    const plan = await bulk.plan('acme-ocr');
    if (isRefusal(plan)) throw new Error(plan.code);
    const confirmations = [
      { processor: 'acme-ocr', planId: 'AAAAAAAAAAAAAAAAAAAAAA', confirm: 2 },
      { processor: 'header-ocr', planId: plan.planId, confirm: 2 },
      { processor: 'acme-ocr', planId: `${plan.planId}#0`, confirm: 2 },
      { processor: 'acme-ocr', planId: '', confirm: 2 },
    ];
    for (const confirmation of confirmations) {
      expect(await bulk.confirm(confirmation, anAuditEntry())).toMatchObject({ code: 'plan_unknown' });
    }
    expect(await readAudit(store)).toEqual([]);
  });

  test('is done although the worker could not be invoked', async ({ ownStore: store }) => {
    await storePending(store, 2);
    const startWorker = () => Promise.reject(new Error('Lambda is away.'));
    const bulk = aBulkFixture(store, { startWorker });
    const jobId = await bulk.start();
    await bulk.work();
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', done: 2 });
  });
});

describe('abort', () => {
  test('is idempotent, and each one is audited', async ({ ownStore: store }) => {
    await storePending(store, 2);
    const bulk = aBulkFixture(store);
    const jobId = await bulk.start();
    const abort = () => bulk.abort(jobId, anAuditEntry({ action: 'abort', target: jobId, reason: 'a false alarm' }));
    expect(await abort()).toMatchObject({ isChanged: true, job: { jobId, state: 'aborted', done: 0 } });
    expect(await abort()).toMatchObject({ isChanged: false, job: { jobId, state: 'aborted', done: 0 } });
    await bulk.work();
    expect(await bulk.job(jobId)).toMatchObject({ state: 'aborted', done: 0, skipped: 0, failed: [] });
    // The second is done already: it has an audit item, and makes no event.
    const items = (await readAudit(store)).filter(({ action }) => action === 'abort');
    expect(items.map(({ isRepeated }) => isRepeated).sort()).toEqual([true, undefined]);
  });

  test('leaves a finished job done', async ({ ownStore: store }) => {
    await storePending(store, 2);
    const bulk = aBulkFixture(store);
    const jobId = await bulk.start();
    await bulk.work();
    expect(await bulk.abort(jobId, anAuditEntry({ action: 'abort' }))).toMatchObject({
      isChanged: false,
      job: { state: 'done', done: 2 },
    });
  });

  test('of an unknown job is refused', async ({ ownStore: store }) => {
    const bulk = aBulkFixture(store);
    expect(await bulk.abort('AAAAAAAAAAAAAAAAAAAAAA', anAuditEntry())).toMatchObject({ code: 'job_unknown' });
    expect(await bulk.read('#running')).toMatchObject({ code: 'job_unknown' });
    expect(await readAudit(store)).toEqual([]);
  });
});
