import type { CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { hostExpression } from '../names.ts';

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
