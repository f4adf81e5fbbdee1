import { describe, expect, it } from 'vitest';
import { flag, type Html, type HtmlValue, html, passing } from '../../../../lambda/shared/html/template.ts';
import { urlOf } from '../../../../lambda/shared/html/url.ts';

const MARKUP = `<img src=x onerror="alert('1')">&amp;`;
const ESCAPED = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;';

describe('W3 the template of pages', () => {
  it('escapes text between tags', () => {
    expect(html`<p>${MARKUP}</p>`.text).toBe(`<p>${ESCAPED}</p>`);
  });

  it('escapes text in an attribute', () => {
    expect(html`<p title="Name: ${MARKUP}.">x</p>`.text).toBe(`<p title="Name: ${ESCAPED}.">x</p>`);
  });

  it('escapes several texts in one attribute, and after a `>` in it', () => {
    expect(html`<p title="${'"'} > ${'<'}" lang="${'>'}">${'&'}</p>`.text).toBe(
      '<p title="&quot; > &lt;" lang="&gt;">&amp;</p>',
    );
  });

  it('takes markup of its own between tags, also a list of it', () => {
    const items = ['a', '<b>'].map((name) => html`<li>${name}</li>`);
    expect(html`<ul>${items}</ul>${html`<hr>`}`.text).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul><hr>');
  });

  it('writes numbers, and nothing for undefined and false', () => {
    expect(html`<p title="${0}${undefined}">${1}${undefined}${false}${''}</p>`.text).toBe('<p title="0">1</p>');
  });

  it('reads its places once, and escapes each time', () => {
    const show = (text: string) => html`<p>${text}</p>`.text;
    expect([show('<'), show('>')]).toEqual(['<p>&lt;</p>', '<p>&gt;</p>']);
  });

  it.each<[string, () => Html, RegExp]>([
    ['a value in an attribute without quotes', () => html`<p title=${'x'}>`, /without double quotes/],
    ['a value after the beginning of an attribute without quotes', () => html`<p title=a${'x'}>`, /not an attribute/],
    ['a value in an attribute with single quotes', () => html`<p title='${'x'}'>`, /not an attribute/],
    ['text in a tag', () => html`<p ${'onclick=alert(1)'}>`, /not an attribute/],
    ['text as the name of a tag', () => html`<${'script'}>`, /not an attribute/],
    ['markup in an attribute', () => html`<p title="${html`<b>`}">`, /attribute is not text/],
    ['a URL as the value of another attribute', () => html`<p title="${urlOf('console')}">`, /attribute is not text/],
    ['a URL between tags', () => html`<p>${urlOf('console')}</p>`, /neither text nor markup/],
    ['text as the target of a link', () => html`<a href="${'javascript:alert(1)'}">`, /"href" is not a URL/],
    ['text after the beginning of a target', () => html`<a href="/console/${'..'}">`, /"href" is not a URL/],
    ['text as the target of a link in capitals', () => html`<a HREF="${'x'}">`, /"href" is not a URL/],
    ['text as the target of a form', () => html`<form action="${'/console'}">`, /"action" is not a URL/],
    ['text as the target of a button', () => html`<button formaction="${'/console'}">`, /"formaction" is not a URL/],
    ['text as the source of a script', () => html`<script src="${'x.js'}">`, /"src" is not a URL/],
    ['nothing as the target of a link', () => html`<a href="${undefined}">`, /"href" is not a URL/],
    ['text in an event handler', () => html`<p onclick="${'x'}">`, /"onclick" is code/],
    ['text in a style', () => html`<p style="${'x'}">`, /"style" is code/],
    ['text in a document of a frame', () => html`<iframe srcdoc="${'x'}">`, /"srcdoc" is code/],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message);
  });

  it.each([
    ['an object that looks like markup', { text: '<b>', lasting: '<b>' }],
    ['a list of texts', ['<b>']],
    ['null', null],
  ])('refuses %s, as JSON could bring it', (_, value) => {
    expect(() => html`<p>${value as unknown as HtmlValue}</p>`).toThrow(/neither text nor markup/);
  });

  it('refuses true, which is no text', () => {
    expect(() => html`<p>${true as unknown as HtmlValue}</p>`).toThrow(/not text/);
  });

  it('refuses an object that looks like a URL', () => {
    const url = { text: 'javascript:alert(1)' } as unknown as HtmlValue;
    expect(() => html`<a href="${url}">`).toThrow(/"href" is not a URL/);
  });
});

describe('a flag', () => {
  it('is an attribute without a value, or nothing', () => {
    expect(html`<button${flag('disabled', true)}${flag('autofocus', false)}>x</button>`.text).toBe(
      '<button disabled>x</button>',
    );
  });

  it('is refused in the value of an attribute and between tags', () => {
    expect(() => html`<p title="${flag('disabled', true)}">`).toThrow(/attribute is not text/);
    expect(() => html`<p>${flag('disabled', true)}</p>`).toThrow(/neither text nor markup/);
  });
});

describe('passing markup', () => {
  it('is on the page, but not in what lasts', () => {
    const page = html`<p>${'a'}</p>${passing(html`<i>${'token'}</i>`)}<p>${'b'}</p>`;
    expect(page.text).toBe('<p>a</p><i>token</i><p>b</p>');
    expect(page.lasting).toBe('<p>a</p><p>b</p>');
  });

  it('is left out of what lasts at any depth', () => {
    const inner = html`<li>${passing(html`1 s`)}</li>`;
    expect(html`<ul>${[inner, html`<li>${'<'}</li>`]}</ul>`.lasting).toBe('<ul><li></li><li>&lt;</li></ul>');
  });
});
