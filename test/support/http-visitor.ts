import { Browser } from './browser.ts';
import type { Sight, Visitor } from './console-visitor.ts';

/** Headers of a person's request for a page, and of the form of a page. */
const PAGE_HEADERS = { accept: 'text/html', 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' };

interface Page {
  readonly url: URL;
  readonly status: number;
  readonly html: string;
}

/** A browser over HTTP, with the cookies of its person. */
export interface HttpVisitor extends Visitor {
  readonly browser: Browser;
  /** Sends fields to a path as the form of a page of the console would. The headers may say otherwise. */
  post(path: string, fields: Readonly<Record<string, string>>, headers?: Record<string, string>): Promise<Sight>;
  /** The fields of the form with this button on the page that is open. */
  fieldsOf(button: string): Readonly<Record<string, string>>;
}

/** Imitates a person whose browser runs no script. */
export const anHttpVisitor = (origin: string): HttpVisitor => {
  const browser = new Browser(origin);
  let page: Page = { url: new URL(origin), status: 0, html: '' };

  const go = async (url: string, init: RequestInit = {}): Promise<Sight> => {
    const headers = { ...PAGE_HEADERS, ...(init.headers as Record<string, string>) };
    const response = await browser.request(url, { ...init, headers });
    const location = response.headers.get('location');
    if (location !== null) return go(new URL(location, url).href);
    page = { url: new URL(url), status: response.status, html: await response.text() };
    return sightOf(page);
  };
  const post: HttpVisitor['post'] = (path, fields, headers = {}) =>
    go(new URL(path, origin).href, {
      method: 'POST',
      headers: {
        'sec-fetch-site': 'same-origin',
        origin,
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      body: new URLSearchParams(fields).toString(),
    });
  const formOf = (isIt: (form: string) => boolean): string => {
    const form = [...page.html.matchAll(/<form[\s>].*?<\/form>/gs)].map(([text]) => text).find(isIt);
    if (form === undefined) throw new Error(`${page.url} has no such form: ${textOf(page.html)}`);
    return form;
  };
  const hasButton = (name: string) => (form: string) =>
    [...form.matchAll(/<button(?![^>]*disabled)[^>]*>(.*?)<\/button>/gs)].some(
      ([, text = '']) => textOf(text) === name,
    );

  return {
    origin,
    browser,
    signIn: async (person, path = '/console') => go(await browser.signIn(person, path)),
    open: (path) => go(new URL(path, origin).href),
    follow: (name) => {
      const link = [...page.html.matchAll(/<a\s([^>]*)>(.*?)<\/a>/gs)].find(([, , text = '']) => textOf(text) === name);
      const href = attributeOf(link?.[1] ?? '', 'href');
      if (href === undefined) throw new Error(`${page.url} has no link "${name}": ${textOf(page.html)}`);
      return go(new URL(href, page.url).href);
    },
    send: (typed, button) => {
      const labels = Object.keys(typed);
      const form = formOf((one) =>
        button === undefined ? labels.every((label) => idOf(one, label)) : hasButton(button)(one),
      );
      const fields = { ...valuesOf(form) };
      for (const [label, value] of Object.entries(typed)) fields[nameOf(form, label)] = value;
      const open = /^<form([^>]*)>/.exec(form)?.[1] ?? '';
      const action = attributeOf(open, 'action') ?? page.url.pathname;
      if (attributeOf(open, 'method') === 'post') return post(action, fields);
      return go(new URL(`${action}?${new URLSearchParams(fields)}`, origin).href);
    },
    look: async () => sightOf(page),
    disabled: async () =>
      [...page.html.matchAll(/<button disabled aria-describedby="([^"]+)">(.*?)<\/button>/gs)].map(
        ([, id = '', name = '']) => ({
          name: textOf(name),
          why: textOf(new RegExp(`id="${id}"[^>]*>(.*?)</`, 's').exec(page.html)?.[1] ?? ''),
        }),
      ),
    markup: async () => page.html,
    post,
    fieldsOf: (button) => valuesOf(formOf(hasButton(button))),
  };
};

const sightOf = ({ html, status, url }: Page): Sight => {
  const notices = [...html.matchAll(/<\w+([^>]*role="status"[^>]*)>(.*?)<\//gs)];
  return {
    url,
    status,
    heading: textOf(/<h1[^>]*>(.*?)<\/h1>/s.exec(html)?.[1] ?? ''),
    text: textOf(/<body[^>]*>(.*)<\/body>/s.exec(html)?.[1] ?? html),
    notices: notices.map(([, , text = '']) => textOf(text)),
    isNoticeFocused: notices.some(([, attributes = '']) => /tabindex="-1" autofocus$/.test(attributes)),
  };
};

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'" };
const INLINE = /<\/?(a|b|code|span|strong|time)(\s[^>]*)?>/g;

/** Text of markup. Tags of words leave no blank. */
const textOf = (html: string): string =>
  html
    .replace(INLINE, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(#?\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity)
    .replace(/\s+/g, ' ')
    .trim();

const attributeOf = (attributes: string, name: string): string | undefined => {
  const [, value] = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes) ?? [];
  return value?.replace(/&(#?\w+);/g, (entity, code: string) => ENTITIES[code] ?? entity);
};

/** Values of the fields of a form, as a browser sends them. */
const valuesOf = (form: string): Readonly<Record<string, string>> => {
  const inputs = [...form.matchAll(/<input\s([^>]*)>/g)].map(([, attributes = '']) => [
    attributeOf(attributes, 'name') ?? '',
    attributeOf(attributes, 'value') ?? '',
  ]);
  const selects = [...form.matchAll(/<select\s([^>]*)>(.*?)<\/select>/gs)].map(([, attributes = '', options = '']) => [
    attributeOf(attributes, 'name') ?? '',
    /<option value="([^"]*)" selected>/.exec(options)?.[1] ?? '',
  ]);
  return Object.fromEntries([...inputs, ...selects]);
};

const idOf = (form: string, label: string): string | undefined =>
  [...form.matchAll(/<label\s([^>]*)>(.*?)<\/label>/gs)]
    .filter(([, , text = '']) => textOf(text) === label)
    .map(([, attributes = '']) => attributeOf(attributes, 'for'))[0];

const nameOf = (form: string, label: string): string => {
  const id = idOf(form, label);
  const [, attributes = ''] =
    [...form.matchAll(/<(?:input|select)\s([^>]*)>/g)].find(([, one = '']) => attributeOf(one, 'id') === id) ?? [];
  const name = attributeOf(attributes, 'name');
  if (id === undefined || name === undefined) throw new Error(`The form has no field "${label}".`);
  return name;
};
