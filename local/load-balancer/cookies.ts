import type { ReceivedRequest } from './request.ts';
import { headerValues } from './request.ts';

/** Longest value of one cookie: with name and attributes it stays under the 4 KB that browsers keep. */
const SHARD_CHARS = 3_800;
/** Shards of an earlier, longer session that a shorter one must end. */
const MAX_SHARDS = 5;

/** The cookies of a request by name; of two with the same name the first. */
export const readCookies = (request: ReceivedRequest): ReadonlyMap<string, string> => {
  const cookies = new Map<string, string>();
  for (const line of headerValues(request, 'cookie')) {
    for (const pair of line.split(';')) {
      const equals = pair.indexOf('=');
      const name = pair.slice(0, equals).trim();
      if (equals > 0 && !cookies.has(name)) cookies.set(name, pair.slice(equals + 1).trim());
    }
  }
  return cookies;
};

/** The `Set-Cookie` line of a cookie that scripts cannot read. Not `Secure`, because this listener is served in clear. */
export const setCookie = (name: string, value: string, maxAgeSeconds: number): string =>
  `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax`;

export const endCookie = (name: string): string => setCookie(name, '', 0);

/** `Set-Cookie` lines of a value that may not fit one cookie: `NAME-0`, `NAME-1` and so on. */
export const setShardedCookie = (name: string, value: string, maxAgeSeconds: number): readonly string[] => {
  const shards = value.match(new RegExp(`.{1,${SHARD_CHARS}}`, 'g')) ?? [];
  return [
    ...shards.map((shard, index) => setCookie(`${name}-${index}`, shard, maxAgeSeconds)),
    ...Array.from({ length: Math.max(0, MAX_SHARDS - shards.length) }, (_, index) =>
      endCookie(`${name}-${shards.length + index}`),
    ),
  ];
};

/** The value of a sharded cookie; empty if it is absent. */
export const readShardedCookie = (cookies: ReadonlyMap<string, string>, name: string): string => {
  let value = '';
  for (let index = 0; ; index += 1) {
    const shard = cookies.get(`${name}-${index}`);
    if (!shard) return value;
    value += shard;
  }
};
