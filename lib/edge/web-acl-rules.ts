import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { MAX_PATH_BYTES, RATE_WINDOW_SECONDS } from '../../lambda/contract/door-limits.ts';
import type { Route } from '../../lambda/contract/routes.ts';
import { ROUTES } from '../../lambda/contract/routes.ts';
import type { Countries, RateLimits } from '../config/web-acl.ts';
import { COUNTED_BAD_INPUTS, isBadBody, isBadCallback, isBadOther, KNOWN_BAD_INPUTS } from './known-bad-inputs.ts';
import { INPUT_PATHS, isCallbackRoute, prefixesOf } from './request-profiles.ts';
import { AS_SENT, beginsWithOne, isOneOf } from './web-acl-paths.ts';

type Rule = CfnWebACL.RuleProperty;
type Statement = CfnWebACL.StatementProperty;
type UnorderedRule = Omit<Rule, 'priority'>;

export interface WebAclRulesProps {
  readonly rateLimits: RateLimits;
  /** @default every country */
  readonly countries?: Countries;
  /** True if AWS's rule group against denial of service comes first. */
  readonly antiDdos: boolean;
  /**
   * ARNs of IP sets with the addresses of all processors.
   * @default any address may send callbacks
   */
  readonly callbackSources?: readonly string[];
}

const ROUTE_LIST = Object.values(ROUTES) as readonly Route[];
/** Beginnings of the paths that processors call. */
const CALLBACK_PREFIXES = prefixesOf(ROUTE_LIST.filter(isCallbackRoute));

/** Path of the load balancer to which the identity provider redirects an operator. */
const OIDC_REDIRECT_PATH = '/oauth2/idpresponse';
const OTHER_PREFIXES = [...prefixesOf(ROUTE_LIST.filter((route) => !isCallbackRoute(route))), OIDC_REDIRECT_PATH];

/** Label of requests to callback routes. */
const CALLBACK_LABEL = 'postern:callback';

/** Custom response bodies of the web ACL, by name. Each is a problem document (RFC 9457). */
export const RESPONSE_BODIES = {
  forbidden: { title: 'Requests from this address are not accepted.', status: 403 },
  refused: { title: 'The request contains text that is known from attacks.', status: 403 },
  tooLong: { title: 'The path is longer than any that is served here.', status: 414 },
  tooMany: { title: 'Too many requests: come again after Retry-After seconds.', status: 429 },
} as const;

/**
 * Metric names of the rules that can block a callback. If one of them blocks, the caller may be a processor. The group
 * against denial of service inspects all requests, callbacks included.
 */
export const CALLBACK_BLOCKING_RULES = [
  'AntiDdos',
  'CallbackCountries',
  'CallbackSources',
  'CallbackRate',
  'CallbackPathRate',
  'CallbackIpReputation',
  // The group inspects callbacks too. Only a rule that a newer version of it adds would block by itself.
  'BadInputs',
  'CallbackBadInputs',
] as const;

/**
 * Rules of the web ACL, in two profiles. Callbacks come from other companies' servers and contain arbitrary bytes. Rules
 * against script patterns, unusual browsers or hosting providers would block honest callbacks, and only a browser can solve
 * a challenge. The profile for all other requests is stricter.
 *
 * The rules compare only paths with the routes. A function answers 405 to a wrong method and 415 to a wrong content type,
 * and says what is right. AWS WAF inspects the first 8 KB of a body behind a load balancer, and longer bodies pass: the
 * functions limit their size. `POST /v1/tasks` takes 64 KB, see `MAX_OPENING_BODY_BYTES`.
 */
export const webAclRules = ({ antiDdos, callbackSources, countries, rateLimits }: WebAclRulesProps): Rule[] =>
  [
    // This group comes first: it must see all requests to learn the normal traffic.
    ...(antiDdos ? [antiDdosGroup()] : []),
    {
      name: 'Callback',
      statement: beginsWithOne(CALLBACK_PREFIXES),
      action: { count: {} },
      ruleLabels: [{ name: CALLBACK_LABEL }],
      visibilityConfig: visibility('Callback'),
    },
    ...(countries === undefined ? [] : countryRules(countries)),
    blocking('NoRoute', both(not(isCallback()), not(beginsWithOne(OTHER_PREFIXES))), NOT_FOUND),
    blocking('LongPath', longerThan(MAX_PATH_BYTES), respond('tooLong')),
    ...(callbackSources === undefined ? [] : [sourcesRule(callbackSources)]),
    rateRule('CallbackRate', rateLimits.callbacks, isCallback()),
    // Counts by URL and address together, against endless retries of a processor. If it counted by URL only, another
    // caller who knows the URL could use up the processor's limit.
    rateRule('CallbackPathRate', rateLimits.callbackPath, isCallback(), [
      { ip: {} },
      { uriPath: { textTransformations: [HASHED] } },
    ]),
    rateRule('OtherRate', rateLimits.others, not(isCallback())),
    // Any caller may request a confirmation call to a registered address.
    rateRule('HandshakeRate', rateLimits.handshake, isExactly(ROUTES.handshake.path)),
    managedRule('CallbackIpReputation', 'AWSManagedRulesAmazonIpReputationList', isCallback()),
    managedRule('OtherIpReputation', 'AWSManagedRulesAmazonIpReputationList', not(isCallback())),
    // The group runs once for all requests and only adds labels. A second one would need 200 more capacity units.
    managedRule('BadInputs', KNOWN_BAD_INPUTS, undefined, COUNTED_BAD_INPUTS),
    blocking('CallbackBadInputs', both(isCallback(), isBadCallback()), respond('refused')),
    blocking(
      'OtherBadInputs',
      both(not(isCallback()), either(isBadOther(), both(isBadBody(), not(isOneOf(INPUT_PATHS))))),
      respond('refused'),
    ),
    // Senders are programs without `User-Agent`, and their bodies may have 16 KB and contain URLs and file names. An
    // operator's session cookies may have 16 KB, and the redirect from the identity provider has a long query.
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
    // A sender's text about its task may look like SQL. It is never used in SQL.
    managedRule('OtherSqlInjection', 'AWSManagedRulesSQLiRuleSet', not(isCallback()), [
      'SQLi_BODY',
      'SQLiExtendedPatterns_BODY',
    ]),
  ].map((rule, priority) => ({ ...rule, priority }));

/**
 * Hashes the aggregation key of a rate rule. AWS WAF logs 32 characters of that key when the rule blocks, even if the path
 * is redacted, and 32 characters can be the whole path of a short URL with its code. A hash reveals nothing, because a code
 * cannot be guessed.
 * https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html
 */
const HASHED: CfnWebACL.TextTransformationProperty = { priority: 0, type: 'MD5' };

/** Unknown paths: the web ACL returns the same 404 that the load balancer would. */
const NOT_FOUND: CfnWebACL.BlockActionProperty = { customResponse: { responseCode: 404 } };

const respond = (
  body: keyof typeof RESPONSE_BODIES,
  ...responseHeaders: CfnWebACL.CustomHTTPHeaderProperty[]
): CfnWebACL.BlockActionProperty => ({
  customResponse: {
    responseCode: RESPONSE_BODIES[body].status,
    customResponseBodyKey: body,
    ...(responseHeaders.length > 0 && { responseHeaders }),
  },
});

const blocking = (name: string, statement: Statement, block: CfnWebACL.BlockActionProperty): UnorderedRule => ({
  name,
  statement,
  action: { block },
  visibilityConfig: visibility(name),
});

/**
 * Blocks above a rate, with 429 and `Retry-After`: clients would take a plain 403 as a permanent refusal. After one window
 * without requests, earlier requests no longer count.
 */
const rateRule = (
  name: string,
  limit: number,
  scopeDownStatement: Statement,
  customKeys?: CfnWebACL.RateBasedStatementCustomKeyProperty[],
): UnorderedRule =>
  blocking(
    name,
    {
      rateBasedStatement: {
        limit,
        ...(customKeys === undefined ? { aggregateKeyType: 'IP' } : { aggregateKeyType: 'CUSTOM_KEYS', customKeys }),
        evaluationWindowSec: RATE_WINDOW_SECONDS,
        scopeDownStatement,
      },
    },
    respond('tooMany', { name: 'Retry-After', value: String(RATE_WINDOW_SECONDS) }),
  );

const sourcesRule = (ipSetArns: readonly string[]): UnorderedRule =>
  blocking(
    'CallbackSources',
    {
      andStatement: {
        statements: [isCallback(), ...ipSetArns.map((arn) => not({ ipSetReferenceStatement: { arn } }))],
      },
    },
    respond('forbidden'),
  );

/** Two rules, because a processor in a new country should raise an alarm, and other traffic should not. */
const countryRules = (countries: Countries): readonly UnorderedRule[] => {
  const isFrom = (countryCodes: readonly string[]): Statement => ({
    geoMatchStatement: { countryCodes: [...countryCodes] },
  });
  const statement = 'only' in countries ? not(isFrom(countries.only)) : isFrom(countries.except);
  const rule = (name: string, which: Statement) => blocking(name, both(which, statement), respond('forbidden'));
  return [rule('CallbackCountries', isCallback()), rule('OtherCountries', not(isCallback()))];
};

/** AWS's group against denial of service, without its challenge: a processor has no browser to solve it. */
const antiDdosGroup = (): UnorderedRule => ({
  name: 'AntiDdos',
  statement: {
    managedRuleGroupStatement: {
      vendorName: 'AWS',
      name: 'AWSManagedRulesAntiDDoSRuleSet',
      managedRuleGroupConfigs: [
        {
          awsManagedRulesAntiDDoSRuleSet: {
            clientSideActionConfig: { challenge: { usageOfAction: 'DISABLED' } },
            sensitivityToBlock: 'LOW',
          },
        },
      ],
    },
  },
  overrideAction: { none: {} },
  visibilityConfig: visibility('AntiDdos'),
});

/**
 * Managed rule group of AWS. Its rules in `counted` only count instead of blocking. AWS WAF silently ignores a name that the
 * group does not have. https://docs.aws.amazon.com/waf/latest/APIReference/API_RuleActionOverride.html
 */
const managedRule = (
  name: string,
  group: string,
  scopeDownStatement: Statement | undefined,
  counted: readonly string[] = [],
): UnorderedRule => ({
  name,
  statement: {
    managedRuleGroupStatement: {
      vendorName: 'AWS',
      name: group,
      ...(scopeDownStatement !== undefined && { scopeDownStatement }),
      ...(counted.length > 0 && {
        ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
      }),
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

const isCallback = (): Statement => ({ labelMatchStatement: { scope: 'LABEL', key: CALLBACK_LABEL } });

const not = (statement: Statement): Statement => ({ notStatement: { statement } });

const both = (one: Statement, other: Statement): Statement => ({ andStatement: { statements: [one, other] } });

const either = (one: Statement, other: Statement): Statement => ({ orStatement: { statements: [one, other] } });

const longerThan = (size: number): Statement => ({
  sizeConstraintStatement: {
    fieldToMatch: { uriPath: {} },
    comparisonOperator: 'GT',
    size,
    textTransformations: [AS_SENT],
  },
});

/** Matches one exact path. It needs one capacity unit less than a regular expression. */
const isExactly = (path: string): Statement => ({
  byteMatchStatement: {
    fieldToMatch: { uriPath: {} },
    positionalConstraint: 'EXACTLY',
    searchString: path,
    textTransformations: [AS_SENT],
  },
});
