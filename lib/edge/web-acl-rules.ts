import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Route } from '../../lambda/contract/routes.ts';
import { ROUTES } from '../../lambda/contract/routes.ts';
import type { RateLimits } from '../environment.ts';

type Rule = CfnWebACL.RuleProperty;
type Statement = CfnWebACL.StatementProperty;

/** Paths that processors call, whatever the rest of the gateway has: each up to where a task or a code is named. */
const CALLBACK_PREFIXES = [
  ...new Set(
    (Object.values(ROUTES) as readonly Route[])
      .filter(({ access }) => access.kind === 'callback' || access.kind === 'code')
      .map(({ path }) => path.slice(0, path.indexOf('{'))),
  ),
];

/**
 * Two profiles. Callbacks come from machines of others and carry bytes that nobody here chose: a list of scripting
 * patterns, of browsers' habits or of hosting providers would stop honest ones. Everything else is stricter.
 * Together about 1,150 capacity units; above 1,500 each request costs more.
 */
export const webAclRules = (limits: RateLimits): Rule[] =>
  [
    rateRule('CallbackRate', limits.callbacks, isCallback()),
    rateRule('OtherRate', limits.others, not(isCallback())),
    managedRule('IpReputation', 'AWSManagedRulesAmazonIpReputationList'),
    // Rules over the body stay out: a callback's payload may hold any text at all, this one included.
    managedRule('CallbackBadInputs', 'AWSManagedRulesKnownBadInputsRuleSet', isCallback(), [
      'Log4JRCE_BODY',
      'JavaDeserializationRCE_BODY',
      'ReactJSRCE_BODY',
    ]),
    managedRule('OtherBadInputs', 'AWSManagedRulesKnownBadInputsRuleSet', not(isCallback())),
    // Senders are programs without `User-Agent`, and their bodies may reach 16 KB and name URLs and files. An operator's session
    // cookies may reach 16 KB, and the way back from the identity provider has a long query.
    managedRule('OtherCommon', 'AWSManagedRulesCommonRuleSet', not(isCallback()), [
      'NoUserAgent_HEADER',
      'SizeRestrictions_BODY',
      'SizeRestrictions_Cookie_HEADER',
      'SizeRestrictions_QUERYSTRING',
      'EC2MetaDataSSRF_BODY',
      'GenericRFI_BODY',
      'GenericLFI_BODY',
      'CrossSiteScripting_BODY',
    ]),
  ].map((rule, priority) => ({ ...rule, priority }));

/** Names of the rules that can block a callback, in the order in which a request meets them: each is also its metric's. */
export const CALLBACK_RULES = ['CallbackRate', 'IpReputation', 'CallbackBadInputs'] as const;

type UnorderedRule = Omit<Rule, 'priority'>;

/** Seconds that a rate rule looks back on. */
const RATE_WINDOW_SECONDS = 300;

/**
 * Says when to come again, as processors and senders expect it of whoever is busy: a bare 403 reads as a refusal for
 * good. After a whole window without a request nothing of what an address asked before counts any more.
 */
const TOO_MANY_REQUESTS: CfnWebACL.BlockActionProperty = {
  customResponse: {
    responseCode: 429,
    responseHeaders: [{ name: 'Retry-After', value: String(RATE_WINDOW_SECONDS) }],
  },
};

/** Answers 429 to an address that asks more often than `limit` in five minutes. */
const rateRule = (name: string, limit: number, scope: Statement): UnorderedRule => ({
  name,
  statement: {
    rateBasedStatement: {
      limit,
      aggregateKeyType: 'IP',
      evaluationWindowSec: RATE_WINDOW_SECONDS,
      scopeDownStatement: scope,
    },
  },
  action: { block: TOO_MANY_REQUESTS },
  visibilityConfig: visibility(name),
});

/** A rule group of AWS; `counted` names its rules that only count what they would block. */
const managedRule = (
  name: string,
  group: string,
  scope?: Statement,
  counted: readonly string[] = [],
): UnorderedRule => ({
  name,
  statement: {
    managedRuleGroupStatement: {
      vendorName: 'AWS',
      name: group,
      ...(scope !== undefined && { scopeDownStatement: scope }),
      ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
    },
  },
  overrideAction: { none: {} },
  visibilityConfig: visibility(name),
});

const visibility = (metricName: string): CfnWebACL.VisibilityConfigProperty => ({
  metricName,
  cloudWatchMetricsEnabled: true,
  sampledRequestsEnabled: false,
});

const isCallback = (): Statement => {
  const statements = CALLBACK_PREFIXES.map(pathStartsWith);
  const [only, ...more] = statements;
  return only !== undefined && more.length === 0 ? only : { orStatement: { statements } };
};

const not = (statement: Statement): Statement => ({ notStatement: { statement } });

/** Compared as sent, as the gateway does: a path that only looks the same when decoded is not one of them. */
const pathStartsWith = (prefix: string): Statement => ({
  byteMatchStatement: {
    fieldToMatch: { uriPath: {} },
    positionalConstraint: 'STARTS_WITH',
    searchString: prefix,
    textTransformations: [{ priority: 0, type: 'NONE' }],
  },
});
