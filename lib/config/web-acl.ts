import type * as v from 'valibot';
import { object, optional } from './containers.ts';
import { count, type Fault, flag, kind } from './kinds.ts';
import { Description } from './show.ts';

/** Requests that a rate rule of the web ACL can count in five minutes. */
const rate = count({
  min: 10,
  max: 2_000_000_000,
  unit: 'requests',
  remedy: 'Give the most requests in five minutes.',
});

/**
 * Requests per 5 minutes from one address. The web ACL answers the requests above with 429. The limits keep one address from
 * taking everything; they are not quotas of a processor or an application.
 */
export const rateLimits = object('Give a number for each.', {
  /** Callbacks from one address. All machines of a processor may share one address. */
  callbacks: rate,
  /**
   * Callbacks from one address to one path. A processor that reports progress each second needs 300. Processors behind
   * PrivateLink, or behind one NAT, share one address.
   */
  callbackPath: rate,
  /**
   * All other requests from one address: senders, operators, public documents. An application behind one NAT has one
   * address for all its requests: 10,000 are 33 requests a second, all the time.
   */
  others: rate,
  /**
   * `GET /v1/handshake` from one address. Each request can make the gateway call a registered address. A processor that
   * tests a handshake sends a few. Confirmations of calls that the gateway starts do not count.
   */
  handshake: rate,
});
export type RateLimits = v.InferOutput<typeof rateLimits>;

export type Countries = { readonly only: readonly string[] } | { readonly except: readonly string[] };

/** https://docs.aws.amazon.com/waf/latest/developerguide/limits.html */
const MAX_COUNTRIES = 50;

const countries = kind<Countries>('{ only: string[] } | { except: string[] }', (value): readonly Fault[] => {
  const [[name, codes] = ['', undefined], ...more] = Object.entries(value ?? {});
  if ((name !== 'only' && name !== 'except') || more.length > 0) {
    return [
      {
        expected: '{ only: [...] } or { except: [...] }',
        remedy: 'List the countries that requests may come from (`only`), or the countries to refuse (`except`).',
      },
    ];
  }
  const list: readonly unknown[] = Array.isArray(codes) ? codes : [];
  if (list.length > MAX_COUNTRIES) {
    return [
      {
        path: [name],
        value: new Description(`has ${list.length} countries`),
        expected: `at most ${MAX_COUNTRIES} countries, the limit of a rule of the web ACL`,
        remedy: 'List fewer countries; the other form, `only` or `except`, may need fewer.',
      },
    ];
  }
  return list.length > 0 && new Set(list).size === list.length && list.every((code) => /^[A-Z]{2}$/.test(`${code}`))
    ? []
    : [
        {
          path: [name],
          value: codes,
          expected: "a list of one or more ISO 3166-1 alpha-2 codes in capitals, as ['DE', 'FR'], each of them once",
          remedy: 'Correct the codes, or remove `countries`: requests may then come from every country.',
        },
      ];
});

/** Web ACL of the load balancer. */
export const webAcl = {
  /**
   * Most requests in five minutes. 1 USD a month for each rule.
   * @default { callbacks: 10_000, callbackPath: 1_000, others: 10_000, handshake: 300 }
   */
  rateLimits: optional(rateLimits, { callbacks: 10_000, callbackPath: 1_000, others: 10_000, handshake: 300 }),
  /**
   * Countries that requests may come from, those of operators and senders too, as at most 50 ISO 3166-1 alpha-2 codes. AWS
   * finds the country by the address. 2 USD a month for two rules. The alarm `CallbackBlocked` counts the callbacks that
   * they stop.
   * @default requests may come from anywhere
   */
  countries: optional(countries),
  /**
   * True if AWS's rule group against denial of service examines every request first. About 15 USD a month, and 0.8 USD a
   * million requests that it does not block; free with Shield Advanced.
   * @default false
   */
  antiDdos: optional(
    flag(
      'Write true if the rule group is wanted (about 15 USD a month, and 0.80 USD a million requests), and false if not.',
    ),
    false,
  ),
};
