import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import type { AuditEntry } from '../../../../lambda/contract/audit.ts';
import type { OperatorRole } from '../../../../lambda/contract/operator-roles.ts';
import { createConsoleKey } from '../../../../lambda/shared/console/console-key.ts';
import { type FormPurpose, makeFormToken } from '../../../../lambda/shared/console/form.ts';
import { ADA, fieldsOf } from '../../../support/console.ts';
import { aConsole } from '../../../support/console-pages.ts';
import { test as base } from '../../../support/fixtures.ts';
import { readTask } from '../../../support/receiver.ts';
import '../../../support/matchers.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';
import { NOW } from '../../../support/tokens.ts';

const VIEWER = { ...ADA, subject: 'viewer-1', name: 'Vi', roles: ['operator_read'] as readonly OperatorRole[] };
const EVE = { ...ADA, subject: 'operator-2', name: 'Eve' };
const KEY = createConsoleKey(Buffer.alloc(32, 7));

/** A form of ours, as the page of the action makes it. */
const aToken = (taskId: string, more: Partial<FormPurpose> = {}, until = NOW + 600): string =>
  makeFormToken(KEY, { operator: 'operator-1', action: 'cancel', target: taskId, revision: 0, ...more }, until);

const test = base
  .extend(
    'consoleOf',
    ({ openSender }) =>
      (more: Partial<Parameters<typeof aConsole>[0]> = {}) =>
        aConsole({ store: openSender.store, ...more }),
  )
  .extend('console', ({ consoleOf }) => consoleOf())
  .extend('openTask', ({ sender }) => async (): Promise<Opened> => {
    const answer = await sender.opener().send({
      method: 'POST',
      path: '/v1/tasks',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(aTaskBody({ processor: 'header-ocr' })),
    });
    expect(answer.status).toBe(201);
    return answer.json as Opened;
  })
  /** Opens a task, delivers its result, and reopens it: the delivery waits in quarantine. */
  .extend('aReopenedTask', ({ console, openTask, sender }) => async (): Promise<string> => {
    const { callbacks, taskId } = await openTask();
    await (await sender.receiver()).deliver({
      method: 'POST',
      path: `/v1/results/${taskId}`,
      headers: { authorization: `Bearer ${callbacks.result?.token}`, 'content-type': 'text/plain' },
      body: 'Total 42.00',
    });
    expect((await console.act(pathOf(taskId, 'reopen'))).status).toBe(303);
    return taskId;
  })
  /** The task and its audit items. */
  .extend('stateOf', ({ openSender: { store } }) => async (target: string) => {
    const { Items = [] } = await store.client.send(
      new ScanCommand({ TableName: store.auditTable, ConsistentRead: true }),
    );
    const audit = Items.map((item) => unmarshall(item) as AuditEntry).filter((entry) => entry.target === target);
    return { task: await readTask(store, target), audit };
  });

const pathOf = (taskId: string, action = 'cancel') => `/console/tasks/${taskId}/${action}`;

describe('the page of an action', () => {
  test('says what will happen, and has a form with reason, Confirm and Back', async ({ console, openTask }) => {
    const { taskId } = await openTask();
    const { html, status } = await console.ask({ path: pathOf(taskId) });
    expect(status).toBe(200);
    expect(html).toContain('<h1>Cancel task</h1>');
    expect(html).toContain('This cannot be undone.');
    expect(html).toContain(`<form class="confirm" method="post" action="${pathOf(taskId)}">`);
    expect(html).toMatch(
      /<label for="reason">Reason<\/label>\s*<input id="reason" name="reason" required maxlength="256"/,
    );
    expect(html).toContain('<button class="main">Confirm</button>');
    expect(html).toContain(`<a href="/console/tasks/${taskId}">Back</a>`);
  });

  test('changes nothing by GET, also with every field of the form', async ({ console, openTask, stateOf }) => {
    const { taskId } = await openTask();
    const before = await stateOf(taskId);
    const fields = fieldsOf((await console.ask({ path: pathOf(taskId) })).html);
    const query = Object.fromEntries(
      Object.entries({ ...fields, reason: 'r' }).map(([name, value]) => [name, [value]]),
    );
    expect((await console.ask({ path: pathOf(taskId), query })).status).toBe(200);
    expect(await stateOf(taskId)).toEqual(before);
    expect(before.audit).toEqual([]);
  });

  test('C5 is 403 for a viewer, with a disabled button and the reason', async ({ console, openTask }) => {
    const { taskId } = await openTask();
    console.as(VIEWER);
    const { html, status } = await console.ask({ path: pathOf(taskId) });
    expect(status).toBe(403);
    expect(html).toContain('<p class="warning" id="why">Your role operator_read may not do this.</p>');
    expect(html).toContain('<button disabled aria-describedby="why">Confirm</button>');
    expect(html).not.toContain('method="post" action="/console/tasks');
    expect(console.lines.at(-1)).toMatchObject({ status: 403, code: 'operator_role_missing', operator: 'viewer-1' });
  });

  test('plans nothing for a viewer, also if an old form comes', async ({ console, openSender: { store } }) => {
    const path = '/console/processors/header-ocr/revoke';
    const plans = async () => {
      const { Items = [] } = await store.client.send(
        new ScanCommand({ TableName: store.lookupsTable, ConsistentRead: true }),
      );
      return Items.filter((item) => JSON.stringify(item).includes('plan#')).length;
    };
    console.as(VIEWER);
    expect((await console.ask({ path })).status).toBe(403);
    const purpose = { operator: VIEWER.subject, action: 'revoke_all', target: 'header-ocr', revision: 'x' };
    const token = makeFormToken(KEY, purpose, NOW - 1);
    expect((await console.send(path, { token, revision: 'x', reason: 'r' })).status).toBe(403);
    expect(await plans()).toBe(0);
    console.as(ADA);
    expect((await console.ask({ path })).status).toBe(200);
    expect(await plans()).toBeGreaterThan(0);
  });

  test('is 409 for a task in another state, and 403 for an action that is switched off', async ({
    consoleOf,
    openTask,
  }) => {
    const { taskId } = await openTask();
    const console = consoleOf({ disabledActions: ['revoke'] });
    const revoke = await console.ask({ path: pathOf(taskId, 'revoke') });
    expect([revoke.status, revoke.html]).toEqual([
      403,
      expect.stringContaining('This environment switches this action off.'),
    ]);
    const reopen = await console.ask({ path: pathOf(taskId, 'reopen') });
    expect([reopen.status, reopen.html]).toEqual([409, expect.stringContaining('The task is pending.')]);
    await console.act(pathOf(taskId));
    const cancel = await console.ask({ path: pathOf(taskId) });
    expect([cancel.status, cancel.html]).toEqual([409, expect.stringContaining('The task is cancelled.')]);
    for (const { html } of [revoke, reopen, cancel]) expect(html).toContain('<button disabled');
  });

  test('of an unknown task is 404', async ({ console }) => {
    const answer = await console.ask({ path: pathOf('unknown') });
    expect([answer.status, answer.html]).toEqual([404, expect.stringContaining('<code>task_unknown</code>')]);
  });
});

describe('the form of an action', () => {
  test('acts once, and the page of the target says so once, to this operator alone', async ({
    console,
    openTask,
    stateOf,
  }) => {
    const { taskId } = await openTask();
    const answer = await console.act(pathOf(taskId));
    expect(answer.status).toBe(303);
    const { Location = '' } = answer.headers;
    expect(Location).toMatch(new RegExp(`^/console/tasks/${taskId}\\?done=[\\w-]{22}$`));
    const { audit, task } = await stateOf(taskId);
    expect(task?.status).toBe('cancelled');
    expect(audit).toMatchObject([
      {
        id: Location.slice(-22),
        action: 'cancel',
        operator: { sub: 'operator-1', issuer: 'https://idp.example.com' },
        reason: 'asked by phone',
        outcome: 'done',
        revision: { before: 1, after: 2 },
      },
    ]);
    expect(console.lines.at(-1)).toMatchObject({
      status: 303,
      operator: 'operator-1',
      action: 'cancel',
      OperatorActions: 1,
    });

    const [path = '', search = ''] = Location.split('?');
    const query = Object.fromEntries([...new URLSearchParams(search)].map(([name, value]) => [name, [value]]));
    const notice = '<p class="notice" role="status" tabindex="-1" autofocus>Task cancelled.</p>';
    const jar = new Map(console.jar);
    console.as(EVE);
    expect((await console.ask({ path, query })).html).not.toContain('role="status"');
    console.as(ADA);
    for (const [name, value] of jar) console.jar.set(name, value);
    expect((await console.ask({ path, query })).html).toContain(notice);
    expect((await console.ask({ path, query })).html).not.toContain('role="status"');
  });

  test('sent twice acts once: the second one is stale', async ({ console, openTask, stateOf }) => {
    const { taskId } = await openTask();
    const fields = { ...fieldsOf((await console.ask({ path: pathOf(taskId, 'revoke') })).html), reason: 'r' };
    expect((await console.send(pathOf(taskId, 'revoke'), fields)).status).toBe(303);
    expect((await console.send(pathOf(taskId, 'revoke'), fields)).status).toBe(409);
    expect((await stateOf(taskId)).audit.map(({ outcome }) => outcome).sort()).toEqual(['done', 'task_changed']);
  });

  test('of a stale page is 409: it says what the task was and is, and the audit has the refusal', async ({
    console,
    consoleOf,
    openTask,
    stateOf,
  }) => {
    const { taskId } = await openTask();
    const other = consoleOf();
    const fields = { ...fieldsOf((await console.ask({ path: pathOf(taskId) })).html), reason: 'too late' };
    await other.act(pathOf(taskId));
    const { html, status } = await console.send(pathOf(taskId), fields);
    expect(status).toBe(409);
    expect(html).toContain('<h1>This task has changed</h1>');
    expect(html).toContain('<dt>It was</dt><dd>pending, revision 1</dd>');
    expect(html).toContain('<dt>It is</dt><dd>cancelled, revision 2</dd>');
    expect(html).toContain(`<a href="/console/tasks/${taskId}">Back</a>`);
    expect(console.lines.at(-1)).toMatchObject({ status: 409, code: 'task_changed', action: 'cancel' });
    const { audit } = await stateOf(taskId);
    expect(audit.find(({ reason }) => reason === 'too late')).toMatchObject({ outcome: 'task_changed' });
  });

  test('is not stale after progress of the processor', async ({ console, sender }) => {
    const opened = await sender.opener().send({
      method: 'POST',
      path: '/v1/tasks',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(aTaskBody({ processor: 'header-ocr', callbacks: ['result', 'progress'] })),
    });
    const { callbacks, taskId } = opened.json as Opened;
    const fields = { ...fieldsOf((await console.ask({ path: pathOf(taskId) })).html), reason: 'r' };
    const progress = await (await sender.receiver()).deliver({
      method: 'POST',
      path: `/v1/progress/${taskId}`,
      headers: { authorization: `Bearer ${callbacks.progress?.token}`, 'content-type': 'application/json' },
      body: '{"percent":40}',
    });
    expect(progress.status).toBeLessThan(300);
    expect((await console.send(pathOf(taskId), fields)).status).toBe(303);
  });

  test.for<[string, string]>([
    ['no reason', ''],
    ['a reason of 257 characters', 'x'.repeat(257)],
  ])(
    'with %s is 400 and the page again, and the audit has nothing',
    async ([_, reason], { console, openTask, stateOf }) => {
      const { taskId } = await openTask();
      const before = await stateOf(taskId);
      const { html, status } = await console.act(pathOf(taskId), { reason });
      expect(status).toBe(400);
      expect(html).toContain(
        '<p class="warning" role="alert">Give a reason of 1 to 256 characters. Nothing was done.</p>',
      );
      expect(html).toContain(`value="${reason}"`);
      expect(console.lines.at(-1)).toMatchObject({ status: 400, code: 'request_invalid' });
      expect(await stateOf(taskId)).toEqual(before);
      expect((await console.send(pathOf(taskId), { ...fieldsOf(html), reason: 'better' })).status).toBe(303);
    },
  );

  test('takes a reason of 256 characters, and of one', async ({ console, openTask }) => {
    expect((await console.act(pathOf((await openTask()).taskId), { reason: '😀'.repeat(256) })).status).toBe(303);
    expect((await console.act(pathOf((await openTask()).taskId), { reason: 'x' })).status).toBe(303);
  });

  test('W1 is too old after 600 s: 403 with a fresh form that keeps the reason', async ({
    console,
    openTask,
    stateOf,
  }) => {
    const { taskId } = await openTask();
    const fields = { ...fieldsOf((await console.ask({ path: pathOf(taskId) })).html), reason: 'a "long" <call>' };
    console.at(NOW + 601);
    const { headers, html, status } = await console.send(pathOf(taskId), fields);
    expect(status).toBe(403);
    expect(headers['Content-Type']).toBe('text/html; charset=utf-8');
    expect(html).toContain('This page was older than 10 minutes. Nothing was done. Read it again and confirm.');
    expect(html).toContain('value="a &quot;long&quot; &lt;call&gt;"');
    expect(console.lines.at(-1)).toMatchObject({ code: 'form_refused', FormRefused: 1, Reason: 'time' });
    expect(await stateOf(taskId)).toMatchObject({ audit: [], task: { status: 'pending' } });
    expect((await console.send(pathOf(taskId), { ...fieldsOf(html), reason: 'r' })).status).toBe(303);
  });

  test('W1 is good for 600 s', async ({ console, openTask }) => {
    const { taskId } = await openTask();
    const fields = { ...fieldsOf((await console.ask({ path: pathOf(taskId) })).html), reason: 'r' };
    console.at(NOW + 600);
    expect((await console.send(pathOf(taskId), fields)).status).toBe(303);
  });

  test('W3 escapes the reason in the page that comes again', async ({ console, openTask }) => {
    const { taskId } = await openTask();
    const { html } = await console.act(pathOf(taskId), { reason: `"><script>${'x'.repeat(257)}` });
    expect(html).toContain('value="&quot;&gt;&lt;script&gt;x');
    expect(html).not.toContain('"><script>x');
  });

  test('O1 with a callback token as its reason leaves it in no log and no audit item', async ({
    console,
    openTask,
    stateOf,
  }) => {
    const { callbacks, taskId } = await openTask();
    // A reason has at most 256 characters.
    const token = callbacks.result?.token?.slice(0, 240) ?? '';
    expect((await console.act(pathOf(taskId), { reason: `it was ${token}` })).status).toBe(303);
    const { audit } = await stateOf(taskId);
    expect(audit[0]?.reason).toBe('it was …');
    expect(JSON.stringify(console.lines)).not.toContain(token.slice(0, 20));
  });
});

describe('a credential in a reason', () => {
  test('is not shown again, if the page comes again', async ({ console, openTask }) => {
    const { callbacks, taskId } = await openTask();
    const { html, status } = await console.act(pathOf(taskId), {
      reason: `${callbacks.result?.token} ${'x'.repeat(257)}`,
    });
    expect(status).toBe(400);
    expect(html).toContain('value="… xxx');
    expect(html).not.toContain('eyJ');
  });
});

describe('W1 a form of an action that is not ours', () => {
  test.for<[string, string, (taskId: string) => Record<string, string>, Record<string, string>?]>([
    ['without a token', 'token', () => ({})],
    [
      'with another operator’s',
      'token',
      (taskId) => ({ token: aToken(taskId, { operator: 'operator-2', revision: 1 }) }),
    ],
    [
      'with one for another action',
      'token',
      (taskId) => ({ token: aToken(taskId, { action: 'revoke', revision: 1 }) }),
    ],
    ['with one for another task', 'token', () => ({ token: aToken('another', { revision: 1 }) })],
    ['with one for another revision', 'token', (taskId) => ({ token: aToken(taskId, { revision: 2 }) })],
    [
      'from another site',
      'site',
      (taskId) => ({ token: aToken(taskId, { revision: 1 }) }),
      { 'sec-fetch-site': 'cross-site' },
    ],
    ['of the origin null', 'origin', (taskId) => ({ token: aToken(taskId, { revision: 1 }) }), { origin: 'null' }],
    [
      'as JSON',
      'type',
      (taskId) => ({ token: aToken(taskId, { revision: 1 }) }),
      { 'content-type': 'application/json' },
    ],
  ])(
    'does nothing, is counted, and is not in the audit: %s',
    async ([, fault, fields, headers = {}], { console, openTask, stateOf }) => {
      const { taskId } = await openTask();
      const before = await stateOf(taskId);
      const form = { revision: '1', state: 'pending', reason: 'r', ...fields(taskId) };
      const page = await console.send(pathOf(taskId), form, headers);
      expect([page.status, page.html]).toEqual([403, expect.stringContaining('<code>form_refused</code>')]);
      expect(console.lines.at(-1)).toMatchObject({ code: 'form_refused', FormRefused: 1, Reason: fault });
      const program = await console.send(pathOf(taskId), form, { ...headers, accept: '*/*' });
      expect(program).toBeRefusedWith('form_refused', null);
      expect(await stateOf(taskId)).toEqual(before);
      expect(before.audit).toEqual([]);
    },
  );

  test('is one for another delivery in quarantine of the same task', async ({ aReopenedTask, console }) => {
    const taskId = await aReopenedTask();
    const page = (await console.ask({ path: `/console/tasks/${taskId}` })).html;
    const [, id = ''] = /quarantine\/([\w-]+)\/discard"/.exec(page) ?? [];
    const fields = fieldsOf((await console.ask({ path: pathOf(taskId, `quarantine/${id}/discard`) })).html);
    const send = (path: string) => console.send(pathOf(taskId, path), { ...fields, reason: 'r' });
    expect((await send(`quarantine/${id}x/discard`)).status).toBe(403);
    expect((await send(`quarantine/${id}/accept`)).status).toBe(403);
    expect(console.lines.at(-1)).toMatchObject({ Reason: 'token' });
    expect((await send(`quarantine/${id}/discard`)).status).toBe(303);
  });

  test('cannot replace another one: with the token twice, or with the reason in the query', async ({
    console,
    openTask,
    stateOf,
  }) => {
    const { taskId } = await openTask();
    const token = aToken(taskId, { revision: 1 });
    const twice = await console.ask({
      method: 'POST',
      path: pathOf(taskId),
      headers: {
        'sec-fetch-site': 'same-origin',
        origin: 'https://callbacks.example.com',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: `token=${token}&token=${token}&revision=1&reason=r`,
    });
    expect(twice.status).toBe(403);
    expect((await stateOf(taskId)).task?.status).toBe('pending');
  });
});

describe('the checks of a form come in this order', () => {
  test('the form, then the role, then the reason, then what is switched off, then the state', async ({
    consoleOf,
    openTask,
    stateOf,
  }) => {
    const { taskId } = await openTask();
    await consoleOf().act(pathOf(taskId));
    const console = consoleOf({ disabledActions: ['cancel'] });
    const send = async (fields: Record<string, string>) => {
      const { status } = await console.send(pathOf(taskId), { revision: '2', ...fields }, { accept: 'text/html' });
      return [status, console.lines.at(-1)?.code];
    };
    const ofViewer = aToken(taskId, { operator: VIEWER.subject, revision: 2 });
    const ofAda = aToken(taskId, { revision: 2 });
    console.as(VIEWER);
    expect(await send({ token: ofAda })).toEqual([403, 'form_refused']);
    expect(await send({ token: ofViewer })).toEqual([403, 'operator_role_missing']);
    console.as(ADA);
    expect(await send({ token: ofAda })).toEqual([400, 'request_invalid']);
    expect(await send({ token: ofAda, reason: 'r' })).toEqual([403, 'action_disabled']);
    const allowed = await consoleOf().send(pathOf(taskId), { token: ofAda, revision: '2', reason: 'r' });
    expect([allowed.status, allowed.html]).toEqual([409, expect.stringContaining('<code>task_closed</code>')]);
    const { audit } = await stateOf(taskId);
    expect(audit.map(({ outcome }) => outcome).sort()).toEqual([
      'action_disabled',
      'done',
      'operator_role_missing',
      'task_closed',
    ]);
  });

  test('a person without any role gets no further, and writes no audit item', async ({
    console,
    openTask,
    stateOf,
  }) => {
    const { taskId } = await openTask();
    console.as({ ...ADA, roles: [] });
    const answer = await console.send(pathOf(taskId), {
      token: aToken(taskId, { revision: 1 }),
      revision: '1',
      reason: 'r',
    });
    expect([answer.status, answer.html]).toEqual([403, expect.stringContaining('<h1>No access</h1>')]);
    expect(await stateOf(taskId)).toMatchObject({ audit: [], task: { status: 'pending' } });
  });

  test('a form after the idle limit does nothing', async ({ console, openTask, stateOf }) => {
    const { taskId } = await openTask();
    const fields = { ...fieldsOf((await console.ask({ path: pathOf(taskId) })).html), reason: 'r' };
    console.at(NOW + 1_801);
    const answer = await console.send(pathOf(taskId), {
      ...fields,
      token: aToken(taskId, { revision: 1 }, NOW + 2_000),
    });
    expect(answer.status).toBe(401);
    expect(await stateOf(taskId)).toMatchObject({ audit: [], task: { status: 'pending' } });
  });
});

describe('the files of the console', () => {
  test('are kept for a year by the browser alone if their URL has the hash of their content', async ({ console }) => {
    const { html } = await console.ask();
    for (const [path, type] of [
      ['/console/style.css', 'text/css; charset=utf-8'],
      ['/console/script.js', 'text/javascript; charset=utf-8'],
    ] as const) {
      const [, version = ''] = new RegExp(`${path.replace('.', '\\.')}\\?v=([0-9a-f]{16})"`).exec(html) ?? [];
      const ask = (query: Record<string, string[]>) => console.ask({ path, query, headers: { accept: '*/*' } });
      const kept = await ask({ v: [version] });
      expect(kept.headers).toMatchObject({
        'Content-Type': type,
        'Cache-Control': 'private, max-age=31536000, immutable',
        'X-Content-Type-Options': 'nosniff',
      });
      for (const query of [{}, { v: ['0123456789abcdef'] }, { v: [''] }]) {
        const answer = await ask(query);
        expect([answer.status, answer.headers['Cache-Control']]).toEqual([200, 'no-store']);
      }
    }
  });
});
