import { describe, expect } from 'vitest';
import { pathOf } from '../support/console-journeys.ts';
import { SCREENS } from '../support/console-screens.ts';
import { test as base } from './fixtures.ts';

const test = base.extend('operator', { scope: 'file' }, ({ signIn }) =>
  signIn('operator', { timezoneId: 'Asia/Tokyo', locale: 'en-GB' }),
);

describe('the keyboard', () => {
  test('"?" opens the dialog "Keyboard shortcuts", and Escape closes it', async ({ operator }) => {
    await operator.open('/console/tasks');
    const dialog = operator.page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    expect(await dialog.isVisible()).toBe(false);
    await operator.page.keyboard.press('?');
    await dialog.waitFor();
    await operator.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  test('"g" and a letter lead to each screen', async ({ operator }) => {
    await operator.open('/console/tasks');
    for (const [i, letter] of ['o', 't', 'q', 'r', 'p', 'i', 'd', 'k', 'a'].entries()) {
      const [path = '', heading = ''] = SCREENS[i] ?? [];
      await operator.page.keyboard.press('g');
      await operator.page.keyboard.press(letter);
      await operator.page.waitForURL((url) => url.pathname === path);
      expect((await operator.look()).heading).toBe(heading);
    }
  });

  test('j and k move along the rows, and Enter opens the row', async ({ operator }) => {
    await operator.open('/console/replays');
    const { keyboard } = operator.page;
    const rows = operator.page.locator('main tbody tr');
    const selected = () =>
      rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-selected')).indexOf('true'));
    const moves = [];
    for (const key of ['j', 'j', 'j', 'k']) {
      await keyboard.press(key);
      moves.push(await selected());
    }
    expect(moves).toEqual([0, 1, 2, 1]);
    const link = await rows.nth(1).getByRole('link').first().getAttribute('href');
    await keyboard.press('Enter');
    await operator.page.waitForURL(`**${link}`);
  });

  test('"/" goes to the search box, in which keys are letters', async ({ operator }) => {
    await operator.open('/console/tasks');
    await operator.page.keyboard.press('/');
    await operator.page.keyboard.type('gq?/');
    expect(await operator.page.getByLabel('Find a task').inputValue()).toBe('gq?/');
    expect(await operator.page.getByRole('dialog').isVisible()).toBe(false);
  });

  test('the link "Skip to content" comes first and leads to the content', async ({ operator }) => {
    await operator.open('/console/tasks');
    await operator.page.keyboard.press('Tab');
    expect(await operator.page.locator(':focus').innerText()).toBe('Skip to content');
    await operator.page.keyboard.press('Enter');
    await operator.page.locator('#content:focus').waitFor();
  });
});

describe('an open page', () => {
  test.for([
    { page: 'list', seconds: 10, said: '1 task' },
    { page: 'task', seconds: 5, said: 'The task is cancelled.' },
  ])(
    'of a $page shows and announces the action of another operator',
    async ({ page, said, seconds }, { colleague, sender, signIn }) => {
      const task = await sender.open({ resource: `live-${page}` });
      const operator = await signIn('operator');
      await operator.page.clock.install();
      await operator.open(page === 'list' ? '/console/tasks?resource=live-list' : pathOf(task));
      const state = operator.page.locator('main .state').first();
      expect(await state.innerText()).toBe('pending');
      await operator.page.evaluate('window.isStillThisPage = true');

      // The processor's progress is news too. What was announced is in an element that is not the status of an action.
      await colleague.open(`${pathOf(task)}/cancel`);
      await colleague.send({ Reason: 'live' }, 'Confirm');
      await operator.page.clock.runFor(seconds * 1_000);
      await operator.page.locator('main .state', { hasText: 'cancelled' }).first().waitFor();
      const announcement = operator.page.locator('[aria-live="polite"]:not([role="status"])');
      expect(await announcement.innerText()).toBe(`Updated. ${said}`);
      expect(await operator.page.evaluate('window.isStillThisPage')).toBe(true);
      expect(await operator.page.getByRole('status').count()).toBe(0);
    },
  );

  test('asks with the mark of what it shows, and gets 304 if nothing changed', async ({ sender, signIn }) => {
    const task = await sender.open({ resource: 'quiet' });
    const operator = await signIn('operator');
    await operator.page.clock.install();
    await operator.open(pathOf(task));
    const answer = operator.page.waitForResponse((response) => response.request().resourceType() === 'xhr');
    await operator.page.clock.runFor(5_000);
    expect((await answer).status()).toBe(304);
    expect(await operator.page.locator('#announcement').innerText()).toBe('');
  });

  test('has local times on hover, and a countdown that ticks', async ({ sender, signIn }) => {
    const task = await sender.open();
    const operator = await signIn('operator', { timezoneId: 'Asia/Tokyo', locale: 'en-GB' });
    await operator.page.clock.install();
    await operator.open(pathOf(task));
    const time = operator.page.locator('main time').first();
    const at = new Date((await time.getAttribute('datetime')) ?? '');
    const local = at.toLocaleString('en-GB', { timeZone: 'Asia/Tokyo', timeStyle: 'medium' });
    expect(await time.getAttribute('title')).toContain(local);
    const countdown = operator.page.locator('[data-until]');
    const secondsOf = (text: string) => {
      const [, minutes = 0, seconds = 0] = /^in (\d+) min (\d+) s$/.exec(text) ?? [];
      return Number(minutes) * 60 + Number(seconds);
    };
    await operator.page.clock.pauseAt(Date.now() + 60_000);
    const before = secondsOf(await countdown.innerText());
    expect(before).toBeGreaterThan(0);
    await operator.page.clock.runFor(3_000);
    expect(secondsOf(await countdown.innerText())).toBe(before - 3);
  });
});
