import { CONSOLE_COOKIE, LOAD_BALANCER_COOKIES } from '../../contract/console-session.ts';
import type { HttpRequest } from '../http/message.ts';
import type { ConsoleKey } from './console-key.ts';

export interface SessionOptions {
  /** Origin of the gateway. */
  readonly origin: string;
  /** Seconds from the sign-in until the load balancer ends the session. */
  readonly sessionSeconds: number;
  /** Seconds without a page until the console ends it. */
  readonly idleSeconds: number;
}

/** The console's own state of a session. It cannot read the load balancer's cookie. */
export interface Session {
  /** Seconds since 1970: first request of the session to the console. */
  readonly since: number;
  /** Seconds since 1970: last request for a page. */
  readonly seen: number;
}

const KIND = 'session';

/** Returns the name of a cookie for the scheme of an origin. */
export const nameOfCookie = (
  { inClear, secure }: { readonly secure: string; readonly inClear: string },
  origin: string,
): string => (isSecure(origin) ? secure : inClear);

const cookieName = (origin: string): string => nameOfCookie(CONSOLE_COOKIE, origin);
const isSecure = (origin: string): boolean => origin.startsWith('https:');

/**
 * Returns a `Set-Cookie` line. The cookie is `Lax`, not `Strict`: a browser that returns from the identity provider or
 * follows a link must send it. Otherwise the session would count as new.
 */
export const cookieLine = (origin: string, name: string, value: string, maxAge: number): string =>
  `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${isSecure(origin) ? '; Secure' : ''}`;

/**
 * Reads the session of an operator from the console's own cookie. It begins now if the cookie is missing, belongs to another
 * operator or has ended.
 * @param now seconds since 1970
 */
export const readSession = (
  request: HttpRequest,
  key: ConsoleKey,
  operator: string,
  { origin, sessionSeconds }: SessionOptions,
  now: number,
): Session => {
  const [, since = '', seen = '', mac = ''] =
    /^(\d{1,12})\.(\d{1,12})\.([A-Za-z0-9_-]{43})$/.exec(cookieOf(request, cookieName(origin))) ?? [];
  const session = { since: Number(since), seen: Number(seen) };
  const isOurs = key.verify([KIND, operator, session.since, session.seen], mac);
  return isOurs && now < session.since + sessionSeconds ? session : { since: now, seen: now };
};

/** Returns the value of a cookie; empty if the request does not have it. */
export const cookieOf = (request: HttpRequest, name: string): string => {
  const pairs = request.header('cookie').flatMap((text) => text.split(';'));
  const cookie = pairs.map((pair) => pair.trim()).find((pair) => pair.startsWith(`${name}=`));
  return cookie?.slice(name.length + 1) ?? '';
};

/**
 * True if a person opened this page. The script's own requests for changes do not keep a session alive.
 * https://www.w3.org/TR/fetch-metadata/#sec-fetch-dest-header
 */
export const isByPerson = (request: HttpRequest): boolean => !request.header('sec-fetch-dest').includes('empty');

/** Returns the `Set-Cookie` line that records a request for a page now. The cookie ends with its session. */
export const keepSession = (
  key: ConsoleKey,
  operator: string,
  { since }: Session,
  { origin, sessionSeconds }: SessionOptions,
  now: number,
): string =>
  cookieLine(
    origin,
    cookieName(origin),
    `${since}.${now}.${key.sign([KIND, operator, since, now])}`,
    since + sessionSeconds - now,
  );

/**
 * Returns `Set-Cookie` lines that end a session: every piece of the load balancer's cookie, and the console's own cookie.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html#authentication-logout-timeout
 */
export const endSession = (origin: string): readonly string[] =>
  [...LOAD_BALANCER_COOKIES, cookieName(origin)].map((name) => cookieLine(origin, name, '', 0));
