import { createHash } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import type { OperatorRole } from '../../../../lambda/contract/operator-roles.ts';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { createConsoleKey } from '../../../../lambda/shared/console/console-key.ts';
import { makeFormToken } from '../../../../lambda/shared/console/form.ts';
import { ADA, fieldsOf } from '../../../support/console.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { putTask } from '../../../support/receiver.ts';
import { aRevealBrowser } from '../../../support/reveal-api.ts';
import { NOW } from '../../../support/tokens.ts';

const KEY = createConsoleKey(Buffer.alloc(32, 7));
const PIA = { ...ADA, roles: ['operator', 'operator_payload'] as readonly OperatorRole[] };
const MARKUP = '<script>alert("1")</script>\n\t\u202e&';

const aToken = (object: string, until = NOW + 600, operator = PIA.subject) =>
  makeFormToken(KEY, { operator, action: 'reveal', target: object, revision: 0 }, until);

const test = base
  .extend('browser', ({ openProvider, s3, store }) => {
    const browser = aRevealBrowser({
      store,
      dynamodb: store.client,
      s3: s3.client,
      bucket: s3.bucket,
      verifier: openProvider.verifier(),
    });
    browser.as(PIA);
    return browser;
  })
  /** A task with this result on it. */
  .extend('aTask', ({ key, store }) => async (bytes: string, contentType = 'text/plain') => {
    const { taskId } = await putTask(store, key, {
      status: 'succeeded',
      result: {
        contentType,
        size: Buffer.byteLength(bytes),
        sha256: createHash('sha256').update(bytes).digest('hex'),
        receivedAt: new Date(NOW * 1_000).toISOString(),
      },
      payload: Buffer.from(bytes),
      revision: 7,
    } as Partial<TaskItem>);
    return taskId;
  })
  .extend('auditOf', ({ store }) => async (target: string) => {
    const command = new ScanCommand({ TableName: store.auditTable, ConsistentRead: true });
    const { Items: items = [] } = await store.client.send(command);
    return items.map((item) => unmarshall(item)).filter((entry) => entry.target === target);
  });

const pathOf = (taskId: string, of = 'result') => `/console/tasks/${taskId}/payload/${of}`;

describe('the form that shows a payload', () => {
  test('W3 answers with escaped text, a link to download it, and the sentence', async ({ aTask, auditOf, browser }) => {
    const taskId = await aTask(MARKUP);
    const answer = await browser.send(pathOf(taskId), {
      token: aToken(`${taskId}/result`),
      revision: '0',
      reason: 'r',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'Cache-Control': 'no-store', 'Content-Type': 'text/html; charset=utf-8' });
    expect(answer.html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;\n\t[U+202E]&amp;');
    expect(answer.html).not.toContain('<script>alert');
    expect(answer.html).toContain('role="status" tabindex="-1" autofocus>Payload revealed.</p>');
    expect(answer.html).toMatch(/<a class="button" href="https?:[^"]*X-Amz-Signature=[^"]*">Download<\/a>/);
    expect(await auditOf(taskId)).toMatchObject([{ action: 'reveal', outcome: 'done', reason: 'r' }]);
    expect(browser.lines.at(-1)).toMatchObject({ action: 'reveal', OperatorActions: 1, status: 200 });
    expect(JSON.stringify(browser.lines)).not.toContain('alert');
  });

  test('W1 does nothing without its own token', async ({ aTask, auditOf, browser }) => {
    const taskId = await aTask('secret');
    for (const token of [
      '',
      aToken(`${taskId}/failure`),
      aToken('other/result'),
      aToken(`${taskId}/result`, NOW + 600, 'x'),
    ]) {
      const answer = await browser.send(pathOf(taskId), { token, revision: '0', reason: 'r' });
      expect([answer.status, answer.html.includes('secret')]).toEqual([403, false]);
      expect(browser.lines.at(-1)).toMatchObject({ code: 'form_refused', FormRefused: 1, Reason: 'token' });
    }
    expect(await auditOf(taskId)).toEqual([]);
  });

  test('shows nothing by GET, which is a path of the console', async ({ aTask, browser }) => {
    const taskId = await aTask('secret');
    const answer = await browser.ask({ path: pathOf(taskId), headers: { accept: '*/*' } });
    expect(answer).toBeRefusedWith('method_not_allowed', null);
  });

  test('C5 is refused without the role operator_payload, and the audit has it', async ({ aTask, auditOf, browser }) => {
    const taskId = await aTask('secret');
    browser.as(ADA);
    const token = aToken(`${taskId}/result`);
    const answer = await browser.send(pathOf(taskId), { token, revision: '0', reason: 'r' });
    expect([answer.status, answer.html]).toEqual([403, expect.stringContaining('<code>operator_role_missing</code>')]);
    expect(answer.html).not.toContain('secret');
    expect(await auditOf(taskId)).toMatchObject([{ action: 'reveal', outcome: 'operator_role_missing' }]);
  });

  test('needs a reason, and comes again with a fresh token when it is too old', async ({ aTask, auditOf, browser }) => {
    const taskId = await aTask('secret');
    const send = (fields: Record<string, string>) => browser.send(pathOf(taskId), { revision: '0', ...fields });
    const without = await send({ token: aToken(`${taskId}/result`) });
    expect([without.status, without.html]).toEqual([
      400,
      expect.stringContaining('Give a reason of 1 to 256 characters.'),
    ]);
    const late = await send({ token: aToken(`${taskId}/result`, NOW - 1), reason: 'kept' });
    expect([late.status, late.html]).toEqual([403, expect.stringContaining('value="kept"')]);
    expect(await auditOf(taskId)).toEqual([]);
    const again = await send({ ...fieldsOf(late.html), reason: 'kept' });
    expect([again.status, again.html]).toEqual([200, expect.stringContaining('secret')]);
  });
});
