import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';

/**
 * Longest expression that AWS WAF takes. The schema of its API says 512, and the service refuses what is above this.
 * https://docs.aws.amazon.com/waf/latest/developerguide/limits.html
 * https://github.com/hashicorp/terraform-provider-aws/issues/33626
 */
export const MAX_EXPRESSION_CHARS = 200;

/** As the gateway compares: a path that only looks the same when it is decoded is another path. */
export const AS_SENT: CfnWebACL.TextTransformationProperty = { priority: 0, type: 'NONE' };

/**
 * Matches the paths that begin with one of these prefixes. An expression costs as much as one comparison of text, so that
 * all prefixes share one, or as few as the length of an expression allows.
 * @throws {Error} if a prefix alone is too long for an expression
 */
export const beginsWithOne = (prefixes: readonly string[]): CfnWebACL.StatementProperty => {
  const [first, ...more] = packed(withoutCovered(prefixes)).map(matchingExpression);
  if (first === undefined) throw new Error('No prefix was given; expected one at least. Name what paths begin with.');
  return more.length === 0 ? first : { orStatement: { statements: [first, ...more] } };
};

/** Leaves out the prefixes that begin with another one: the shorter one matches their paths as well. */
const withoutCovered = (prefixes: readonly string[]): readonly string[] =>
  [...new Set(prefixes)].filter((one) => !prefixes.some((other) => other !== one && one.startsWith(other)));

const expressionOf = (prefixes: readonly string[]): string =>
  `^(${prefixes.map((prefix) => prefix.replaceAll('.', '\\.')).join('|')})`;

/** Puts the prefixes, in their order, into groups whose expressions are short enough. */
const packed = (prefixes: readonly string[]): readonly (readonly string[])[] => {
  const groups: string[][] = [];
  for (const prefix of prefixes) {
    const { length } = expressionOf([prefix]);
    if (length > MAX_EXPRESSION_CHARS) {
      throw new Error(
        `The expression for the path "${prefix}" has ${length} characters; expected ${MAX_EXPRESSION_CHARS} at most, ` +
          'which is all that AWS WAF takes. Shorten the path of the route.',
      );
    }
    const last = groups.at(-1);
    if (last !== undefined && expressionOf([...last, prefix]).length <= MAX_EXPRESSION_CHARS) last.push(prefix);
    else groups.push([prefix]);
  }
  return groups;
};

const matchingExpression = (prefixes: readonly string[]): CfnWebACL.StatementProperty => ({
  regexMatchStatement: {
    fieldToMatch: { uriPath: {} },
    regexString: expressionOf(prefixes),
    textTransformations: [AS_SENT],
  },
});
