import type { Browser, BrowserContext, BrowserContextOptions, ElementHandle, Page } from 'playwright-core';
import type { Sight, Visitor } from '../support/console-visitor.ts';
import { PATIENCE } from './chromium.ts';

/** A person at the console, in a real browser. */
export interface ChromiumVisitor extends Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /**
   * Events that no page may cause: violations of the content security policy, errors of the script, dialogs, and files that are
   * not found.
   */
  readonly faults: readonly string[];
}

export interface ChromiumVisitorOptions extends BrowserContextOptions {
  readonly origin: string;
  /** A script that runs before each page's own. */
  readonly script?: string;
}

/** Status of an answer that the browser logs as an error, although a page of ours explains it. */
const LOGGED_STATUS = /^Failed to load resource: the server responded with a status of/;

/** Opens a window of its own, without cookies. */
export const aChromiumVisitor = async (
  browser: Browser,
  { origin, script, ...options }: ChromiumVisitorOptions,
): Promise<ChromiumVisitor> => {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const faults: string[] = [];
  // A violation of a policy is an error in the browser's console too.
  context.on('console', (message) => {
    if (message.type() === 'error' && !LOGGED_STATUS.test(message.text())) faults.push(message.text());
  });
  context.on('weberror', (error) => faults.push(error.error().message));
  context.on('dialog', (dialog) => {
    faults.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on('response', (response) => {
    if (response.status() === 404) faults.push(`404 ${response.url()}`);
  });
  if (script !== undefined) await context.addInitScript(script);
  const page = await context.newPage();
  let status = 0;
  page.on('response', (response) => {
    const isOfPage = response.request().isNavigationRequest() && response.frame() === page.mainFrame();
    if (isOfPage && response.headers().location === undefined) status = response.status();
  });

  const look = async (): Promise<Sight> => {
    const heading = page.locator('h1').first();
    return {
      url: new URL(page.url()),
      status,
      heading: (await heading.count()) === 0 ? '' : plain(await heading.innerText()),
      text: plain(await page.locator('body').innerText()),
      notices: (await page.getByRole('status').allInnerTexts()).map(plain),
      isNoticeFocused: (await page.locator('[role="status"]:focus').count()) > 0,
    };
  };
  /** Does what leads to another page, and waits for that page. */
  const going = async (act: () => Promise<unknown>): Promise<Sight> => {
    await Promise.all([page.waitForEvent('load'), act()]);
    return look();
  };
  const visitor: ChromiumVisitor = {
    origin,
    page,
    context,
    faults,
    signIn: async (person, path = '/console') => {
      await page.goto(`${origin}${path}`);
      await page.getByLabel('Name').fill(person);
      return going(() => page.getByRole('button', { name: 'Sign in' }).click());
    },
    open: async (path) => {
      await page.goto(new URL(path, origin).href);
      return look();
    },
    follow: (name) => going(() => page.getByRole('link', { name, exact: true }).first().click()),
    send: async (fields, button) => {
      for (const [label, value] of Object.entries(fields)) {
        const field = page.getByLabel(label, { exact: true });
        if ((await nameOf(await field.elementHandle())) === 'SELECT') await field.selectOption(value);
        else await field.fill(value);
      }
      if (button !== undefined) return going(() => page.getByRole('button', { name: button, exact: true }).click());
      return going(() => page.keyboard.press('Enter'));
    },
    look,
    disabled: async () => {
      const buttons = await page.getByRole('button', { disabled: true }).all();
      return Promise.all(
        buttons.map(async (button) => ({
          name: plain(await button.innerText()),
          why: plain(await page.locator(`[id="${await button.getAttribute('aria-describedby')}"]`).innerText()),
        })),
      );
    },
    markup: () => page.content(),
  };
  return visitor;
};

const nameOf = async (element: ElementHandle | null): Promise<unknown> =>
  (await element?.getProperty('tagName'))?.jsonValue();

const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();
