import type { FrontFunction, Route, RouteName } from '../../contract/routes.ts';
import { type Refusal, refuse } from '../refusal.ts';

export interface Match {
  readonly name: RouteName;
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

interface Entry {
  readonly name: RouteName;
  readonly route: Route;
  readonly segments: readonly string[];
}

export type Routes = Readonly<Partial<Record<RouteName, Route>>>;

export type FindRoute = (owner: FrontFunction, method: string, path: string) => Match | Refusal;

/** `{name}` */
const parameterName = (segment: string): string | undefined =>
  segment.startsWith('{') ? segment.slice(1, -1) : undefined;

const ID_SEGMENT = /^[A-Za-z0-9_-]{1,64}$/;

/** Token and code segments match any text, so that a malformed token gets 401, not 404. */
const SEGMENTS: Readonly<Record<string, RegExp>> = { token: /^.+$/s, code: /^[^%]+$/ };

const matchSegments = (entry: Entry, sent: readonly string[]): Record<string, string> | undefined => {
  if (entry.segments.length !== sent.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, segment] of entry.segments.entries()) {
    const value = sent[i] as string;
    const name = parameterName(segment);
    if (name === undefined) {
      if (value !== segment) return undefined;
    } else if (!(SEGMENTS[name] ?? ID_SEGMENT).test(value)) {
      return undefined;
    } else {
      params[name] = value;
    }
  }
  return params;
};

/**
 * Creates a function that finds the route of a request among those of one function. A known path with another method is
 * refused with `Allow`, which lists the methods of that path in all functions. An unknown path is `not_found`.
 */
export const createRouter = (routes: Routes): FindRoute => {
  const entries: readonly Entry[] = Object.entries(routes).map(([name, route]) => ({
    name: name as RouteName,
    route,
    segments: route.path.split('/'),
  }));
  return (owner, method, path) => {
    const sent = path.split('/');
    const allow: string[] = [];
    for (const entry of entries) {
      const params = matchSegments(entry, sent);
      if (params === undefined) continue;
      if (entry.route.method === method && entry.route.function === owner) {
        return { name: entry.name, route: entry.route, params };
      }
      allow.push(entry.route.method);
    }
    return allow.length > 0
      ? refuse('method_not_allowed', `${allow.join(', ')} only`, { allow })
      : refuse('not_found', 'no route has this path');
  };
};
