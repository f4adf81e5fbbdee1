import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect } from 'vitest';
import { pathOf } from '../support/console-journeys.ts';
import { anHttpVisitor } from '../support/http-visitor.ts';
import { aChromiumVisitor } from './chromium-visitor.ts';
import { test as base } from './fixtures.ts';

/** The attacker's page: its form has the fields of the operator's own page, and sends itself. */
const pageOf = (action: string, fields: Readonly<Record<string, string>>, more: string): string => {
  const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
  return `<!doctype html>${more}<form method="post" target="_top" action="${action}">${inputs.join('')}</form>
<script>document.forms[0].submit()</script>`;
};

const test = base
  // The browser rightly complains about the attacker's pages, so this window is not one without faults.
  .extend('operator', { scope: 'file' }, async ({ browser, ready }, { onCleanup }) => {
    const operator = await aChromiumVisitor(browser, { origin: ready.gateway });
    onCleanup(() => operator.context.close());
    await operator.signIn('operator');
    return operator;
  })
  /** A server of the attacker. It answers every path with the page that was set. */
  .extend('attacker', { scope: 'file' }, async ({}, { onCleanup }) => {
    let page = '';
    const server = createServer((_, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/html' }).end(page);
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    onCleanup(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return {
      port,
      show: (html: string) => {
        page = html;
      },
    };
  });

describe('W1 a form that a real browser sends', () => {
  test.for([
    { from: 'another site', host: 'localhost', more: '', frame: false },
    { from: 'the same site and another port', host: '127.0.0.1', more: '', frame: false },
    {
      from: 'a page without a referrer',
      host: '127.0.0.1',
      more: '<meta name="referrer" content="no-referrer">',
      frame: false,
    },
    { from: 'a sandboxed frame', host: '127.0.0.1', more: '', frame: true },
  ])(
    'from $from does nothing, with the token of the operator’s own page',
    async ({ frame, host, more }, { attacker, operator, ready, sender }) => {
      const task = await sender.open();
      const path = `${pathOf(task)}/cancel`;
      await operator.open(path);
      const inputs = await operator.page.locator('form.confirm input').all();
      const fields = Object.fromEntries(
        await Promise.all(inputs.map(async (one) => [await one.getAttribute('name'), await one.inputValue()])),
      );
      const form = pageOf(ready.gateway + path, { ...fields, reason: 'forged' }, more);
      const asAttribute = form.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
      attacker.show(
        frame
          ? `<!doctype html><iframe sandbox="allow-scripts allow-forms allow-top-navigation" srcdoc="${asAttribute}"></iframe>`
          : form,
      );
      const answered = operator.page.waitForResponse(
        (response) => response.request().method() === 'POST' && new URL(response.url()).pathname === path,
      );
      await operator.page.goto(`http://${host}:${attacker.port}/`, { waitUntil: 'commit' });
      const answer = await answered;
      expect(answer.status()).not.toBe(303);
      expect((await answer.request().allHeaders()).origin).not.toBe(ready.gateway);
      // A new browser, because the attacker's page may still be loading in this one.
      const witness = anHttpVisitor(ready.gateway);
      await witness.signIn('operator');
      expect((await witness.open(pathOf(task))).text).toContain('Status pending');
      expect((await witness.open(`/console/audit?target=${task.taskId}`)).text).toContain('No action matches.');
      // The same fields from the page itself cancel the task.
      await operator.open(path);
      expect((await operator.send({ Reason: 'genuine' }, 'Confirm')).notices).toEqual(['Task cancelled.']);
    },
  );
});
