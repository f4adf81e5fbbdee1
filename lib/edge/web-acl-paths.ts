import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';

/**
 * Longest regular expression that AWS WAF accepts. The schema of its API says 512, but the service refuses more than this.
 * https://docs.aws.amazon.com/waf/latest/developerguide/limits.html
 * https://github.com/hashicorp/terraform-provider-aws/issues/33626
 */
const MAX_EXPRESSION_CHARS = 200;

/** No transformation, like the gateway's router: a path that is equal only after decoding is another path. */
export const AS_SENT: CfnWebACL.TextTransformationProperty = { priority: 0, type: 'NONE' };

/**
 * Matches paths that begin with one of these prefixes. An expression costs about as much as one string comparison, so the
 * prefixes share as few expressions as the length limit allows.
 * @throws {Error} if a single prefix is too long for an expression
 */
export const beginsWithOne = (prefixes: readonly string[]): CfnWebACL.StatementProperty => {
  const [first, ...more] = packed(withoutCovered(prefixes)).map(matchingExpression);
  if (first === undefined)
    throw new Error('No prefix was given; expected at least one. Give the beginnings of the paths.');
  return more.length === 0 ? first : { orStatement: { statements: [first, ...more] } };
};

/**
 * Matches exactly the paths of these routes, whose parameters are one segment each.
 * @throws {Error} if the paths are too long for one expression
 */
export const isOneOf = (paths: readonly string[]): CfnWebACL.StatementProperty => {
  const regexString = `^(${paths.map((path) => path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')).join('|')})$`;
  if (regexString.length > MAX_EXPRESSION_CHARS) {
    throw new Error(
      `The expression ${regexString} has ${regexString.length} characters; expected at most ${MAX_EXPRESSION_CHARS}, ` +
        'the limit of AWS WAF. Give fewer paths.',
    );
  }
  return { regexMatchStatement: { fieldToMatch: { uriPath: {} }, regexString, textTransformations: [AS_SENT] } };
};

/** Drops prefixes that begin with another prefix: the shorter one matches their paths too. */
export const withoutCovered = (prefixes: readonly string[]): readonly string[] =>
  [...new Set(prefixes)].filter((one) => !prefixes.some((other) => other !== one && one.startsWith(other)));

const expressionOf = (prefixes: readonly string[]): string =>
  `^(${prefixes.map((prefix) => prefix.replaceAll('.', '\\.')).join('|')})`;

/** Groups the prefixes, in their order, so that each group's expression is short enough. */
const packed = (prefixes: readonly string[]): readonly (readonly string[])[] => {
  const groups: string[][] = [];
  for (const prefix of prefixes) {
    const { length } = expressionOf([prefix]);
    if (length > MAX_EXPRESSION_CHARS) {
      throw new Error(
        `The expression for the path "${prefix}" has ${length} characters; expected at most ${MAX_EXPRESSION_CHARS}, ` +
          'the limit of AWS WAF. Shorten the path of the route.',
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
