import { forEachProcessor } from './rule.ts';

/** Access logs of the load balancer hold tokens in URLs, so a protected environment must give a reason for them. */
export const tokensInUrls = forEachProcessor(({ carriers, proof }, at, entries, errors) => {
  const { protected: isProtected, runsOn, tokensInUrls: reason } = entries;
  errors.expect(
    runsOn !== 'aws' ||
      isProtected !== true ||
      reason !== undefined ||
      proof?.kind !== 'none' ||
      !carriers?.includes('path'),
    `${at}.carriers`,
    carriers,
    'no carrier `path` without a proof in a protected environment, because access logs hold such tokens',
    'Use the carrier `header` or `short`, or write in `tokensInUrls` why that is not possible.',
  );
});
