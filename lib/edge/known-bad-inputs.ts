import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';

/** What of a request a rule looks at. */
type Component = 'header' | 'query' | 'path' | 'body' | 'method';

interface ManagedRule {
  readonly name: string;
  readonly looksAt: Component;
  /** What the rule calls a request that it matches, within the namespace of its group. */
  readonly label: string;
}

export const KNOWN_BAD_INPUTS = 'AWSManagedRulesKnownBadInputsRuleSet';

const LABELS_OF_GROUP = 'awswaf:managed:aws:known-bad-inputs';

/**
 * The rules of AWS's group of known bad inputs.
 * https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html (2026-11)
 */
const RULES: readonly ManagedRule[] = [
  { name: 'JavaDeserializationRCE_HEADER', looksAt: 'header', label: 'JavaDeserializationRCE_Header' },
  { name: 'JavaDeserializationRCE_BODY', looksAt: 'body', label: 'JavaDeserializationRCE_Body' },
  { name: 'JavaDeserializationRCE_URIPATH', looksAt: 'path', label: 'JavaDeserializationRCE_URIPath' },
  { name: 'JavaDeserializationRCE_QUERYSTRING', looksAt: 'query', label: 'JavaDeserializationRCE_QueryString' },
  { name: 'Host_localhost_HEADER', looksAt: 'header', label: 'Host_Localhost_Header' },
  { name: 'PROPFIND_METHOD', looksAt: 'method', label: 'Propfind_Method' },
  { name: 'ExploitablePaths_URIPATH', looksAt: 'path', label: 'ExploitablePaths_URIPath' },
  { name: 'Log4JRCE_HEADER', looksAt: 'header', label: 'Log4JRCE_Header' },
  { name: 'Log4JRCE_QUERYSTRING', looksAt: 'query', label: 'Log4JRCE_QueryString' },
  { name: 'Log4JRCE_BODY', looksAt: 'body', label: 'Log4JRCE_Body' },
  { name: 'Log4JRCE_URIPATH', looksAt: 'path', label: 'Log4JRCE_URIPath' },
  { name: 'ReactJSRCE_BODY', looksAt: 'body', label: 'ReactJSRCE_Body' },
];

/** Every rule of the group, by name. All of them only count: the rules that block look at the labels. */
export const COUNTED_BAD_INPUTS: readonly string[] = RULES.map(({ name }) => name);

/**
 * What callbacks are stopped for. Their bodies may hold any text at all. Their paths end in a token, which is random text
 * after a dot: a list of file names matches one of some thousand tokens, and no retry of the processor changes its token.
 */
const STOPS_CALLBACKS: readonly Component[] = ['header', 'query'];

/** What everything else is stopped for. A method that no route has gets its 405 from a function. */
const STOPS_OTHERS: readonly Component[] = [...STOPS_CALLBACKS, 'path', 'body'];

export const isBadCallback = (): CfnWebACL.StatementProperty => isLabelled(STOPS_CALLBACKS);
export const isBadOther = (): CfnWebACL.StatementProperty => isLabelled(STOPS_OTHERS);

const isLabelled = (components: readonly Component[]): CfnWebACL.StatementProperty => ({
  orStatement: {
    statements: RULES.filter(({ looksAt }) => components.includes(looksAt)).map(({ label }) => ({
      labelMatchStatement: { scope: 'LABEL', key: `${LABELS_OF_GROUP}:${label}` },
    })),
  },
});
