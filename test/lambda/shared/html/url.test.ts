import { describe, expect, it } from 'vitest';
import { html } from '../../../../lambda/shared/html/template.ts';
import { placeOnPage, urlOf, urlOutside } from '../../../../lambda/shared/html/url.ts';

describe('the URL of a route', () => {
  it('has its path', () => {
    expect(urlOf('consoleTasks').text).toBe('/console/tasks');
  });

  it('has each value of the path, percent-encoded', () => {
    const url = urlOf('consoleConfirmDiscard', { taskId: '../../x?y#z', id: 'é"<&' });
    expect(url.text).toBe('/console/tasks/..%2F..%2Fx%3Fy%23z/quarantine/%C3%A9%22%3C%26/discard');
  });

  it.each([[{}], [{ taskId: '' }], [{ id: 'x' }]])('is refused without a value of the path: %j', (path) => {
    expect(() => urlOf('consoleTask', path as Record<string, string>)).toThrow(
      'The path of the route consoleTask has no taskId.',
    );
  });

  it('has a query of the values that exist', () => {
    const query = { resource: 'a b&c=d', owner: undefined, status: '', has: 'replay' };
    expect(urlOf('consoleTasks', {}, query).text).toBe('/console/tasks?resource=a+b%26c%3Dd&has=replay');
  });

  it('has no question mark without a value', () => {
    expect(urlOf('consoleTasks', {}, { status: undefined, owner: '' }).text).toBe('/console/tasks');
  });

  it('is escaped in a link', () => {
    const link = html`<a href="${urlOf('consoleTasks', {}, { status: 'pending', owner: "o'neil" })}">x</a>`;
    expect(link.text).toBe('<a href="/console/tasks?status=pending&amp;owner=o%27neil">x</a>');
  });
});

describe('W2 a URL outside of the gateway', () => {
  it.each(['https://idp.example.com/session/end?client_id=postern-console', 'http://127.0.0.1:8081/session/end'])(
    'may be %s',
    (text) => {
      expect(urlOutside(text).text).toBe(text);
    },
  );

  it.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'data:text/html,<b>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://example.com/x',
  ])('is refused: %j', (text) => {
    expect(() => urlOutside(text)).toThrow(/expected https:/);
  });

  it.each(['', '/console', '//example.com', 'example.com/x'])('is refused without a scheme: %j', (text) => {
    expect(() => urlOutside(text)).toThrow();
  });
});

describe('a place on the page', () => {
  it('is a fragment', () => {
    expect(placeOnPage('content').text).toBe('#content');
    expect(placeOnPage('a"b').text).toBe('#a%22b');
  });
});
