import { CONSOLE_COOKIE, LOAD_BALANCER_COOKIES } from '../../contract/console-session.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import type { ConsoleKey } from './console-key.ts';

export interface SessionOptions {
  /** The gateway's. */
  readonly origin: string;
  /** Seconds from the sign-in until the load balancer ends the session. */
  readonly sessionSeconds: number;
  /** Seconds without a page until the console ends it. */
  readonly idleSeconds: number;
}

/** What the console knows of a session, beside the load balancer's cookie, which it cannot read. */
export interface Session {
  /** When the console first saw it, in seconds since 1970. */
  readonly since: number;
  /** When a page was last asked for. */
  readonly seen: number;
}

const KIND = 'session';

const cookieName = (origin: string): string => (isSecure(origin) ? CONSOLE_COOKIE.secure : CONSOLE_COOKIE.inClear);
const isSecure = (origin: string): boolean => origin.startsWith('https:');

/**
 * `Lax`, and not `Strict`: a browser that comes back from the identity provider, or by a link, must bring it, or the
 * session would count as a new one.
 */
const line = (origin: string, name: string, value: string, maxAge: number): string =>
  `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${isSecure(origin) ? '; Secure' : ''}`;

/**
 * The session of an operator, as the console's own cookie has it. Without one, or with one of somebody else or of a session
 * that is over, it begins now.
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

const cookieOf = (request: HttpRequest, name: string): string => {
  const pairs = request.header('cookie').flatMap((text) => text.split(';'));
  const found = pairs.map((pair) => pair.trim()).find((pair) => pair.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? '';
};

/** The `Set-Cookie` line that says that a page was asked for now. It ends with the session that it is about. */
export const keepSession = (
  key: ConsoleKey,
  operator: string,
  { since }: Session,
  { origin, sessionSeconds }: SessionOptions,
  now: number,
): string =>
  line(
    origin,
    cookieName(origin),
    `${since}.${now}.${key.sign([KIND, operator, since, now])}`,
    since + sessionSeconds - now,
  );

/**
 * `Set-Cookie` lines that end a session: the load balancer's cookie, each piece of it, and the console's own.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html#authentication-logout-timeout
 */
export const endSession = (origin: string): readonly string[] =>
  [...LOAD_BALANCER_COOKIES, cookieName(origin)].map((name) => line(origin, name, '', 0));
