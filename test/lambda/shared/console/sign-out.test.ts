import { describe, expect } from 'vitest';
import { createGenerateMac } from '../../../../lambda/shared/aws/kms-mac.ts';
import { createConsoleKey, createKmsConsoleKey } from '../../../../lambda/shared/console/console-key.ts';
import { makeFormToken } from '../../../../lambda/shared/console/form.ts';
import { ADA, aVisitor, FORM_HEADERS } from '../../../support/console.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

const ENDED = [
  'AWSELBAuthSessionCookie-0=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
  'AWSELBAuthSessionCookie-1=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
  'AWSELBAuthSessionCookie-2=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
  'AWSELBAuthSessionCookie-3=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
  '__Host-postern-console=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
];
const PROVIDER = `https://idp.example.com/session/end?client_id=postern-console&post_logout_redirect_uri=${encodeURIComponent(`${ORIGIN}/console`)}`;

const test = base.extend(
  'getKey',
  ({ kms }) =>
    () =>
      createKmsConsoleKey(createGenerateMac(kms.call), kms.codeKey.arn),
);

describe('W4 signing out', () => {
  test('ends every piece of the load balancer’s cookie, then the session at the provider', async () => {
    const visitor = aVisitor();
    const answer = await visitor.signOut(await visitor.signOutToken());
    expect(answer.status).toBe(200);
    expect(answer.cookies).toEqual(ENDED);
    expect(answer.headers.Refresh).toBe(`0; url=${PROVIDER}`);
    expect(answer.body.toString()).toContain(`<a href="${PROVIDER.replaceAll('&', '&amp;')}">continue</a>`);
    expect(answer.headers['Cache-Control']).toBe('no-store');
  });

  test('names the place to return to as Cognito does', async () => {
    const endSession = { endpoint: 'https://pool.example.com/logout', returnParameter: 'logout_uri' } as const;
    const visitor = aVisitor({ endSession });
    const { headers } = await visitor.signOut(await visitor.signOutToken());
    const url = new URL(headers.Refresh?.replace('0; url=', '') ?? '');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'postern-console',
      logout_uri: `${ORIGIN}/console`,
    });
  });

  test('says that the provider’s session is still there, where the provider has no place to end it', async () => {
    const visitor = aVisitor({ endSession: null });
    const answer = await visitor.signOut(await visitor.signOutToken());
    expect(answer.headers.Refresh).toBeUndefined();
    expect(answer.cookies).toEqual(ENDED);
    expect(answer.body.toString()).toContain('may still be signed in at your identity provider');
  });

  test('is possible for a person without a role', async () => {
    const visitor = aVisitor();
    visitor.as({ ...ADA, roles: [] });
    expect((await visitor.signOut(await visitor.signOutToken())).status).toBe(200);
  });

  test('works as long as the session, however long ago the page was shown', async () => {
    const visitor = aVisitor();
    const token = await visitor.signOutToken();
    visitor.at(NOW + 28_800);
    expect((await visitor.signOut(token)).status).toBe(200);
    visitor.at(NOW + 28_801);
    expect((await visitor.signOut(token)).status).toBe(403);
  });

  test('gets 405 by GET, and ends no session', async () => {
    const answer = await aVisitor().ask({ path: '/console/sign-out', headers: { accept: '*/*' } });
    expect(answer).toBeRefusedWith('method_not_allowed');
    expect(answer.cookies).toEqual([]);
  });
});

describe('W1 a form that did not come from our page', () => {
  test.each<[string, string, Record<string, string | readonly string[] | undefined>]>([
    ['from another site', 'site', { 'sec-fetch-site': 'cross-site' }],
    ['from another host of the site', 'site', { 'sec-fetch-site': 'same-site' }],
    ['typed by the user', 'site', { 'sec-fetch-site': 'none' }],
    ['without Sec-Fetch-Site', 'site', { 'sec-fetch-site': undefined }],
    ['of two sites', 'site', { 'sec-fetch-site': ['same-origin', 'same-origin'] }],
    ['of another origin', 'origin', { origin: 'https://evil.example.com' }],
    ['of the origin null', 'origin', { origin: 'null' }],
    ['of an origin that begins alike', 'origin', { origin: `${ORIGIN}.evil.example` }],
    ['of no origin', 'origin', { origin: undefined }],
    ['of two origins', 'origin', { origin: [ORIGIN, ORIGIN] }],
    ['as JSON', 'type', { 'content-type': 'application/json' }],
    ['as text', 'type', { 'content-type': 'text/plain' }],
    ['of no type', 'type', { 'content-type': undefined }],
  ])('is refused: %s', async (_, fault, headers) => {
    const visitor = aVisitor();
    const answer = await visitor.signOut(await visitor.signOutToken(), { accept: '*/*', ...headers });
    expect(answer).toBeRefusedWith('form_refused', null);
    expect(answer.cookies).toEqual([]);
    expect(visitor.lines.at(-1)).toMatchObject({
      status: 403,
      code: 'form_refused',
      operator: 'operator-1',
      FormRefused: 1,
      Reason: fault,
    });
  });

  const key = createConsoleKey(Buffer.alloc(32, 7));
  const purpose = { operator: 'operator-1', action: 'sign-out', target: 'operator-1', revision: 0 };
  test.each<[string, string, string]>([
    ['without a token', 'token', ''],
    ['with a token in words', 'token', 'token'],
    ['with another’s', 'token', makeFormToken(key, { ...purpose, operator: 'operator-2' }, NOW + 60)],
    ['with one for another action', 'token', makeFormToken(key, { ...purpose, action: 'cancel' }, NOW + 60)],
    ['with one for another target', 'token', makeFormToken(key, { ...purpose, target: 'task' }, NOW + 60)],
    ['with one for another revision', 'token', makeFormToken(key, { ...purpose, revision: 1 }, NOW + 60)],
    ['with one of another key', 'token', makeFormToken(createConsoleKey(Buffer.alloc(32, 8)), purpose, NOW + 60)],
    ['with a later time', 'token', makeFormToken(key, purpose, NOW + 60).replace(/^\d+/, `${NOW + 61}`)],
    ['with one that is over', 'time', makeFormToken(key, purpose, NOW - 1)],
  ])('is refused: %s', async (_, fault, token) => {
    const visitor = aVisitor();
    const answer = await visitor.signOut(token, { accept: 'application/json' });
    expect(answer).toBeRefusedWith('form_refused', null);
    expect(visitor.lines.at(-1)).toMatchObject({ Reason: fault });
  });

  test('is refused with two tokens, or with a token above 4,096 bytes', async () => {
    const visitor = aVisitor();
    const token = await visitor.signOutToken();
    const send = (body: string) =>
      visitor.ask({ method: 'POST', path: '/console/sign-out', headers: FORM_HEADERS, body });
    expect((await send(`token=${token}&token=${token}`)).status).toBe(403);
    const text = `token=${token}&more=`;
    expect((await send(text.padEnd(4_096, 'x'))).status).toBe(200);
    expect((await send(text.padEnd(4_097, 'x'))).status).toBe(403);
  });

  test('answers a browser with a page that says so', async () => {
    const answer = await aVisitor().signOut('');
    expect(answer.status).toBe(403);
    expect(answer.headers['Content-Type']).toBe('text/html; charset=utf-8');
    expect(answer.body.toString()).toContain('<code>form_refused</code>');
  });
});

describe('a session without activity', () => {
  const seconds = (cookie: string) => Number(/Max-Age=(\d+)/.exec(cookie)?.[1]);

  test('ends after 30 minutes without a page, in the browser, and says how to go on', async () => {
    const visitor = aVisitor();
    await visitor.ask();
    visitor.at(NOW + 1_800);
    expect((await visitor.ask()).status).toBe(200);
    visitor.at(NOW + 3_601);
    const answer = await visitor.ask();
    expect(answer.status).toBe(401);
    expect(answer.cookies).toEqual(ENDED);
    expect(answer.body.toString()).toContain('You opened no page for 30 minutes');
    expect(answer.headers['WWW-Authenticate']).toBeUndefined();
    expect(visitor.lines.at(-1)).toMatchObject({
      code: 'access_token_invalid',
      reason: 'no page within the idle limit',
    });
  });

  test('answers a program with a problem and a person with a page after its end', async () => {
    const visitor = aVisitor();
    await visitor.ask();
    visitor.at(NOW + 1_801);
    const program = await visitor.ask({ headers: { accept: 'application/json' } });
    expect([program.status, program.json]).toEqual([401, expect.objectContaining({ code: 'access_token_invalid' })]);
    expect((await visitor.ask()).body.toString()).toContain('<code>access_token_invalid</code>');
  });

  test('is not kept by a style sheet', async () => {
    const visitor = aVisitor();
    await visitor.ask();
    visitor.at(NOW + 1_000);
    expect((await visitor.ask({ path: '/console/style.css' })).cookies).toEqual([]);
    visitor.at(NOW + 1_801);
    expect((await visitor.ask({ path: '/console/style.css' })).status).toBe(401);
  });

  test('can still be signed out of', async () => {
    const visitor = aVisitor();
    const token = await visitor.signOutToken();
    visitor.at(NOW + 2_000);
    expect((await visitor.signOut(token)).cookies).toEqual(ENDED);
  });

  test('is remembered in a cookie that ends with the session, and that nobody else reads or writes', async () => {
    const visitor = aVisitor();
    const [first = ''] = (await visitor.ask()).cookies;
    expect(first).toMatch(/^__Host-postern-console=[\w.-]+; Path=\/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure$/);
    visitor.at(NOW + 100);
    const [second = ''] = (await visitor.ask()).cookies;
    expect(seconds(second)).toBe(28_700);
    expect(second).not.toContain('operator-1');
  });

  test('has a cookie without the attributes of https on one machine', async () => {
    const origin = 'http://127.0.0.1:8080';
    const [cookie = ''] = (await aVisitor({ origin }).ask()).cookies;
    expect(cookie).toMatch(/^postern-console=[\w.-]+; Path=\/; Max-Age=28800; HttpOnly; SameSite=Lax$/);
  });

  test.each<[string, (cookie: string) => string]>([
    ['a later time', (cookie) => cookie.replace(`.${NOW}.`, `.${NOW + 9_000}.`)],
    ['a later beginning', (cookie) => cookie.replace(`=${NOW}.`, `=${NOW + 9_000}.`)],
    ['another signature', (cookie) => `${cookie.slice(0, -2)}AA`],
  ])('is not made longer by a cookie with %s', async (_, change) => {
    const visitor = aVisitor();
    await visitor.ask();
    visitor.bring(change(visitor.cookie()));
    visitor.at(NOW + 10_000);
    const [cookie = ''] = (await visitor.ask()).cookies;
    expect(seconds(cookie)).toBe(28_800);
  });

  test('is not shared with another person in the same browser', async () => {
    const visitor = aVisitor();
    await visitor.ask();
    visitor.as({ ...ADA, subject: 'operator-2' });
    visitor.at(NOW + 2_000);
    expect((await visitor.ask()).status).toBe(200);
  });
});

describe('the key of forms and sessions', () => {
  test('is derived by KMS, and is the same in every process', async ({ getKey }) => {
    const [one, other] = await Promise.all([getKey()(), getKey()()]);
    expect(other.verify(['form', 1], one.sign(['form', 1]))).toBe(true);
    expect(other.verify(['session', 1], one.sign(['form', 1]))).toBe(false);
  });

  test('C7 gets 503 if it cannot be read, and the next request reads it again', async ({ getKey, kms }) => {
    const key = getKey();
    const visitor = aVisitor({ key });
    kms.codeKey.state = 'Disabled';
    expect(await visitor.ask({ headers: { accept: '*/*' } })).toBeRefusedWith('unavailable');
    kms.codeKey.state = 'Enabled';
    expect((await visitor.ask()).status).toBe(200);
  });
});

describe('a person without a role', () => {
  test('gets a page with name, missing role and the way to sign in as another person', async () => {
    const visitor = aVisitor();
    visitor.as({ subject: 'guest-7', name: '<b>Guest</b>', roles: ['operator_payload'] });
    const answer = await visitor.ask();
    expect(answer.status).toBe(403);
    expect(answer.headers['Content-Type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['WWW-Authenticate']).toBeUndefined();
    const html = answer.body.toString();
    for (const text of ['No access', 'guest-7', '&lt;b&gt;Guest', 'operator_read', 'action="/console/sign-out"']) {
      expect(html).toContain(text);
    }
    expect(html).not.toContain('<b>');
    expect((await visitor.ask({ path: '/console/style.css' })).status).toBe(200);
    expect(visitor.lines.at(-2)).toMatchObject({ status: 403, code: 'operator_role_missing', operator: 'guest-7' });
  });

  test.each(['*/*', 'application/json', 'text/html;q=0', undefined])(
    'gets a problem document for Accept: %s',
    async (accept) => {
      const visitor = aVisitor();
      visitor.as({ ...ADA, roles: [] });
      expect(await visitor.ask({ headers: { accept } })).toBeRefusedWith('operator_role_missing', null);
    },
  );

  test.each([['operator_read'], ['operator']] as const)('does not exist for the role %s', async (role) => {
    const visitor = aVisitor();
    visitor.as({ ...ADA, roles: [role] });
    const answer = await visitor.ask();
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toContain('<h1>Overview</h1>');
  });

  test('gets a page about an unknown path in a browser', async () => {
    const answer = await aVisitor().ask({ path: '/console/nothing' });
    expect(answer.status).toBe(404);
    expect(answer.body.toString()).toContain('<code>not_found</code>');
  });
});
