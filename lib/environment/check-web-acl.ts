import type { RateLimits, WebAclInput } from './edge.ts';
import type { Problems } from './problem.ts';

/** What a rate rule of the web ACL can count. */
const RATE_BOUNDS = { min: 10, max: 2_000_000_000 };

/** https://docs.aws.amazon.com/waf/latest/developerguide/limits.html */
const MAX_COUNTRIES = 50;

const RATES = ['callbacks', 'callbackPath', 'others'] as const satisfies readonly (keyof RateLimits)[];

/** Checks what an environment says about its web ACL. */
export const checkWebAcl = (problems: Problems, { antiDdos = false, countries, rateLimits }: WebAclInput): void => {
  problems.oneOf('antiDdos', antiDdos, [true, false], 'Say whether the group of rules is paid for.');
  if (rateLimits !== undefined) {
    problems.properties('rateLimits', rateLimits, RATES);
    for (const name of RATES) {
      const remedy = 'Give what the web ACL can count.';
      problems.integer(`rateLimits.${name}`, rateLimits[name], RATE_BOUNDS, 'requests', remedy);
    }
  }
  if (countries !== undefined) checkCountries(problems, countries);
};

const checkCountries = (problems: Problems, countries: NonNullable<WebAclInput['countries']>): void => {
  const [[name, codes] = ['', undefined], ...more] = Object.entries(countries);
  problems.expect(
    (name === 'only' || name === 'except') && more.length === 0,
    'countries',
    countries,
    '{ only: [...] } or { except: [...] }',
    'Name the countries that requests may come from, or those that they may not.',
  );
  const list: readonly unknown[] = Array.isArray(codes) ? codes : [];
  problems.expect(
    list.length > 0 && new Set(list).size === list.length && list.every((code) => /^[A-Z]{2}$/.test(String(code))),
    `countries.${name}`,
    codes,
    'a list of ISO 3166-1 alpha-2 codes in capitals, each of them once',
    'Write for instance "DE"; leave `countries` out to take requests from anywhere.',
  );
  problems.expect(
    list.length <= MAX_COUNTRIES,
    `countries.${name}`,
    `${list.length} countries`,
    `at most ${MAX_COUNTRIES}, which is all that a rule of the web ACL takes`,
    'Name fewer; the other form, `only` or `except`, may need fewer of them.',
  );
};
