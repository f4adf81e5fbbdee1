import { describe, expect, it } from 'vitest';
import { CALLBACK_ROUTES } from '../../../../lambda/contract/callback-routes.ts';
import { showPreview, showProcessorText, showSenderText } from '../../../../lambda/shared/html/shown-text.ts';

const ID = 'Zq3kT0aV9bXc1dYe2fWg4h';
const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJ4In0.c2lnbmF0dXJl';

/** A URL of each callback route. */
const URLS = Object.values(CALLBACK_ROUTES).map(({ path }) =>
  `https://callbacks.example.com${path}`.replace('{taskId}', ID).replace('{token}', TOKEN).replace('{code}', ID),
);

const SHOWN = [
  ['a sender’s text', showSenderText],
  ['a processor’s text', showProcessorText],
  ['a preview', showPreview],
] as const;

describe('W3 a text of a sender or a processor', () => {
  it.each([
    ['a sender', showSenderText],
    ['a processor', showProcessorText],
  ])('is cut after 256 characters: of %s', (_, show) => {
    const long = 'ab '.repeat(100);
    expect(show(long.slice(0, 256))).toBe(long.slice(0, 256));
    expect(show(long.slice(0, 257))).toBe(`${long.slice(0, 256)}…`);
    expect(show(long.repeat(1_000))).toBe(`${long.slice(0, 256)}…`);
  });

  it('is not cut within a character', () => {
    expect(showSenderText('😀'.repeat(256))).toBe('😀'.repeat(256));
    expect(showSenderText(`a${'😀'.repeat(256)}`)).toBe(`a${'😀'.repeat(255)}…`);
    expect(showSenderText('😀'.repeat(257))).toBe(`${'😀'.repeat(256)}…`);
  });

  it('is cut before characters are named, so that a name is never cut', () => {
    expect(showSenderText('\u202e'.repeat(257))).toBe(`${'[U+202E]'.repeat(256)}…`);
  });

  it.each([
    ['an override of the direction', 'invoice\u202efdp.exe', 'invoice[U+202E]fdp.exe'],
    ['an isolate', 'a\u2066b\u2069', 'a[U+2066]b[U+2069]'],
    ['a mark of the direction', 'a\u200fb', 'a[U+200F]b'],
    ['a space without width', 'a\u200bb', 'a[U+200B]b'],
    ['NUL and ESC', 'a\u0000\u001b[31mb', 'a[U+0000][U+001B][31mb'],
    ['a C1 control', 'a\u0085b', 'a[U+0085]b'],
    ['separators of lines and paragraphs', 'a\u2028b\u2029', 'a[U+2028]b[U+2029]'],
    ['a byte order mark', '\ufeffa', '[U+FEFF]a'],
    ['a tag character', 'a\u{e0041}b', 'a[U+E0041]b'],
    ['a private character', 'a\ue000b', 'a[U+E000]b'],
    ['half of a surrogate pair', 'a\ud83db', 'a[U+D83D]b'],
  ])('shows %s by its number', (_, text, shown) => {
    for (const [, show] of SHOWN) expect(show(text)).toBe(shown);
  });

  it('keeps line feeds and tabs only in a preview', () => {
    expect(showPreview('a\n\tb\r')).toBe('a\n\tb[U+000D]');
    expect(showSenderText('a\n\tb\r')).toBe('a[U+000A][U+0009]b[U+000D]');
    expect(showProcessorText('a\n\tb\r')).toBe('a[U+000A][U+0009]b[U+000D]');
  });

  it('keeps letters of any language', () => {
    const text = 'Straße 7, 東京, Ελλάδα, עברית, é, 👍 <b>&';
    for (const [, show] of SHOWN) expect(show(text)).toBe(text);
  });

  it('is whole in a preview', () => {
    expect(showPreview('ab '.repeat(1_000))).toBe('ab '.repeat(1_000));
  });
});

describe('a callback URL in a text', () => {
  const forms: readonly (readonly [string, (url: string) => string])[] = [
    ['as it is', (url) => url],
    ['in capitals', (url) => url.replace('https://callbacks', 'HTTPS://CALLBACKS')],
    ['of another scheme and port', (url) => url.replace('https://callbacks.example.com', 'http://127.0.0.1:8080')],
    ['percent-encoded', (url) => encodeURIComponent(url)],
    ['percent-encoded twice', (url) => encodeURIComponent(encodeURIComponent(url))],
    ['in JSON with escaped slashes', (url) => url.replaceAll('/', '\\/')],
    ['without scheme and host', (url) => new URL(url).pathname],
    ['with a query', (url) => `${url}?next=https://example.com/x`],
  ];

  it.each(forms)('is replaced in every function: %s', (_, formOf) => {
    for (const url of URLS) {
      for (const [, show] of SHOWN) {
        expect(show(`see ${formOf(url)} now`)).toBe('see [callback URL] now');
        expect(show(`{"url":"${formOf(url)}","n":1}`)).toBe('{"url":"[callback URL]","n":1}');
      }
    }
  });

  it('is replaced in the query of another URL', () => {
    for (const url of URLS) {
      const text = `https://proxy.example.com/?u=${encodeURIComponent(url)}`;
      expect(showSenderText(text)).toBe('https://proxy.example.com/?u=[callback URL]');
    }
  });

  it('is replaced in each place', () => {
    const [one = '', other = ''] = URLS;
    expect(showPreview(`${one}\n${other}\n<${one}>`)).toBe('[callback URL]\n[callback URL]\n<[callback URL]>');
  });

  it('is replaced before the text is cut, so that no part of it stays', () => {
    const text = `${'a '.repeat(120)}${URLS[0]}`;
    expect(showSenderText(text)).toBe(`${'a '.repeat(120)}[callback URL]`);
  });

  it.each([
    'https://example.com/c/contracts/2026/annex',
    'https://example.com/v1/results',
    's3://bucket/v1/results/june.csv',
    'v1/c/short',
  ])('is not another path: %s', (text) => {
    for (const [, show] of SHOWN) expect(show(text)).toBe(text);
  });
});

describe('a credential in a text', () => {
  it('is masked in the text of a processor, also without a URL', () => {
    expect(showProcessorText(`token ${TOKEN}, code ${ID}.`)).not.toContain(TOKEN.slice(0, 12));
    expect(showProcessorText(`code ${ID}.`)).toBe('code ….');
  });

  it('does not hide a resource that looks like a short code', () => {
    expect(showSenderText(`documents/${ID}`)).toBe(`documents/${ID}`);
  });
});
