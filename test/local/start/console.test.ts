import { describe, expect } from 'vitest';
import { JOURNEYS, pathOf } from '../../support/console-journeys.ts';
import { findSeededPaths, SCREENS } from '../../support/console-screens.ts';
import { anHttpVisitor, type HttpVisitor } from '../../support/http-visitor.ts';
import { aRunningSender } from '../../support/running-sender.ts';
import { test as base } from './gateway-fixtures.ts';

const test = base
  .extend('sender', { scope: 'file' }, ({ ready }) => aRunningSender(ready))
  .extend('signIn', { scope: 'file' }, ({ ready }) => async (person: string) => {
    const visitor = anHttpVisitor(ready.console ?? ready.gateway);
    await visitor.signIn(person);
    return visitor;
  })
  .extend('operator', { scope: 'file' }, ({ signIn }) => signIn('operator'))
  .extend('colleague', { scope: 'file' }, ({ signIn }) => signIn('operator2'));
test.override('options', ['--seed']);

const MAY_NOT = 'Your role operator_read may not do this.';

describe('people of the local provider', () => {
  test.for(['operator', 'operator2', 'viewer'])('%s signs in and reads every screen', async (person, { signIn }) => {
    const visitor = await signIn(person);
    for (const [path, heading] of SCREENS) {
      const { status, text, ...seen } = await visitor.open(path);
      expect([status, seen.heading]).toEqual([200, heading]);
      expect(text).toContain(person);
    }
  });

  test('a guest sees "No access" on every path, and can only sign out', async ({ signIn }) => {
    const guest = await signIn('guest');
    for (const [path] of SCREENS) {
      const { heading, status, text } = await guest.open(path);
      expect([status, heading]).toEqual([403, 'No access']);
      expect(text).not.toContain('Quarantine');
    }
    const out = await guest.send({}, 'Sign out');
    expect([out.status, out.heading]).toEqual([200, 'Signed out']);
    expect([...guest.browser.cookies.keys()].filter((name) => /ELB|postern/.test(name))).toEqual([]);
  });

  test('a viewer sees each action disabled with the reason, and its page and form refuse', async ({
    operator,
    signIn,
  }) => {
    const viewer = await signIn('viewer');
    const { actions, hostile, invoice } = await findSeededPaths(operator);
    const offers = {
      [hostile]: ['Cancel task', 'Revoke callbacks', 'Reopen task'],
      [invoice]: ['Reveal payload'],
      '/console/quarantine': ['Accept', 'Discard', 'Reveal payload'],
      '/console/processors/leaky': ['Revoke all callbacks'],
      '/console/dead-letters': ['Redrive all', 'Redrive'],
      '/console/keys': ['Retire key'],
    };
    for (const [path, names] of Object.entries(offers)) {
      await viewer.open(path);
      const disabled = await viewer.disabled();
      for (const name of names) expect(disabled).toContainEqual({ name, why: MAY_NOT });
      expect(disabled.filter(({ why }) => why !== MAY_NOT)).toEqual([]);
    }
    for (const [heading, path] of Object.entries(actions)) {
      const page = await viewer.open(path);
      expect([page.heading, page.status]).toEqual([heading, 403]);
      expect(await viewer.disabled()).toEqual([{ name: 'Confirm', why: MAY_NOT }]);
      expect((await viewer.post(path, { reason: 'mine', revision: '1' })).status).toBe(403);
    }
  });
});

describe('W1 a forged form', () => {
  interface Forged {
    readonly fields?: Readonly<Record<string, string>>;
    readonly headers?: Record<string, string>;
  }
  type Forgery = (given: {
    readonly own: Readonly<Record<string, string>>;
    readonly fieldsOf: (visitor: HttpVisitor, path: string) => Promise<Readonly<Record<string, string>>>;
    readonly operator: HttpVisitor;
    readonly colleague: HttpVisitor;
    readonly path: string;
    readonly otherPath: string;
  }) => Promise<Forged>;
  const withHeaders =
    (headers: Record<string, string>): Forgery =>
    async ({ own }) => ({ fields: own, headers });
  const FORGERIES: readonly (readonly [string, Forgery])[] = [
    ['without a token', async ({ own: { token: _, ...rest } }) => ({ fields: rest })],
    [
      'with the token of another operator',
      async ({ colleague, fieldsOf, path }) => ({ fields: await fieldsOf(colleague, path) }),
    ],
    [
      'with the token of another task',
      async ({ fieldsOf, operator, otherPath }) => ({ fields: await fieldsOf(operator, otherPath) }),
    ],
    [
      'with the token of another action',
      async ({ fieldsOf, operator, path }) => ({
        fields: await fieldsOf(operator, path.replace(/cancel$/, 'revoke')),
      }),
    ],
    [
      'with a longer life',
      async ({ own }) => ({
        fields: { ...own, token: (own.token ?? '').replace(/^\d+/, (time) => `${Number(time) + 600}`) },
      }),
    ],
    ['with another revision', async ({ own }) => ({ fields: { ...own, revision: `${Number(own.revision) + 1}` } })],
    ['from another site', withHeaders({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example.com' })],
    ['from another port', withHeaders({ 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' })],
    ['whose site is not told', withHeaders({ 'sec-fetch-site': '' })],
    ['with Origin: null', withHeaders({ origin: 'null' })],
    ['that is sent as JSON', withHeaders({ 'content-type': 'application/json' })],
    ['that is sent as text', withHeaders({ 'content-type': 'text/plain' })],
  ];

  test.for(FORGERIES)('%s does nothing', async ([, forge], { colleague, operator, sender }) => {
    const [task, other] = [await sender.open(), await sender.open()];
    const fieldsOf = async (visitor: HttpVisitor, path: string) => {
      await visitor.open(path);
      return visitor.fieldsOf('Confirm');
    };
    const [path, otherPath] = [`${pathOf(task)}/cancel`, `${pathOf(other)}/cancel`];
    const own = await fieldsOf(operator, path);
    const { fields = own, headers = {} } = await forge({ own, fieldsOf, operator, colleague, path, otherPath });
    const answer = await operator.post(path, { ...fields, reason: 'forged' }, headers);
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('form_refused')]);
    // A request that is no form has no audit item, and the same form from the page itself works.
    expect((await operator.open(`/console/audit?target=${task.taskId}`)).text).toContain('No action matches.');
    expect((await operator.post(path, { ...own, reason: 'genuine' })).notices).toEqual(['Task cancelled.']);
  });

  test('that is sent by GET, or without a session, does nothing', async ({ operator, sender }) => {
    const task = await sender.open();
    const path = `${pathOf(task)}/cancel`;
    await operator.open(path);
    const fields = { ...operator.fieldsOf('Confirm'), reason: 'forged' };
    expect((await operator.open(`${path}?${new URLSearchParams(fields)}`)).heading).toBe('Cancel task');
    const stranger = anHttpVisitor(operator.origin);
    await stranger.post(path, fields);
    expect((await operator.open(pathOf(task))).text).toContain('Status pending');
    expect((await operator.open(`/console/audit?target=${task.taskId}`)).text).toContain('No action matches.');
  });
});

/** Texts of the seed data that no page may have as they are. */
const BARE = ['<script>', '<svg', '<img', '<h1>Done', '\u202E', '\u2067', '\u0007', '/c/NotARealCode'];

test('W3 markup and reversing characters of senders and processors are text', async ({ operator }) => {
  const { hostile } = await findSeededPaths(operator);
  for (const path of [hostile, '/console/tasks', '/console/audit']) {
    await operator.open(path);
    const markup = await operator.markup();
    for (const bare of BARE) expect(markup).not.toContain(bare);
  }
  const { text } = await operator.open(hostile);
  for (const shown of [
    'urn:example:<script>alert("resource")</script>',
    'Metadata: <b>customer</b> Bob"><img src=x onerror=alert(1)>',
    'invoice-[U+202E]fdp.exe[U+202C]',
    '[U+2067]reversed[U+2069] and [U+0007] a bell',
    `<h1>Done</h1>[U+202E]enod[U+202C] see [callback URL] and </td><script>alert('note')</script>`,
    'Reason: Markup in a note: <svg onload=alert("reason")>, asked the processor',
  ]) {
    expect(text).toContain(shown);
  }
});

describe('over HTTP, as a browser without script', () => {
  test.for(JOURNEYS)('$title', async ({ walk }, { colleague, operator, sender }) => {
    await walk(operator, { colleague, sender });
  });
});
