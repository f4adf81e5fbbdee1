import { describe, expect } from 'vitest';
import { findSeededPaths } from '../support/console-screens.ts';
import { test } from './fixtures.ts';

describe('people at a real browser', () => {
  test.for(['operator', 'operator2', 'viewer'])('%s signs in and sees the overview', async (person, { signIn }) => {
    const { heading, status, text } = await (await signIn(person)).look();
    expect([heading, status, text.includes(person)]).toEqual(['Overview', 200, true]);
  });

  test('W4 a guest sees "No access", and signs out at the provider too', async ({ ready, signIn }) => {
    const guest = await signIn('guest');
    const { heading, status } = await guest.look();
    expect([heading, status, await guest.page.getByRole('navigation').count()]).toEqual(['No access', 403, 0]);
    await guest.page.getByRole('button', { name: 'Sign out' }).click();
    // The page of the console sends the browser on to the provider, which asks once.
    await guest.page.waitForURL((url) => url.origin === new URL(ready.idp.issuer).origin);
    expect((await guest.context.cookies(ready.gateway)).filter(({ name }) => /ELB|postern/.test(name))).toEqual([]);
  });

  test('a viewer cannot press the button of any action, and reads why', async ({ signIn }) => {
    const viewer = await signIn('viewer');
    const { hostile } = await findSeededPaths(viewer);
    for (const path of [hostile, '/console/quarantine', '/console/keys', `${hostile}/cancel`]) {
      await viewer.open(path);
      const disabled = await viewer.disabled();
      expect(disabled.map(({ why }) => why)).toEqual(disabled.map(() => 'Your role operator_read may not do this.'));
      expect(disabled.length).toBeGreaterThan(0);
    }
  });

  test('W3 markup of senders and processors makes no element and runs no script', async ({ signIn }) => {
    const operator = await signIn('operator');
    const { hostile } = await findSeededPaths(operator);
    for (const path of [hostile, `${hostile}/cancel`, '/console/tasks', '/console/audit']) {
      await operator.open(path);
      expect(await operator.page.locator('main').locator('script, img, svg, h1 + h1').count()).toBe(0);
    }
    await operator.open(hostile);
    for (const shown of [
      'urn:example:<script>alert("resource")</script>',
      'Bob"><img src=x onerror=alert(1)>',
      'invoice-[U+202E]fdp.exe[U+202C]',
      `<h1>Done</h1>[U+202E]enod[U+202C] see [callback URL] and </td><script>alert('note')</script>`,
    ]) {
      expect((await operator.look()).text).toContain(shown);
    }
    expect(operator.faults).toEqual([]);
  });
});
