import { ROUTES, type RouteName } from '../../contract/routes.ts';
import { Url } from './template.ts';

/** Values for the parameters of a path, by their names. */
export type PathValues = Readonly<Record<string, string>>;

/** Query parameters. One without a value is omitted. */
export type QueryValues = Readonly<Record<string, string | undefined>>;

/**
 * Returns the URL of a route of the gateway.
 * @throws {Error} if a parameter of the path has no value
 */
export const urlOf = (route: RouteName, path: PathValues = {}, query: QueryValues = {}): Url => {
  const filled = ROUTES[route].path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
    const value = path[name];
    if (value === undefined || value === '') throw new Error(`The path of the route ${route} has no ${name}.`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams(
    Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== ''),
  );
  return new Url(search.size === 0 ? filled : `${filled}?${search}`);
};

/**
 * Returns a URL of the configuration: the runbook, the end-session endpoint of the identity provider; or the address of a
 * payload that we have signed. It is never text of a processor or a sender.
 * @throws {Error} if its scheme is neither https nor http
 */
export const urlOutside = (text: string): Url => {
  const { protocol } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new Error(`The URL begins with ${protocol}; expected https:.`);
  return new Url(text);
};

/** Returns the URL of a place on the same page. @param id of an element, in words of our own */
export const placeOnPage = (id: string): Url => new Url(`#${encodeURIComponent(id)}`);
