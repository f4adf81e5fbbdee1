import type { RateLimits, WebAclInput } from './edge.ts';
import { Finding, type Problems } from './errors.ts';

/** What a rate rule of the web ACL can count. */
const RATE_BOUNDS = { min: 10, max: 2_000_000_000 };

/** https://docs.aws.amazon.com/waf/latest/developerguide/limits.html */
const MAX_COUNTRIES = 50;

const RATES = ['callbacks', 'callbackPath', 'others', 'handshake'] as const satisfies readonly (keyof RateLimits)[];

/** Checks what an environment says about its web ACL. */
export const checkWebAcl = (problems: Problems, { antiDdos = false, countries, rateLimits }: WebAclInput): void => {
  problems.oneOf(
    'antiDdos',
    antiDdos,
    [true, false],
    'Write true where the rule group is wanted (about 15 USD a month, and 0.80 USD a million requests), and false where not.',
  );
  const limits = `an object with ${RATES.join(', ')}`;
  if (rateLimits !== undefined && problems.object('rateLimits', rateLimits, limits, 'Give a number for each.')) {
    problems.properties('rateLimits', rateLimits, RATES);
    for (const name of RATES) {
      const remedy = 'Give the most requests in five minutes.';
      problems.integer(`rateLimits.${name}`, rateLimits[name], RATE_BOUNDS, 'requests', remedy);
    }
  }
  if (countries !== undefined) checkCountries(problems, countries);
};

const checkCountries = (problems: Problems, countries: NonNullable<WebAclInput['countries']>): void => {
  const expected = '{ only: [...] } or { except: [...] }';
  const remedy = 'List the countries that requests may come from (`only`), or the countries to refuse (`except`).';
  if (!problems.object('countries', countries, expected, remedy)) return;
  const [[name, codes] = ['', undefined], ...more] = Object.entries(countries);
  problems.expect(
    (name === 'only' || name === 'except') && more.length === 0,
    'countries',
    countries,
    expected,
    remedy,
  );
  const list: readonly unknown[] = Array.isArray(codes) ? codes : [];
  problems.expect(
    list.length > 0 && new Set(list).size === list.length && list.every((code) => /^[A-Z]{2}$/.test(String(code))),
    `countries.${name}`,
    codes,
    "a list of one or more ISO 3166-1 alpha-2 codes in capitals, as ['DE', 'FR'], each of them once",
    'Correct the codes, or take `countries` out: requests may come from every country then.',
  );
  problems.expect(
    list.length <= MAX_COUNTRIES,
    `countries.${name}`,
    new Finding(`has ${list.length} countries`),
    `at most ${MAX_COUNTRIES} countries, the limit of a rule of the web ACL`,
    'List fewer countries; the other form, `only` or `except`, may need fewer.',
  );
};
