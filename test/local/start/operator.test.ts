import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { requestAccessToken } from '../../../scenario/access-token.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { test as base } from './gateway-fixtures.ts';

interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

const test = base
  .extend('operatorToken', { scope: 'file' }, ({ ready }) =>
    requestAccessToken(ready.idp, ready.clients.operator, 'operator_read operator_write'),
  )
  .extend(
    'send',
    ({ ready }) =>
      async (accessToken: string, method: string, path: string, body?: unknown): Promise<Answer> => {
        const response = await fetch(`${ready.gateway}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${accessToken}`,
            ...(body !== undefined && { 'content-type': 'application/json' }),
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        return { status: response.status, json: (await response.json()) as Record<string, unknown> };
      },
  )
  /** Opens a task and returns the URL for its result. */
  .extend('openTask', ({ accessToken, send }) => async (metadata: object = {}) => {
    const task = { processor: 'acme-ocr', resource: 'invoice-77', expiresIn: 3_600, metadata };
    const { json, status } = await send(accessToken, 'POST', '/v1/tasks', task);
    expect([status, json]).toEqual([201, expect.anything()]);
    const { callbacks, taskId } = json as { taskId: string; callbacks: { result: { url: string } } };
    return { taskId, url: callbacks.result.url };
  })
  /** Events of a task on the bus. */
  .extend(
    'eventsOf',
    ({ ready }) =>
      (taskId: string) =>
        (existsSync(ready.events.file) ? readFileSync(ready.events.file, 'utf8') : '')
          .split('\n')
          .filter((line) => line.includes(taskId))
          .map((line) => JSON.parse(line)['detail-type'] as string),
  )
  /** Dead letters of the function `publish`. */
  .extend('publishLetters', ({ operatorToken, send }) => async () => {
    const { json } = await send(operatorToken, 'GET', '/v1/operator/dead-letters');
    const { queues } = json as { queues: { queue: string; count: number; items: { id: string; taskId: string }[] }[] };
    return queues.find(({ queue }) => queue === 'publish');
  });

test('a dead letter is listed, processed again after its fault is cleared, and gone', async ({
  eventsOf,
  folder,
  openTask,
  operatorToken,
  publishLetters,
  send,
}) => {
  const { taskId } = await openTask({ localFault: 'publish' });
  await expect.poll(publishLetters, EVENTUALLY).toMatchObject({
    count: 1,
    items: [{ taskId, reason: 'MalformedDetail' }],
  });
  const id = (await publishLetters())?.items[0]?.id;
  expect(eventsOf(taskId)).toEqual([]);

  writeFileSync(join(folder, 'faults-cleared'), '');
  const body = { reason: 'the fault is cleared', id };
  const redriven = await send(operatorToken, 'POST', '/v1/operator/dead-letters/publish/redrive', body);
  expect(redriven).toEqual({ status: 202, json: { queue: 'publish', id } });
  await expect.poll(() => eventsOf(taskId), EVENTUALLY).toEqual(['Task Opened']);
  await expect.poll(publishLetters, EVENTUALLY).toEqual({ queue: 'publish', count: 0, items: [] });
  const again = await send(operatorToken, 'POST', '/v1/operator/dead-letters/publish/redrive', body);
  expect(again).toMatchObject({ status: 404, json: { code: 'letter_unknown' } });

  const audit = await send(operatorToken, 'GET', '/v1/operator/audit?action=redrive');
  expect(audit.json).toMatchObject({
    audit: [
      { action: 'redrive', target: 'publish', outcome: 'letter_unknown' },
      { action: 'redrive', target: 'publish', outcome: 'done', reason: 'the fault is cleared' },
    ],
  });
});

test('a payload on its task and one in the bucket are revealed', async ({ openTask, operatorToken, send }) => {
  for (const text of ['Total 42.00', 'a'.repeat(100_000)]) {
    const { taskId, url } = await openTask();
    const delivery = await fetch(url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: text });
    expect(delivery.status).toBe(200);
    const body = { of: 'result', reason: 'the customer asks' };
    const { json, status } = await send(operatorToken, 'POST', `/v1/operator/tasks/${taskId}/payload`, body);
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({
        contentType: 'text/plain',
        size: text.length,
        preview: { kind: 'text', text: text.slice(0, 4_096), truncated: text.length > 4_096 },
      }),
    ]);
    const download = await fetch(json.url as string);
    expect(download.headers.get('content-disposition')).toBe('attachment');
    expect(await download.text()).toBe(text);
  }
});

test('all callbacks of a processor are revoked, and its numbers of tasks and callbacks are shown', async ({
  accessToken,
  eventsOf,
  operatorToken,
  send,
}) => {
  const open = async () => {
    const task = { processor: 'bulk-ocr', resource: 'invoice-78', expiresIn: 3_600 };
    const { json } = await send(accessToken, 'POST', '/v1/tasks', task);
    return json as { taskId: string; callbacks: { result: { url: string; token: string } } };
  };
  const deliver = async ({ callbacks: { result } }: Awaited<ReturnType<typeof open>>) => {
    const headers = { 'content-type': 'text/plain', authorization: `Bearer ${result.token}` };
    return await fetch(result.url, { method: 'POST', headers, body: 'Total 42.00' });
  };
  const [delivered, ...pending] = [await open(), await open(), await open()] as const;
  expect((await deliver(delivered)).status).toBe(200);
  const shown = { id: 'bulk-ocr', grade: 'C', pending: 2, expiringWithinHour: 2, accepted24h: 1, replays24h: 0 };
  const read = async () => (await send(operatorToken, 'GET', '/v1/operator/processors/bulk-ocr')).json;
  await expect.poll(read, EVENTUALLY).toMatchObject(shown);

  const path = '/v1/operator/processors/bulk-ocr/revoke';
  const { json: plan } = await send(operatorToken, 'POST', path, { plan: true });
  expect(plan).toMatchObject({ count: 2, sample: pending.map(({ taskId }) => taskId).sort() });
  const confirmation = { planId: plan.planId, confirm: 2, reason: 'their database leaked' };
  const { json: started, status } = await send(operatorToken, 'POST', path, confirmation);
  expect(status).toBe(202);
  const job = async () => (await send(operatorToken, 'GET', `/v1/operator/jobs/${started.jobId}`)).json;
  await expect.poll(job, EVENTUALLY).toMatchObject({ state: 'done', count: 2, done: 2, skipped: 0, failed: [] });

  for (const task of pending) {
    const refused = await deliver(task);
    expect([refused.status, await refused.json()]).toEqual([401, expect.objectContaining({ code: 'token_revoked' })]);
    await expect.poll(() => eventsOf(task.taskId), EVENTUALLY).toContain('Callbacks Revoked');
  }
  expect((await deliver(delivered)).status).toBe(200);
  await expect.poll(read, EVENTUALLY).toMatchObject(shown);
  const audit = await send(operatorToken, 'GET', '/v1/operator/audit?action=revoke');
  expect(audit.json.audit).toMatchObject(pending.map(() => ({ jobId: started.jobId, outcome: 'done' })));
  // A second plan has nothing to revoke.
  expect((await send(operatorToken, 'POST', path, { plan: true })).json).toMatchObject({ count: 0, sample: [] });
});
