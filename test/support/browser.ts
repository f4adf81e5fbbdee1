import { expect } from 'vitest';
import { CALLBACK_PATH } from '../../local/load-balancer/authenticate-oidc.ts';

/** Imitates a browser that signs in: it keeps cookies of every port and follows redirects. It does not run scripts. */
export class Browser {
  readonly origin: string;
  readonly cookies = new Map<string, string>();

  constructor(origin: string) {
    this.origin = origin;
  }

  async request(url: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(init.headers as Record<string, string>), ...(cookie && { cookie }) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  /** Follows redirects until one leads to `until`, or to a page; gives the last answer and its URL. */
  async follow(url: string, until = '\0'): Promise<{ response: Response; url: string }> {
    for (let at = url; ; ) {
      const response = await this.request(at);
      const location = response.headers.get('location');
      if (location === null) return { response, url: at };
      at = new URL(location, at).href;
      if (at.includes(until)) return { response, url: at };
    }
  }

  /** Opens the console, signs in on the provider's page, and stops where the provider sends back to the gateway. */
  async signIn(user: string, path = '/console'): Promise<string> {
    const page = await this.follow(`${this.origin}${path}`);
    expect(await page.response.text()).toContain('<form method="post"');
    const posted = await this.request(page.url, { method: 'POST', body: new URLSearchParams({ login: user }) });
    const next = new URL(posted.headers.get('location') ?? '', page.url).href;
    return (await this.follow(next, CALLBACK_PATH)).url;
  }
}
