import { describe, expect, it } from 'vitest';
import { type AnswerVisit, assetsOf } from '../../../../lambda/shared/console/frame.ts';
import type { ConsolePage } from '../../../../lambda/shared/console/visit.ts';
import { showDeadline } from '../../../../lambda/shared/console/words.ts';
import { flag, html, passing } from '../../../../lambda/shared/html/template.ts';
import { refuse } from '../../../../lambda/shared/refusal.ts';
import { ADA, aVisitor } from '../../../support/console.ts';
import '../../../support/matchers.ts';
import { NOW } from '../../../support/tokens.ts';

const HOUR_LATER = new Date((NOW + 3_600) * 1000).toISOString();

/** A page that looks for changes, with what a page may have that passes. */
const aLivePage =
  (more: Partial<ConsolePage> = {}): AnswerVisit =>
  async ({ now }) => ({
    title: 'Tasks',
    live: { seconds: 10, count: '1 task' },
    body: html`<p>${showDeadline(HOUR_LATER, now)}</p>${passing(html`<input value="${now}">`)}`,
    ...more,
  });

const idsIn = (page: string) => [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);

describe('a page of the console', () => {
  it('W2 has a policy without inline code and foreign origins, and is kept by nobody', async () => {
    const page = await aVisitor().ask();
    expect(page.headers).toEqual({
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy':
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
      'Set-Cookie': expect.stringContaining('__Host-postern-console='),
      'X-Request-Id': expect.any(String),
    });
  });

  it('W2 has no inline code and no inline style, and loads only files of the gateway', async () => {
    const { html: page } = await aVisitor().ask();
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*src=)/i);
    const urls = [...page.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(([, url = '']) => url);
    expect(urls.filter((url) => !/^(\/console|\/problems\/icon\.svg|#content)/.test(url))).toEqual([]);
    expect(page).toMatch(/<script type="module" src="\/console\/script\.js\?v=[0-9a-f]{16}"><\/script>/);
  });

  it('W3 escapes the name of the operator', async () => {
    const visitor = aVisitor();
    visitor.as({ ...ADA, name: `"><img src=x onerror='alert(1)'>&amp;` });
    const { html: page } = await visitor.ask();
    expect(page).not.toContain('<img');
    expect(page).toContain('<p class="operator">&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;amp;</p>');
  });

  it('has a heading, a title, a link to its content, and one element of each id', async () => {
    const { html: page } = await aVisitor({}, aLivePage()).ask({ path: '/console/tasks' });
    expect(page.match(/<h1>.*?<\/h1>/g)).toEqual(['<h1>Tasks</h1>']);
    expect(page).toContain('<title>Tasks · test · Postern</title>');
    expect(page).toMatch(/<body>\n<a class="skip" href="#content">Skip to content<\/a>/);
    expect(page).toContain('<main id="content" tabindex="-1">');
    expect(new Set(idsIn(page)).size).toBe(idsIn(page).length);
  });

  it('names the environment, with a band where it is protected', async () => {
    expect((await aVisitor().ask()).html).not.toContain('class="protected"');
    const page = (await aVisitor({ isProtected: true, environment: 'live' }).ask()).html;
    expect(page).toContain('<p class="protected">Protected environment: live</p>');
    expect(page).toContain('<p class="environment">live</p>');
  });

  it.each([
    ['/console', 'Overview'],
    ['/console/tasks', 'Tasks'],
    ['/console/tasks/t1', 'Tasks'],
    ['/console/dead-letters', 'Dead letters'],
    ['/console/find', undefined],
  ])('marks the link of the navigation for %s', async (path, name) => {
    const page = (await aVisitor().ask({ path })).html;
    const marked = [...page.matchAll(/aria-current="page">([^<]+)</g)].map(([, text]) => text);
    expect(marked).toEqual(name === undefined ? [] : [name]);
  });

  it('has one link for each page and its key', async () => {
    const page = (await aVisitor().ask({ path: '/console/find' })).html;
    const links = [...page.matchAll(/<a href="([^"]+)" data-key="(.)">([^<]+)</g)].map((link) => link.slice(1));
    expect(links).toEqual([
      ['/console', 'o', 'Overview'],
      ['/console/tasks', 't', 'Tasks'],
      ['/console/quarantine', 'q', 'Quarantine'],
      ['/console/replays', 'r', 'Replays'],
      ['/console/processors', 'p', 'Processors'],
      ['/console/dispatch', 'i', 'Dispatch'],
      ['/console/dead-letters', 'd', 'Dead letters'],
      ['/console/keys', 'k', 'Keys'],
      ['/console/audit', 'a', 'Audit'],
    ]);
  });

  it('shows a refusal as a page with code and status, and logs it', async () => {
    const visitor = aVisitor({}, async () => refuse('task_unknown', 'no such task'));
    const answer = await visitor.ask({ path: '/console/tasks/t1' });
    expect(answer.status).toBe(404);
    expect(answer.html).toContain('<code>task_unknown</code>, HTTP status 404');
    expect(answer.html).toContain('<nav aria-label="Console">');
    expect(visitor.lines.at(-1)).toMatchObject({ status: 404, code: 'task_unknown', reason: 'no such task' });
  });

  it('answers a refusal as a problem document without text/html in Accept', async () => {
    const visitor = aVisitor({}, async () => refuse('task_unknown', 'no such task'));
    for (const accept of ['*/*', 'application/json', 'text/html;q=0', undefined]) {
      const answer = await visitor.ask({ path: '/console/tasks/t1', headers: { accept } });
      expect(answer).toBeRefusedWith('task_unknown', null);
    }
  });

  it('shows no navigation and no search to a person without a role', async () => {
    const visitor = aVisitor();
    visitor.as({ ...ADA, roles: [] });
    const { html: page, status } = await visitor.ask();
    expect(status).toBe(403);
    expect(page).toContain('<h1>No access</h1>');
    expect(page).not.toMatch(/<nav|role="search"|<dialog/);
    expect(page).toContain('<button>Sign out</button>');
  });
});

describe('a page that looks for changes', () => {
  const etagOf = async (visitor: ReturnType<typeof aVisitor>) => (await visitor.ask()).headers.ETag ?? '';

  it('says its time and count, and has an announcement that is no status', async () => {
    const { headers, html: page } = await aVisitor({}, aLivePage()).ask();
    expect(headers.ETag).toMatch(/^"[0-9a-f]{16}"$/);
    expect(page).toContain(
      `<div id="live" data-seconds="10" data-count="1 task" data-etag="${headers.ETag?.replaceAll('"', '&quot;')}">`,
    );
    expect(page).toContain('<p class="live" id="announcement" aria-live="polite"></p>');
    expect(page).not.toContain('role="status"');
  });

  it('is 304 without a body if nothing has changed, however much time has passed', async () => {
    const visitor = aVisitor({}, aLivePage());
    const etag = await etagOf(visitor);
    visitor.at(NOW + 600);
    const again = await visitor.ask({ headers: { 'if-none-match': etag } });
    expect([again.status, again.html, again.headers.ETag]).toEqual([304, '', etag]);
    expect(again.headers).toMatchObject({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    expect((await visitor.ask({ headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('has the same tag for two operators with the same roles, and another one for other roles', async () => {
    const visitor = aVisitor({}, aLivePage());
    const etag = await etagOf(visitor);
    visitor.as({ ...ADA, subject: 'operator-2', name: 'Grace' });
    expect(await etagOf(visitor)).toBe(etag);
    visitor.as({ ...ADA, roles: ['operator_read'] });
    expect(await etagOf(visitor)).not.toBe(etag);
  });

  it.each<[string, Partial<ConsolePage>]>([
    ['its body', { body: html`<p>2</p>` }],
    ['its heading', { title: 'Task' }],
    ['what is beside its heading', { beside: html`<span>failed</span>` }],
    ['its filters', { above: html`<form></form>` }],
    ['a button that is switched off', { body: html`<button${flag('disabled', true)}>x</button>` }],
  ])('has another tag with a change of %s', async (_, change) => {
    expect(await etagOf(aVisitor({}, aLivePage(change)))).not.toBe(await etagOf(aVisitor({}, aLivePage())));
  });

  it('has no tag and is never 304 if it does not look for changes', async () => {
    const visitor = aVisitor();
    const page = await visitor.ask({ headers: { 'if-none-match': '*' } });
    expect([page.status, page.headers.ETag]).toEqual([200, undefined]);
  });
});

describe('a request of the script', () => {
  const POLLING = { 'sec-fetch-dest': 'empty' };

  it('does not prolong a session', async () => {
    const visitor = aVisitor({}, aLivePage());
    await visitor.ask();
    for (let seconds = 10; seconds <= 1_800; seconds += 10) {
      visitor.at(NOW + seconds);
      const answer = await visitor.ask({ headers: POLLING });
      expect([answer.status, answer.cookies]).toEqual([200, []]);
    }
    visitor.at(NOW + 1_801);
    expect((await visitor.ask({ headers: POLLING })).status).toBe(401);
  });

  it('differs from a visit of a person, which does', async () => {
    const visitor = aVisitor({}, aLivePage());
    await visitor.ask({ headers: { 'sec-fetch-dest': 'document' } });
    visitor.at(NOW + 1_800);
    expect((await visitor.ask({ headers: { 'sec-fetch-dest': 'document' } })).cookies).toHaveLength(1);
    visitor.at(NOW + 3_600);
    expect((await visitor.ask()).status).toBe(200);
  });
});

describe('the URLs of the files', () => {
  it('change with their content', () => {
    const before = assetsOf({ style: 'a', script: 'b' });
    const after = assetsOf({ style: 'a2', script: 'b' });
    expect(before.style.text).toMatch(/^\/console\/style\.css\?v=[0-9a-f]{16}$/);
    expect(after.style.text).not.toBe(before.style.text);
    expect(after.script.text).toBe(before.script.text);
  });
});
