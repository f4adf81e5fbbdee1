import { test as base, expect, inject } from 'vitest';
import { anHttpVisitor } from '../support/http-visitor.ts';
import { aRunningSender } from '../support/running-sender.ts';
import { launchChromium } from './chromium.ts';
import { aChromiumVisitor, type ChromiumVisitorOptions } from './chromium-visitor.ts';

/** `test` with a browser at a gateway that has a week of tasks. */
export const test = base
  .extend('ready', { scope: 'worker' }, () => inject('gateway'))
  .extend('browser', { scope: 'worker' }, async ({}, { onCleanup }) => {
    const browser = await launchChromium();
    onCleanup(() => browser.close());
    return browser;
  })
  /** Opens a window in which a person signs in. After the file, no page may have caused a fault. */
  .extend('signIn', { scope: 'file' }, ({ browser, ready }, { onCleanup }) => {
    const visitors: Awaited<ReturnType<typeof aChromiumVisitor>>[] = [];
    onCleanup(async () => {
      const faults = visitors.flatMap((visitor) => visitor.faults);
      for (const { context } of visitors) await context.close();
      expect(faults).toEqual([]);
    });
    return async (person: string, options: Partial<ChromiumVisitorOptions> = {}) => {
      const visitor = await aChromiumVisitor(browser, { origin: ready.gateway, ...options });
      visitors.push(visitor);
      await visitor.signIn(person);
      return visitor;
    };
  })
  .extend('sender', { scope: 'file' }, ({ ready }) => aRunningSender(ready))
  /** Another operator, over HTTP. */
  .extend('colleague', { scope: 'file' }, async ({ ready }) => {
    const visitor = anHttpVisitor(ready.gateway);
    await visitor.signIn('operator2');
    return visitor;
  });
