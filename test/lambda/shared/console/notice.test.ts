import { describe, expect, it } from 'vitest';
import { OPERATOR_ACTIONS } from '../../../../lambda/contract/audit.ts';
import { createConsoleKey } from '../../../../lambda/shared/console/console-key.ts';
import { keepNotice, NOTICES } from '../../../../lambda/shared/console/notice.ts';
import { ADA, aVisitor } from '../../../support/console.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

const ID = 'Zq3kT0aV9bXc1dYe2fWg4h';
const KEY = createConsoleKey(Buffer.alloc(32, 7));

/** The line that an action sets. */
const aLine = (more: Partial<Parameters<typeof keepNotice>[2]> = {}, key = KEY): string =>
  keepNotice(key, ORIGIN, { action: 'cancel', auditId: ID, operator: 'operator-1', ...more }, NOW);

/** A browser with the cookie of a line. */
const aBrowserWith = (line: string) => {
  const visitor = aVisitor();
  visitor.bring(line.split(';', 1).join());
  return {
    ...visitor,
    open: (done: readonly string[] = [ID]) => visitor.ask({ query: done.length > 0 ? { done } : {} }),
  };
};

const SHOWN = '<p class="notice" role="status" tabindex="-1" autofocus>Task cancelled.</p>';

describe('what an action has done', () => {
  it('is kept in a cookie of this host, for 600 s, that no script reads', () => {
    expect(aLine()).toMatch(
      new RegExp(
        `^__Host-postern-done=${ID}\\.cancel\\.${NOW + 600}\\.[\\w-]{43}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$`,
      ),
    );
  });

  it('is said once, in an element with the focus', async () => {
    const browser = aBrowserWith(aLine());
    const page = await browser.open();
    expect(page.html).toContain(SHOWN);
    expect(page.cookies).toContain('__Host-postern-done=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure');
    expect((await browser.open()).html).not.toContain('role="status"');
  });

  it('is said to this operator alone', async () => {
    const browser = aBrowserWith(aLine());
    browser.as({ ...ADA, subject: 'operator-2' });
    const page = await browser.open();
    expect(page.html).not.toContain('role="status"');
    expect(page.cookies.join()).not.toContain('postern-done');
  });

  it('is said up to 600 s after the action', async () => {
    const browser = aBrowserWith(aLine());
    browser.at(NOW + 600);
    expect((await browser.open()).html).toContain(SHOWN);
    const late = aBrowserWith(aLine());
    late.at(NOW + 601);
    expect((await late.open()).html).not.toContain('role="status"');
  });

  it.each<[string, string, readonly string[]]>([
    ['without the parameter', aLine(), []],
    ['with the id of another action', aLine(), ['Zq3kT0aV9bXc1dYe2fWg4i']],
    ['with two ids', aLine(), [ID, ID]],
    ['without the cookie', 'other=1', [ID]],
    ['with the cookie of another key', aLine({}, createConsoleKey(Buffer.alloc(32, 8))), [ID]],
    ['with another action in the cookie', aLine().replace('.cancel.', '.retire.'), [ID]],
    ['with an unknown action', aLine().replace('.cancel.', '.constructor.'), [ID]],
    ['with another id in the cookie', aLine().replace(ID, 'Zq3kT0aV9bXc1dYe2fWg4i'), ['Zq3kT0aV9bXc1dYe2fWg4i']],
    ['with a later time in the cookie', aLine().replace(`.${NOW + 600}.`, `.${NOW + 900}.`), [ID]],
    ['with markup as the id', aLine(), ['<b>']],
  ])('is not said %s', async (_, line, done) => {
    const page = await aBrowserWith(line).open(done);
    expect(page.status).toBe(200);
    expect(page.html).not.toContain('role="status"');
  });

  it('has a sentence for every action', () => {
    // A bulk job has a sentence of its start.
    expect(Object.keys(NOTICES).sort()).toEqual([...OPERATOR_ACTIONS, 'dispatch_all'].sort());
    expect(NOTICES).toEqual({
      cancel: 'Task cancelled.',
      revoke: 'Callbacks revoked.',
      reopen: 'Task reopened.',
      accept: 'Late delivery accepted.',
      discard: 'Late delivery discarded.',
      reveal: 'Payload revealed.',
      revoke_all: 'Callbacks are being revoked.',
      abort: 'Job aborted.',
      redrive: 'Redriven.',
      retire: 'Key retired.',
      dispatch: 'Task is queued again.',
      dispatch_all: 'Work is being queued again.',
      pause: 'Processor paused.',
      resume_dispatch: 'Processor resumed.',
    });
  });
});
