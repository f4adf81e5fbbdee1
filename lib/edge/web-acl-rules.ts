import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Route } from '../../lambda/contract/routes.ts';
import { ROUTES } from '../../lambda/contract/routes.ts';
import type { Countries, RateLimits } from '../config/edge.ts';
import { COUNTED_BAD_INPUTS, isBadCallback, isBadOther, KNOWN_BAD_INPUTS } from './known-bad-inputs.ts';
import { AS_SENT, beginsWithOne } from './web-acl-paths.ts';

type Rule = CfnWebACL.RuleProperty;
type Statement = CfnWebACL.StatementProperty;
type UnorderedRule = Omit<Rule, 'priority'>;

export interface WebAclRulesProps {
  readonly rateLimits: RateLimits;
  /** @default every country */
  readonly countries?: Countries;
  /** Whether AWS's group of rules against denial of service is asked first. */
  readonly antiDdos: boolean;
  /**
   * Sets of the addresses that processors call from.
   * @default callbacks come from anywhere
   */
  readonly callbackSources?: readonly string[];
}

const ROUTE_LIST = Object.values(ROUTES) as readonly Route[];
const isCallbackRoute = ({ access }: Route): boolean => access.kind === 'callback' || access.kind === 'code';

/** What a path begins with, up to where a task, a code or the like is named. */
const prefixesOf = (routes: readonly Route[]): readonly string[] => routes.map(({ path }) => path.split('{', 1).join());

/** Paths that processors call, whatever the rest of the gateway has. */
const CALLBACK_PREFIXES = prefixesOf(ROUTE_LIST.filter(isCallbackRoute));

/** The load balancer's own: where the identity provider sends an operator back to. */
const OIDC_REDIRECT_PATH = '/oauth2/idpresponse';
const OTHER_PREFIXES = [...prefixesOf(ROUTE_LIST.filter((route) => !isCallbackRoute(route))), OIDC_REDIRECT_PATH];

/** What a request to a callback route is called once it is known for one. */
const CALLBACK_LABEL = 'postern:callback';

/** Longest path that is looked at, in bytes: a token has 2,048, and what is before it 100 at most. */
const MAX_PATH_BYTES = 4_096;

/** Names of custom response bodies. Each is a problem document (RFC 9457), of whatever the web ACL says itself. */
export const RESPONSE_BODIES = {
  forbidden: { title: 'Requests from this address are not accepted.', status: 403 },
  refused: { title: 'The request holds text that is known from attacks.', status: 403 },
  tooLong: { title: 'The path is longer than any that is served here.', status: 414 },
  tooMany: { title: 'Too many requests: come again after Retry-After seconds.', status: 429 },
} as const;

/**
 * Rules that can stop a callback, by the names of their metrics. Where one of them blocks, a processor may be waiting on the
 * other side. The group against denial of service looks at everything, and stops callbacks with the rest.
 */
export const CALLBACK_BLOCKING_RULES = [
  'AntiDdos',
  'CallbackCountries',
  'CallbackSources',
  'CallbackRate',
  'CallbackPathRate',
  'CallbackIpReputation',
  // Blocks by itself only what a newer version of AWS's group looks for, and looks at callbacks with the rest.
  'BadInputs',
  'CallbackBadInputs',
] as const;

/**
 * Two profiles. Callbacks come from machines of others and carry bytes that nobody here chose: a list of scripting
 * patterns, of browsers' habits or of hosting providers would stop honest ones, and a challenge is for browsers.
 * Everything else is stricter.
 *
 * Only paths are held against the routes: another method gets its 405 and another content type its 415 from a function,
 * which says what would be right. Bodies are looked into up to 8 KB (what a web ACL sees behind a load balancer), and what is
 * longer goes on; their sizes are the functions' to refuse.
 */
export const webAclRules = ({ antiDdos, callbackSources, countries, rateLimits }: WebAclRulesProps): Rule[] =>
  [
    // Before anything else, or it cannot tell what is normal.
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
    // One URL and one address together: a processor's retries have run wild. By the URL alone, a stranger who knows it could
    // use up what its processor may send.
    rateRule('CallbackPathRate', rateLimits.callbackPath, isCallback(), [
      { ip: {} },
      { uriPath: { textTransformations: [HASHED] } },
    ]),
    rateRule('OtherRate', rateLimits.others, not(isCallback())),
    // Everybody may ask for a call to a registered address.
    rateRule('HandshakeRate', rateLimits.handshake, isExactly(ROUTES.handshake.path)),
    managedRule('CallbackIpReputation', 'AWSManagedRulesAmazonIpReputationList', isCallback()),
    managedRule('OtherIpReputation', 'AWSManagedRulesAmazonIpReputationList', not(isCallback())),
    // The group is asked once for callbacks and everything else, and only labels what it finds: two of them would take 200
    // capacity units more.
    managedRule('BadInputs', KNOWN_BAD_INPUTS, undefined, COUNTED_BAD_INPUTS),
    blocking('CallbackBadInputs', both(isCallback(), isBadCallback()), respond('refused')),
    blocking('OtherBadInputs', both(not(isCallback()), isBadOther()), respond('refused')),
    // Senders are programs without `User-Agent`, and their bodies may reach 16 KB and name URLs and files. An operator's
    // session cookies may reach 16 KB, and the way back from the identity provider has a long query.
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
    // What a sender writes about its task may well read like SQL, and goes into no SQL.
    managedRule('OtherSqlInjection', 'AWSManagedRulesSQLiRuleSet', not(isCallback()), [
      'SQLi_BODY',
      'SQLiExtendedPatterns_BODY',
    ]),
  ].map((rule, priority) => ({ ...rule, priority }));

/** Seconds that a rate rule looks back on. */
const RATE_WINDOW_SECONDS = 300;

/**
 * What a rate rule counts by is written into the log where it blocks, 32 characters of it, whatever is redacted: all of a
 * short URL's path, its code included. A hash of it tells nobody anything, for a code cannot be guessed.
 * https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html
 */
const HASHED: CfnWebACL.TextTransformationProperty = { priority: 0, type: 'MD5' };

/** A path that is none gets the load balancer's own answer to it, without the load balancer. */
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
 * Says when to come again, as processors and senders expect it of whoever is busy: a bare 403 reads as a refusal for
 * good. After a whole window without a request nothing of what an address asked before counts any more.
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

/** Two, for a processor that moved is worth an alarm, and the internet's noise is not. */
const countryRules = (countries: Countries): readonly UnorderedRule[] => {
  const isOneOf = (countryCodes: readonly string[]): Statement => ({
    geoMatchStatement: { countryCodes: [...countryCodes] },
  });
  const statement = 'only' in countries ? not(isOneOf(countries.only)) : isOneOf(countries.except);
  const rule = (name: string, which: Statement) => blocking(name, both(which, statement), respond('forbidden'));
  return [rule('CallbackCountries', isCallback()), rule('OtherCountries', not(isCallback()))];
};

/** Without its challenge: a processor has no browser to solve it in. */
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
 * A rule group of AWS; `counted` names its rules that only count what they would block. A name that it does not have is
 * passed over without a word. https://docs.aws.amazon.com/waf/latest/APIReference/API_RuleActionOverride.html
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

const longerThan = (size: number): Statement => ({
  sizeConstraintStatement: {
    fieldToMatch: { uriPath: {} },
    comparisonOperator: 'GT',
    size,
    textTransformations: [AS_SENT],
  },
});

/** A capacity unit cheaper than an expression. */
const isExactly = (path: string): Statement => ({
  byteMatchStatement: {
    fieldToMatch: { uriPath: {} },
    positionalConstraint: 'EXACTLY',
    searchString: path,
    textTransformations: [AS_SENT],
  },
});
