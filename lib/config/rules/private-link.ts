import { forEachProcessor, type Rule } from './rule.ts';

/** Callers by PrivateLink have private addresses, which belong to no country. */
export const privateLinkWithoutCountries: Rule = ({ countries, privateLink }, errors) => {
  errors.expect(
    privateLink === undefined || countries === undefined || !('only' in countries),
    'countries',
    countries,
    'no `only` together with `privateLink`, because its callers have private addresses, which belong to no country',
    'Use `except`, with the countries to refuse, or remove `privateLink`.',
  );
};

/** PrivateLink hides the addresses of callers. */
export const privateLinkWithoutRanges = forEachProcessor(({ sourceRanges }, at, { privateLink }, errors) => {
  errors.expect(
    privateLink === undefined || sourceRanges === undefined,
    `${at}.sourceRanges`,
    sourceRanges,
    'no source ranges together with `privateLink`, which hides the address of the caller',
    'Remove `sourceRanges`, or remove `privateLink`.',
  );
});
