import { API_ROUTES } from '../../lambda/contract/api-routes.ts';
import type { ApiRouteName, Route } from '../../lambda/contract/routes.ts';
import type { OpenApiDocument } from '../../lambda/functions/metadata/openapi/model.ts';
import type { Fetch } from '../../sdk/shared/platform.ts';
import { describedBy } from './described.ts';

/** A `fetch` that holds every answer of a gateway against the API description of this gateway. */
export interface DescribedFetch {
  readonly fetch: Fetch;
  /** Operations and statuses of the answers so far: `getTask 200`. */
  readonly seen: ReadonlySet<string>;
}

/** Names of headers as the description writes them. */
const NAMES: Readonly<Record<string, string>> = { 'www-authenticate': 'WWW-Authenticate' };
const named = (name: string): string => NAMES[name] ?? name.replaceAll(/(^|-)[a-z]/g, (text) => text.toUpperCase());

export const fetchDescribed = async (origin: string): Promise<DescribedFetch> => {
  const document = (await (await fetch(`${origin}/openapi.json`)).json()) as OpenApiDocument;
  const described = describedBy(document);
  return {
    seen: described.seen,
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      const name = url.startsWith(`${origin}/`) && routeOf(init?.method ?? 'GET', new URL(url).pathname);
      // Without a request id, an answer is the load balancer's.
      if (name && response.headers.has('x-request-id')) {
        const body = Buffer.from(await response.clone().arrayBuffer());
        described.answer(name, {
          status: response.status,
          headers: Object.fromEntries([...response.headers].map(([header, value]) => [named(header), value])),
          body,
          json: parse(body),
        });
      }
      return response;
    },
  };
};

const routeOf = (method: string, path: string): ApiRouteName | undefined =>
  (Object.entries(API_ROUTES) as [ApiRouteName, Route][]).find(
    ([, route]) => route.method === method && new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  )?.[0];

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
};
