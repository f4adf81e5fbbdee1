import type { CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { hostExpression } from '../names.ts';

/**
 * Condition for the one host that a listener serves. Clients append a port other than 443 to the host name. A plain value
 * may not contain a colon, so only a regular expression matches the name with and without the port.
 * https://github.com/hashicorp/terraform-provider-aws/issues/49147
 * @param port of the listener; undefined means 443, which clients omit
 */
export const hostCondition = (host: string, port?: number): CfnListenerRule.RuleConditionProperty => ({
  field: 'host-header',
  hostHeaderConfig: port === undefined ? { values: [host] } : { regexValues: [hostExpression(host, port)] },
});
