import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import ipaddr from 'ipaddr.js';
import { MANAGED_RULES } from './managed-rules.ts';

/** A request, with the parts that our statements inspect. */
export interface SeenRequest {
  readonly path: string;
  readonly country?: string;
  readonly address?: string;
  /** Names of AWS's rules that this request matches. Only AWS knows their patterns. */
  readonly managed?: readonly string[];
}

/** The rule that blocked a request, and its response. */
export interface Blocked {
  readonly rule: string;
  readonly status: number;
}

/** Evaluates requests one after the other, within one window of the rate rules. */
export type WebAcl = (request: SeenRequest) => Blocked | undefined;

type Statement = CfnWebACL.StatementProperty;
type ManagedGroup = CfnWebACL.ManagedRuleGroupStatementProperty;

/** Addresses by ARN of their IP set. */
type IpSets = Readonly<Record<string, readonly string[]>>;

/** Evaluates one request. See `createWebAcl`. */
export const evaluate = (
  rules: readonly CfnWebACL.RuleProperty[],
  request: SeenRequest,
  ipSets: IpSets = {},
): Blocked | undefined => createWebAcl(rules, ipSets)(request);

/**
 * Evaluates rules like AWS WAF: in their order, with labels, until one blocks. A rate rule counts the requests in its
 * scope, for each value of its keys, and blocks above its limit.
 * @throws {Error} at an unknown kind of statement, or an unknown key of a rate rule
 */
export const createWebAcl = (rules: readonly CfnWebACL.RuleProperty[], ipSets: IpSets = {}): WebAcl => {
  const counts = new Map<string, number>();
  const count = (key: string): number => {
    const next = (counts.get(key) ?? 0) + 1;
    counts.set(key, next);
    return next;
  };
  return (request) => {
    const address = request.address ?? '192.0.2.1';
    const labels = new Set<string>();
    const matches = (rule: string, statement: Statement): boolean => {
      const [[kind, body] = ['', undefined]] = Object.entries(statement);
      switch (kind) {
        case 'managedRuleGroupStatement':
          return inScope(rule, body) && blocksByItself(body, request, labels);
        case 'rateBasedStatement':
          return inScope(rule, body) && count(`${rule} ${keyOf(body, request, address)}`) > body.limit;
        case 'notStatement':
          return !matches(rule, body.statement);
        case 'andStatement':
          return body.statements.every((one: Statement) => matches(rule, one));
        case 'orStatement':
          return body.statements.some((one: Statement) => matches(rule, one));
        case 'labelMatchStatement':
          return labels.has(body.key);
        case 'byteMatchStatement':
          if (body.positionalConstraint !== 'EXACTLY') throw new Error('This evaluator knows EXACTLY alone.');
          return body.searchString === request.path;
        case 'regexMatchStatement':
          return new RegExp(body.regexString).test(request.path);
        case 'sizeConstraintStatement':
          return Buffer.byteLength(request.path) > body.size;
        case 'geoMatchStatement':
          return body.countryCodes.includes(request.country ?? 'DE');
        case 'ipSetReferenceStatement':
          return (ipSets[body.arn] ?? []).some((range) => isIn(address, range));
        default:
          throw new Error(`This evaluator does not know ${kind}.`);
      }
    };
    const inScope = (rule: string, { scopeDownStatement: scope }: { scopeDownStatement?: Statement }): boolean =>
      scope === undefined || matches(rule, scope);

    for (const rule of [...rules].sort((a, b) => a.priority - b.priority)) {
      if (!matches(rule.name, rule.statement as Statement)) continue;
      for (const { name } of (rule.ruleLabels ?? []) as CfnWebACL.LabelProperty[]) labels.add(name);
      if ('managedRuleGroupStatement' in rule.statement) return { rule: rule.name, status: 403 };
      const { block } = (rule.action ?? {}) as CfnWebACL.RuleActionProperty;
      if (block === undefined) continue;
      const { customResponse } = block as { customResponse?: { responseCode: number } };
      return { rule: rule.name, status: customResponse?.responseCode ?? 403 };
    }
    return undefined;
  };
};

/** Adds the labels of the group's matching rules to a request, up to the first rule that blocks. */
const blocksByItself = (body: ManagedGroup, { managed = [] }: SeenRequest, labels: Set<string>): boolean => {
  const overrides = (body.ruleActionOverrides ?? []) as CfnWebACL.RuleActionOverrideProperty[];
  for (const { label, name } of MANAGED_RULES[body.name] ?? []) {
    if (!managed.includes(name)) continue;
    labels.add(label);
    if (!overrides.some((one) => one.name === name && 'count' in one.actionToUse)) return true;
  }
  return false;
};

/** Aggregation key of a request for a rate rule. */
const keyOf = (body: CfnWebACL.RateBasedStatementProperty, request: SeenRequest, address: string): string => {
  if (body.aggregateKeyType === 'IP') return address;
  return ((body.customKeys ?? []) as CfnWebACL.RateBasedStatementCustomKeyProperty[])
    .map((key) => {
      if (key.ip !== undefined) return address;
      if (key.uriPath !== undefined) return request.path;
      throw new Error(`This evaluator does not know the key ${Object.keys(key)}.`);
    })
    .join(' ');
};

const isIn = (address: string, range: string): boolean => {
  const parsed = ipaddr.parse(address);
  const [network, bits] = ipaddr.parseCIDR(range);
  return parsed.kind() === network.kind() && parsed.match(network, bits);
};
