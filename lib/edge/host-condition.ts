import type { CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/**
 * Longest value of a condition, an expression too.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_HostHeaderConditionConfig.html
 */
export const MAX_CONDITION_VALUE_CHARS = 128;

/**
 * The one host that a listener answers. Callers of a port of its own send that port behind the name, which a name in a
 * condition can never match, for it may have no colon: only an expression takes both.
 * https://github.com/hashicorp/terraform-provider-aws/issues/49147
 * @param port of the listener; undefined is 443, which clients leave out
 */
export const hostCondition = (host: string, port?: number): CfnListenerRule.RuleConditionProperty => ({
  field: 'host-header',
  hostHeaderConfig: port === undefined ? { values: [host] } : { regexValues: [hostExpression(host, port)] },
});

/**
 * The name alone, or with the port, in any case (RFC 9110 §4.2.3). The load balancer compares values without case; of
 * expressions its documentation does not say so.
 */
export const hostExpression = (host: string, port: number): string => `(?i)^${host.replaceAll('.', '\\.')}(:${port})?$`;
