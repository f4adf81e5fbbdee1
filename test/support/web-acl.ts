import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import ipaddr from 'ipaddr.js';

/** What a web ACL sees of a request, as far as the statements that we write look at it. */
export interface SeenRequest {
  readonly path: string;
  readonly country?: string;
  readonly address?: string;
}

/** The rule that blocked a request, and what it answered. */
export interface Blocked {
  readonly rule: string;
  readonly status: number;
}

type Statement = CfnWebACL.StatementProperty;

/**
 * Evaluates rules as AWS WAF does: in their order, labels carried along, the first that blocks decides. What AWS alone
 * knows (its groups of rules, and how many requests there were) never matches here.
 * @param ipSets addresses by ARN
 * @throws {Error} at a kind of statement that it does not know
 */
export const evaluate = (
  rules: readonly CfnWebACL.RuleProperty[],
  request: SeenRequest,
  ipSets: Readonly<Record<string, readonly string[]>> = {},
): Blocked | undefined => {
  const labels = new Set<string>();
  const matches = (statement: Statement): boolean => {
    const [[kind, body] = ['', undefined]] = Object.entries(statement);
    switch (kind) {
      case 'managedRuleGroupStatement':
      case 'rateBasedStatement':
        return false;
      case 'notStatement':
        return !matches(body.statement);
      case 'andStatement':
        return body.statements.every(matches);
      case 'labelMatchStatement':
        return labels.has(body.key);
      case 'regexMatchStatement':
        return new RegExp(body.regexString).test(request.path);
      case 'sizeConstraintStatement':
        return Buffer.byteLength(request.path) > body.size;
      case 'geoMatchStatement':
        return body.countryCodes.includes(request.country ?? 'DE');
      case 'ipSetReferenceStatement':
        return (ipSets[body.arn] ?? []).some((range) => isIn(request.address ?? '192.0.2.1', range));
      default:
        throw new Error(`This evaluator does not know ${kind}.`);
    }
  };
  for (const rule of [...rules].sort((a, b) => a.priority - b.priority)) {
    if (!matches(rule.statement as Statement)) continue;
    for (const { name } of (rule.ruleLabels ?? []) as CfnWebACL.LabelProperty[]) labels.add(name);
    const { block } = (rule.action ?? {}) as CfnWebACL.RuleActionProperty;
    if (block === undefined) continue;
    const { customResponse } = block as { customResponse?: { responseCode: number } };
    return { rule: rule.name, status: customResponse?.responseCode ?? 403 };
  }
  return undefined;
};

const isIn = (address: string, range: string): boolean => {
  const parsed = ipaddr.parse(address);
  const [network, bits] = ipaddr.parseCIDR(range);
  return parsed.kind() === network.kind() && parsed.match(network, bits);
};
