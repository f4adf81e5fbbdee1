import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';

/** Capacity units without surcharge. Each further 500 units cost 0.20 USD per million requests. */
export const CAPACITY_INCLUDED = 1_500;

/**
 * Capacity units of the rules that Shield Advanced adds.
 * https://docs.aws.amazon.com/waf/latest/developerguide/ddos-automatic-app-layer-response-caveats.html
 */
export const CAPACITY_OF_SHIELD = 150;

/** https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html (2026-11) */
const CAPACITY_OF_GROUPS: Readonly<Record<string, number>> = {
  AWSManagedRulesAmazonIpReputationList: 25,
  AWSManagedRulesAntiDDoSRuleSet: 50,
  AWSManagedRulesCommonRuleSet: 700,
  AWSManagedRulesKnownBadInputsRuleSet: 200,
  AWSManagedRulesSQLiRuleSet: 200,
};

/** https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements-match.html (2026-11) */
const SINGLE_MATCH = 1;
const WHOLE_MATCH = 2;
const REGEX_MATCH = 3;
const TEXT_TRANSFORMATION = 10;

/** https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html (2026-11) */
const RATE_BASED = 2;
const CUSTOM_KEY = 30;

/**
 * Computes the largest number of web ACL capacity units that the rules need, from AWS's lists. The transformation `NONE`
 * counts too.
 * @throws {Error} if the lists here do not have a kind of statement or a rule group
 */
export const capacityOf = (rules: readonly CfnWebACL.RuleProperty[]): number =>
  rules.reduce((sum, { statement }) => sum + capacityOfStatement(statement as CfnWebACL.StatementProperty), 0);

const capacityOfStatement = (statement: CfnWebACL.StatementProperty): number => {
  const [[kind, body] = ['', {}]] = Object.entries(statement);
  const nested = (body as { statement?: CfnWebACL.StatementProperty }).statement;
  const scope = (body as { scopeDownStatement?: CfnWebACL.StatementProperty }).scopeDownStatement;
  const transformations = (body as { textTransformations?: unknown[] }).textTransformations?.length ?? 0;
  const scopeCost = scope === undefined ? 0 : capacityOfStatement(scope);
  switch (kind) {
    case 'notStatement':
      return nested === undefined ? 0 : capacityOfStatement(nested);
    case 'andStatement':
    case 'orStatement':
      return (body as { statements: CfnWebACL.StatementProperty[] }).statements
        .map(capacityOfStatement)
        .reduce((sum, each) => sum + each, 0);
    case 'geoMatchStatement':
    case 'ipSetReferenceStatement':
    case 'labelMatchStatement':
      return SINGLE_MATCH;
    case 'sizeConstraintStatement':
      return SINGLE_MATCH + transformations * TEXT_TRANSFORMATION;
    case 'byteMatchStatement': {
      const { positionalConstraint } = body as { positionalConstraint: string };
      if (positionalConstraint !== 'EXACTLY') throw new Error(`The capacity of ${positionalConstraint} is not known.`);
      return WHOLE_MATCH + transformations * TEXT_TRANSFORMATION;
    }
    case 'regexMatchStatement':
      return REGEX_MATCH + transformations * TEXT_TRANSFORMATION;
    case 'rateBasedStatement':
      return RATE_BASED + ((body as { customKeys?: unknown[] }).customKeys?.length ?? 0) * CUSTOM_KEY + scopeCost;
    case 'managedRuleGroupStatement': {
      const { name } = body as { name: string };
      const capacity = CAPACITY_OF_GROUPS[name];
      if (capacity === undefined) throw new Error(`The capacity of the rule group ${name} is not known.`);
      return capacity + scopeCost;
    }
    default:
      throw new Error(`The capacity of a ${kind} is not known.`);
  }
};
