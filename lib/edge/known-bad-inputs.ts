import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';

/** Component of a request that a rule inspects. */
type Component = 'header' | 'query' | 'path' | 'body' | 'method';

interface ManagedRule {
  readonly name: string;
  readonly inspects: Component;
  /** Label that the rule adds to a matching request, within the namespace of its group. */
  readonly label: string;
}

export const KNOWN_BAD_INPUTS = 'AWSManagedRulesKnownBadInputsRuleSet';

const LABELS_OF_GROUP = 'awswaf:managed:aws:known-bad-inputs';

/**
 * Rules of AWS's managed group of known bad inputs.
 * https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html (2026-11)
 */
const RULES: readonly ManagedRule[] = [
  { name: 'JavaDeserializationRCE_HEADER', inspects: 'header', label: 'JavaDeserializationRCE_Header' },
  { name: 'JavaDeserializationRCE_BODY', inspects: 'body', label: 'JavaDeserializationRCE_Body' },
  { name: 'JavaDeserializationRCE_URIPATH', inspects: 'path', label: 'JavaDeserializationRCE_URIPath' },
  { name: 'JavaDeserializationRCE_QUERYSTRING', inspects: 'query', label: 'JavaDeserializationRCE_QueryString' },
  { name: 'Host_localhost_HEADER', inspects: 'header', label: 'Host_Localhost_Header' },
  { name: 'PROPFIND_METHOD', inspects: 'method', label: 'Propfind_Method' },
  { name: 'ExploitablePaths_URIPATH', inspects: 'path', label: 'ExploitablePaths_URIPath' },
  { name: 'Log4JRCE_HEADER', inspects: 'header', label: 'Log4JRCE_Header' },
  { name: 'Log4JRCE_QUERYSTRING', inspects: 'query', label: 'Log4JRCE_QueryString' },
  { name: 'Log4JRCE_BODY', inspects: 'body', label: 'Log4JRCE_Body' },
  { name: 'Log4JRCE_URIPATH', inspects: 'path', label: 'Log4JRCE_URIPath' },
  { name: 'ReactJSRCE_BODY', inspects: 'body', label: 'ReactJSRCE_Body' },
];

/** Names of all rules of the group. All of them only count: our own rules block by the labels. */
export const COUNTED_BAD_INPUTS: readonly string[] = RULES.map(({ name }) => name);

/**
 * Components that can block a callback. Bodies are not among them, because a result may contain any text. Paths are not
 * either: they end in a token, which is random text after a dot. A list of file names would match one of some thousand
 * tokens, and a retry sends the same token again.
 */
const BLOCK_CALLBACKS: readonly Component[] = ['header', 'query'];

/** Components that can block other requests. Methods are not among them: a function answers 405 to an unknown method. */
const BLOCK_OTHERS: readonly Component[] = [...BLOCK_CALLBACKS, 'path'];

export const isBadCallback = (): CfnWebACL.StatementProperty => isLabelled(BLOCK_CALLBACKS);
/** Does not look at bodies: see `isBadBody`. */
export const isBadOther = (): CfnWebACL.StatementProperty => isLabelled(BLOCK_OTHERS);
/** Bodies with the input of a task are an exception to it: honest input may contain any text. */
export const isBadBody = (): CfnWebACL.StatementProperty => isLabelled(['body']);

const isLabelled = (components: readonly Component[]): CfnWebACL.StatementProperty => ({
  orStatement: {
    statements: RULES.filter(({ inspects }) => components.includes(inspects)).map(({ label }) => ({
      labelMatchStatement: { scope: 'LABEL', key: `${LABELS_OF_GROUP}:${label}` },
    })),
  },
});
