import { describe, expect } from 'vitest';
import type { SweepRequest } from '../../../../lambda/contract/dispatch.ts';
import { breakerKey } from '../../../../lambda/contract/tables.ts';
import { aBulkFixture, readAudit } from '../../../support/bulk-revocations.ts';
import { fieldsOf } from '../../../support/console.ts';
import { aConsole } from '../../../support/console-pages.ts';
import {
  aDispatchedProcessor,
  aDispatchedTask,
  aFailedDispatch,
  storeDispatched,
  storeLookup,
} from '../../../support/dispatched.ts';
import { test as base } from '../../../support/fixtures.ts';
import { deliverAfterFailedDispatch } from '../../../support/late-after-failed-dispatch.ts';
import '../../../support/matchers.ts';
import { readTask } from '../../../support/receiver.ts';
import { aProcessor, registryOf } from '../../../support/registry.ts';
import { NOW } from '../../../support/tokens.ts';

const REGISTRY = registryOf(aDispatchedProcessor('sent-ocr'), aProcessor({ id: 'header-ocr' }));

const test = base
  .extend('sweeps', () => [] as SweepRequest[])
  .extend('console', ({ ownStore: store, sweeps }) =>
    aConsole({
      store,
      registry: REGISTRY,
      startSweep: async (request) => {
        sweeps.push(request);
      },
    }),
  );

type Console = ReturnType<typeof aConsole>;

/** Opens the page to which an action leads. */
const follow = (console: Console, { headers, status }: Awaited<ReturnType<Console['send']>>) => {
  expect(status).toBe(303);
  const { pathname: path, searchParams } = new URL(`${headers.Location}`, 'https://console.example');
  return console.ask({ path, query: { done: searchParams.getAll('done') } });
};

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();

describe('the page "Dispatch"', () => {
  test('shows what waits, what failed, and what keeps work from being sent', async ({ console, ownStore: store }) => {
    const paused = { by: 'postern', reason: 'It answered 410 <b>to 3 tasks</b>.', at: at(NOW - 20) };
    await storeLookup(store, { lookupKey: breakerKey('sent-ocr'), revision: 1, version: 1, paused });
    await storeDispatched(store, [aDispatchedTask({}, { queuedAt: NOW - 90 }), aFailedDispatch()]);
    const { html } = await console.ask({ path: '/console/dispatch' });
    expect(html).toContain('<h1>Dispatch</h1>');
    expect(html).toContain('<caption>1 processor. Counts of the last hour are up to two minutes old.</caption>');
    expect(html).toContain('data-count="1 task queued"');
    expect(html).toContain('<a href="/console/tasks?processor=sent-ocr&amp;status=pending">1</a>');
    expect(html).toContain('<span class="state bad">paused</span>');
    expect(html).toContain('<dt>Breaker</dt><dd>–</dd>');
    expect(html).toContain('by Postern itself');
    expect(html).toContain('Reason: It answered 410 &lt;b&gt;to 3 tasks&lt;/b&gt;.');
    expect(html).toContain(`datetime="${at(NOW - 90)}"`);
    expect(html).toContain('href="/console/processors/sent-ocr/resume"');
    expect(html).not.toContain('/console/processors/sent-ocr/pause');
    expect(html).not.toContain('header-ocr');
  });

  test('says so if the environment sends no work', async ({ ownStore: store }) => {
    const page = await aConsole({ store, registry: registryOf(aProcessor({ id: 'header-ocr' })) }).ask({
      path: '/console/dispatch',
    });
    expect(page.html).toContain('The environment sends no work.');
  });

  test('disables "Send failed work again" while no work failed', async ({ console }) => {
    const { html } = await console.ask({ path: '/console/dispatch' });
    expect(html).toContain('No work failed.');
    expect(html).not.toContain('?of=failed');
    expect(html).toContain('Send failed work again');
    expect(html).toContain('>Send work of a retired key again</a>');
    expect(html).toContain('>Send work with an unknown answer again</a>');
    expect(html).toContain('<dt>Breaker</dt><dd>closed: attempts are made</dd>');
  });
});

describe('pausing and resuming a processor', () => {
  test('is said once, and the page shows who paused it and why', async ({ console, sweeps }) => {
    const asked = await console.ask({ path: '/console/processors/sent-ocr/pause' });
    expect(asked.html).toContain('<h1>Pause</h1>');
    const done = await console.act('/console/processors/sent-ocr/pause', { reason: 'their maintenance' });
    expect(done.status).toBe(303);
    const page = await follow(console, done);
    expect(page.html).toContain('Processor paused.');
    expect(page.html).toContain('by the operator <code>operator-1</code>');
    expect(page.html).toContain('Reason: their maintenance');
    const resumed = await follow(console, await console.act('/console/processors/sent-ocr/resume'));
    expect(resumed.html).toContain('Processor resumed.');
    expect(sweeps).toEqual([{ sweep: true, processor: 'sent-ocr' }]);
  });

  test('does nothing if the processor has changed since the page was read', async ({ console, ownStore: store }) => {
    const form = fieldsOf((await console.ask({ path: '/console/processors/sent-ocr/pause' })).html);
    await console.act('/console/processors/sent-ocr/pause');
    await console.act('/console/processors/sent-ocr/resume');
    const late = await console.send('/console/processors/sent-ocr/pause', { ...form, reason: 'late' });
    expect(late.status).toBe(409);
    expect(late.html).toContain('This processor has changed');
    expect(late.html).toContain('not paused, revision 2');
    expect((await readAudit(store)).filter(({ outcome }) => outcome === 'task_changed')).toHaveLength(1);
  });

  test('is not offered for a processor that no work is sent to', async ({ console }) => {
    for (const path of ['pause', 'resume', 'dispatch']) {
      expect((await console.ask({ path: `/console/processors/header-ocr/${path}` })).status).toBe(404);
    }
  });
});

describe('Redrive', () => {
  test('plans, starts a job, and the page of the job says what it does', async ({ console, ownStore: store }) => {
    const task = aFailedDispatch();
    await storeDispatched(store, [task]);
    const path = '/console/processors/sent-ocr/dispatch';
    const page = await console.ask({ path, query: { of: ['failed'] } });
    expect(page.html).toContain('<h1>Redrive failed work</h1>');
    expect(page.html).toContain('<strong>1 task</strong> whose work could not be sent');
    const form = { ...fieldsOf(page.html), confirm: '1', reason: 'INC-12' };
    const started = await console.send(path, form);
    expect(started.status).toBe(303);
    const job = await follow(console, started);
    expect(job.html).toContain('Work is being queued again.');
    expect(job.html).toContain('sends work again that could not be sent to');
    await aBulkFixture(store, { registry: REGISTRY }).work();
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'pending', dispatch: { state: 'queued' } });
    const [jobPath = ''] = (started.headers.Location ?? '').split('?');
    const ended = await console.ask({ path: jobPath });
    expect(ended.html).toContain('<dt>Sent again</dt><dd>1</dd>');
  });
});

describe('the page of a task whose work is sent', () => {
  test('shows the dispatch, its attempts and "Send again", which sends it', async ({ console, ownStore: store }) => {
    const task = aFailedDispatch({
      journal: [{ at: at(NOW - 300), kind: 'dispatchRetried', reason: 'Answer 503.' }],
    });
    await storeDispatched(store, [task]);
    const path = `/console/tasks/${task.taskId}`;
    const { html } = await console.ask({ path });
    expect(html).toContain('<dt>Dispatch</dt><dd><span class="state bad">failed</span> 4 attempts');
    expect(html).toContain('Every attempt failed. <code>AttemptsUsed</code>');
    expect(html).toContain('An attempt to send the work failed. Another one follows.');
    expect(html).toContain('Reason: Answer 503.');
    expect(html).toContain('The work could not be sent.');
    expect(html).not.toContain('The processor delivered');
    const sent = await follow(console, await console.act(`${path}/dispatch`));
    expect(sent.html).toContain('Task is queued again.');
    expect(sent.html).toContain('The work is to be sent again.');
    expect(sent.html).toContain('<dt>Dispatch</dt><dd><span class="state">queued</span> 4 attempts');
  });

  test('says that a pause, or an open breaker, holds the work', async ({ console, ownStore: store }) => {
    const tasks = [aDispatchedTask({}), aFailedDispatch(), aDispatchedTask({}, { status: 'cancelled' })] as const;
    await storeDispatched(store, tasks);
    const isHeld = async (text: string) =>
      Promise.all(
        tasks.map(async ({ taskId }) => (await console.ask({ path: `/console/tasks/${taskId}` })).html.includes(text)),
      );
    const put = (item: Record<string, unknown>) => storeLookup(store, { lookupKey: breakerKey('sent-ocr'), ...item });

    const paused = '<strong>sent-ocr is paused</strong> by ';
    expect(await isHeld(paused)).toEqual([false, false, false]);
    await put({ revision: 1, paused: { by: 'postern', reason: 'It answered 410.', at: at(NOW - 20) } });
    expect(await isHeld(`${paused}Postern itself: no attempt is made until it is resumed.`)).toEqual([
      true,
      true,
      false,
    ]);
    await put({
      revision: 1,
      paused: { by: { sub: '<i>ada</i>', issuer: 'https://id.example' }, reason: 'r', at: at(NOW) },
    });
    const byAda = `${paused}the operator <code>&lt;i&gt;ada&lt;/i&gt;</code>`;
    expect(await isHeld(byAda)).toEqual([true, true, false]);

    const open = `<strong>The breaker of sent-ocr is open until</strong> <time datetime="${at(NOW + 60)}"`;
    await put({ state: { round: 1, openUntil: (NOW + 60) * 1_000 } });
    expect(await isHeld(open)).toEqual([true, true, false]);
    await put({ state: { round: 1, openUntil: NOW * 1_000 } });
    expect(await isHeld('The breaker of')).toEqual([false, false, false]);
  });

  test('says when the processor accepted the work, and its text is no markup', async ({ console, ownStore: store }) => {
    const task = aDispatchedTask(
      { state: 'accepted', attempts: 1, acceptedAt: at(NOW - 30), remoteId: '<i>job-1</i>' },
      { createdAt: at(NOW - 60) },
    );
    await storeDispatched(store, [task]);
    const { html } = await console.ask({ path: `/console/tasks/${task.taskId}` });
    expect(html).toContain('The processor accepted the work.');
    expect(html).toContain('<code>&lt;i&gt;job-1&lt;/i&gt;</code>');
  });

  test('offers to accept a late delivery of a failed dispatch, and does it', async ({
    console,
    key,
    ownStore: store,
  }) => {
    const { taskId } = await deliverAfterFailedDispatch(store, key);
    const [id = ''] = Object.keys((await readTask(store, taskId))?.quarantine ?? {});
    const accept = `/console/tasks/${taskId}/quarantine/${id}/accept`;
    for (const path of [`/console/tasks/${taskId}`, '/console/quarantine']) {
      expect((await console.ask({ path })).html).toContain(`href="${accept}"`);
    }
    const done = await follow(console, await console.act(accept));
    expect(done.html).toContain('Late delivery accepted.');
    expect(done.html).not.toContain(`href="${accept}"`);
    expect(await readTask(store, taskId)).toMatchObject({ status: 'succeeded', result: { size: 4 } });
    expect(await readAudit(store)).toMatchObject([{ action: 'accept', outcome: 'done', taskId }]);
  });

  test('offers nothing of it for a task whose sender has the callbacks', async ({ console, ownStore: store }) => {
    const task = aDispatchedTask({}, { dispatch: undefined });
    await storeDispatched(store, [task]);
    const { html } = await console.ask({ path: `/console/tasks/${task.taskId}` });
    expect(html).not.toContain('Send again');
    expect(html).not.toContain('<dt>Dispatch</dt>');
  });
});
