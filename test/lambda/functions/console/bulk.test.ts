import { describe, expect } from 'vitest';
import { fieldsOf } from '../../../support/console.ts';
import { aConsole } from '../../../support/console-pages.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';

const REVOKE_ALL = '/console/processors/header-ocr/revoke';

const test = base
  .extend('console', ({ openSender }) => aConsole({ store: openSender.store }))
  /** Confirms a plan without tasks. Returns the path of its job, which no worker has seen yet. */
  .extend('startJob', ({ console }) => async (): Promise<string> => {
    const page = await console.ask({ path: REVOKE_ALL });
    const [, count = ''] = /<strong>(\d+) tasks?<\/strong>/.exec(page.html) ?? [];
    const form = { ...fieldsOf(page.html), confirm: count, reason: 'its database leaked' };
    const started = await console.send(REVOKE_ALL, form);
    expect(started.status).toBe(303);
    return (started.headers.Location ?? '').split('?', 1).join();
  });

describe('the page of a bulk revocation', () => {
  test('plans, and starts a job for exactly that number of tasks', async ({ console, startJob }) => {
    const page = await console.ask({ path: REVOKE_ALL });
    const form = { ...fieldsOf(page.html), confirm: '999', reason: 'leak' };
    const other = await console.send(REVOKE_ALL, form);
    expect(other.status).toBe(409);
    expect(other.html).toContain('The number is not the number of tasks in the plan. Nothing was done.');
    expect(await startJob()).toMatch(/^\/console\/jobs\/[\w-]{22}$/);
  });

  test.for(['', 'two', '-1', '1.5', '1e3'])('asks again for a number in digits: %j', async (confirm, { console }) => {
    const page = await console.ask({ path: REVOKE_ALL });
    const answer = await console.send(REVOKE_ALL, { ...fieldsOf(page.html), confirm, reason: 'leak' });
    expect(answer.status).toBe(400);
    expect(answer.html).toContain('Number of tasks must be the number of tasks of the plan, in digits.');
  });
});

describe('the page that aborts a job', () => {
  test('aborts it, and then says that nothing is left to abort', async ({ console, startJob }) => {
    const job = await startJob();
    const done = await console.act(`${job}/abort`);
    expect(done.status).toBe(303);
    const [path = '', query = ''] = (done.headers.Location ?? '').split('?done=');
    expect((await console.ask({ path, query: { done: [query] } })).html).toContain('Job aborted.');
    const again = (await console.ask({ path: `${job}/abort` })).html;
    expect(again).toContain('The job is aborted. Nothing is left to abort, and it stays as it is.');
  });

  test('does not say that it aborted a job that had ended meanwhile', async ({ console, startJob }) => {
    const job = await startJob();
    const form = fieldsOf((await console.ask({ path: `${job}/abort` })).html);
    await console.act(`${job}/abort`);
    const late = await console.send(`${job}/abort`, { ...form, reason: 'again' });
    expect(late).toMatchObject({ status: 303, headers: { Location: job } });
  });
});
