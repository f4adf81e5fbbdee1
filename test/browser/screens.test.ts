import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { findSeededPaths, SCREENS } from '../support/console-screens.ts';
import { test as base } from './fixtures.ts';

/** Sizes and colours in which people read a page. */
const LOOKS = [
  { colorScheme: 'light', width: 1_280 },
  { colorScheme: 'dark', width: 1_280 },
  { colorScheme: 'light', width: 400 },
  { colorScheme: 'dark', width: 400 },
] as const;

const test = base
  /** A window for axe-core, which the content security policy would refuse. */
  .extend('auditor', { scope: 'file' }, ({ signIn }) => signIn('operator', { bypassCSP: true, script: axe.source }))
  .extend('paths', { scope: 'file' }, ({ auditor }) => findSeededPaths(auditor));

/** Returns what axe-core finds on the page that is open, in each look. */
const findBarriers = async (page: Page): Promise<readonly string[]> => {
  const found = new Set<string>();
  for (const { colorScheme, width } of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 800 });
    const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
    for (const { id, nodes } of violations) {
      for (const { html, failureSummary } of nodes)
        found.add(`${id} (${colorScheme}, ${width}): ${html} ${failureSummary}`);
    }
  }
  return [...found];
};

/** The page is not wider than the window. Only tables scroll. */
const isTooWide = (page: Page): Promise<unknown> =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');

const check = async (page: Page): Promise<void> => {
  expect(await findBarriers(page)).toEqual([]);
  expect(await isTooWide(page)).toBe(false);
};

describe('axe-core finds nothing, light and dark, wide and narrow', () => {
  test.for(SCREENS)('on %s', async ([path, heading], { auditor }) => {
    expect((await auditor.open(path)).heading).toBe(heading);
    await check(auditor.page);
  });

  test('on the pages of tasks, processors, and things that are empty or wrong', async ({ auditor, paths }) => {
    const pages = [
      [paths.invoice, 200],
      [paths.hostile, 200],
      ['/console/processors/leaky', 200],
      ['/console/tasks?resource=none', 200],
      ['/console/tasks?createdAfter=yesterday', 400],
      ['/console/find?q=', 400],
    ] as const;
    for (const [path, status] of pages) {
      expect((await auditor.open(path)).status).toBe(status);
      await check(auditor.page);
    }
  });

  test('on the page of each action', async ({ auditor, paths }) => {
    for (const [heading, path] of Object.entries(paths.actions)) {
      expect((await auditor.open(path)).heading).toBe(heading);
      await check(auditor.page);
    }
  });

  test('on pages with a sentence, a payload, a job and a change meanwhile', async ({
    auditor,
    colleague,
    paths,
    sender,
  }) => {
    await auditor.open(paths.actions['Reveal payload'] ?? '');
    expect((await auditor.send({ Reason: 'look' }, 'Confirm')).heading).toBe('Payload');
    await check(auditor.page);
    const task = await sender.open({ processor: 'bulk-ocr' });
    await auditor.open('/console/processors/bulk-ocr/revoke');
    const wrong = await auditor.send({ 'Number of tasks': '99', Reason: 'look' }, 'Confirm');
    expect(wrong.status).toBe(409);
    await check(auditor.page);
    const job = await auditor.send({ 'Number of tasks': '1', Reason: 'look' }, 'Confirm');
    expect([job.heading, job.notices]).toEqual([expect.stringMatching(/^Job /), ['Callbacks are being revoked.']]);
    await check(auditor.page);
    const path = `/console/tasks/${task.taskId}/cancel`;
    await auditor.open(path);
    await colleague.open(path);
    await colleague.send({ Reason: 'first' }, 'Confirm');
    expect((await auditor.send({ Reason: 'second' }, 'Confirm')).heading).toBe('This task has changed');
    await check(auditor.page);
  });

  test('on pages of a viewer, whose actions are disabled, and of a guest', async ({ paths, signIn }) => {
    const viewer = await signIn('viewer', { bypassCSP: true, script: axe.source });
    for (const path of [paths.hostile, '/console/quarantine', '/console/keys', `${paths.hostile}/cancel`]) {
      await viewer.open(path);
      expect(await viewer.disabled()).not.toEqual([]);
      await check(viewer.page);
    }
    const guest = await signIn('guest', { bypassCSP: true, script: axe.source });
    await check(guest.page);
  });
});

test('W2 no page violates its policy, and each has its headers, script, style and icon', async ({ paths, signIn }) => {
  const operator = await signIn('operator');
  await operator.context.addInitScript(REPORT_VIOLATIONS);
  const files = new Set<string>();
  operator.page.on('response', (response) => files.add(`${response.status()} ${new URL(response.url()).pathname}`));
  for (const path of [
    ...SCREENS.map(([screen]) => screen),
    paths.invoice,
    paths.hostile,
    ...Object.values(paths.actions),
  ]) {
    // A page whose action is not possible now has the status of the refusal.
    expect([200, 409]).toContain((await operator.open(path)).status);
    expect(await operator.page.locator('link[rel="icon"]').count()).toBe(1);
  }
  expect(operator.faults).toEqual([]);
  expect([...files]).toEqual(expect.arrayContaining(['200 /console/style.css', '200 /console/script.js']));
});

/** A violation that the browser would not log is logged too. */
const REPORT_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) =>
  console.error('policy', event.violatedDirective, event.blockedURI));`;
