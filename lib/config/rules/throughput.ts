import type { Rule } from './rule.ts';

/** DynamoDB charges for prepared units, also for those above the limit, which are never used. */
export const warmWithinThroughput: Rule = ({ tableThroughput, warmThroughput }, errors) => {
  for (const name of ['readUnits', 'writeUnits'] as const) {
    const [most, warm] = [tableThroughput?.[name], warmThroughput?.[name]];
    errors.expect(
      most === undefined || warm === undefined || warm <= most,
      `warmThroughput.${name}`,
      warm,
      `at most ${most}, the limit of \`tableThroughput\``,
      'Raise `tableThroughput`: prepared units above it cost money and are never used.',
    );
  }
};
