import { type Duration, SecretValue } from 'aws-cdk-lib';
import type { CfnTargetGroup, IApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { CfnListenerRule, UnauthenticatedAction } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { LOAD_BALANCER_COOKIE } from '../../lambda/contract/console-session.ts';
import type { FrontFunction } from '../../lambda/contract/routes.ts';
import type { ConsoleClient, IdentityProvider } from '../config/sign-in.ts';
import { capitalize, FUNCTION_IDS } from '../names.ts';
import { hostCondition } from './host-condition.ts';
import { type AcceptedAccessToken, jwtValidation } from './jwt-validation.ts';
import type { ListenerCheck, ListenerRule } from './listener-rules.ts';

export interface ListenerRuleSetProps {
  readonly listener: IApplicationListener;
  readonly rules: readonly ListenerRule[];
  /** Target groups of the functions of the rules. */
  readonly targetGroups: Partial<Readonly<Record<FrontFunction, CfnTargetGroup>>>;
  /** The one host that the listener serves. */
  readonly host: string;
  /**
   * The listener's port.
   * @default 443
   */
  readonly port?: number;
  /** What an access token must have, by its holder. */
  readonly accessTokens: Readonly<Record<'sender' | 'operator', AcceptedAccessToken>>;
  /** The gateway's origin: the audience of access tokens, unless their profile names another. */
  readonly origin: string;
  readonly identityProvider: IdentityProvider;
  readonly consoleClient: Required<ConsoleClient>;
  /** Longest session of an operator. */
  readonly sessionLimit: Duration;
}

/**
 * Rules of a listener. They are L1 constructs: `jwt-validation` checks the audience of a token only if `additionalClaims`
 * says so, and the L2 construct has no such property.
 */
export class ListenerRuleSet extends Construct {
  constructor(scope: Construct, id: string, props: ListenerRuleSetProps) {
    super(scope, id);
    for (const rule of props.rules) {
      const targetGroup = props.targetGroups[rule.function];
      if (targetGroup === undefined) throw new Error(`The function "${rule.function}" has no target group.`);
      const actions = [...checkAction(rule.check, props), forwardTo(targetGroup)];
      new CfnListenerRule(this, ruleId(rule, props.rules), {
        listenerArn: props.listener.listenerArn,
        priority: rule.priority,
        conditions: [
          hostCondition(props.host, props.port),
          { field: 'path-pattern', pathPatternConfig: { values: [...rule.paths] } },
          ...(rule.methods === undefined
            ? []
            : [{ field: 'http-request-method', httpRequestMethodConfig: { values: [...rule.methods] } }]),
        ],
        actions: actions.map((action, order) => ({ ...action, order: order + 1 })),
      });
    }
  }
}

/** Construct id of a rule: `Receive`, and `Receive2` for the second rule of the same function and kind. */
const ruleId = (rule: ListenerRule, rules: readonly ListenerRule[]): string => {
  const isAlike = (other: ListenerRule) => other.function === rule.function && other.isForForms === rule.isForForms;
  const index = rules.filter(isAlike).indexOf(rule);
  const name = `${capitalize(FUNCTION_IDS[rule.function])}${rule.isForForms ? 'Forms' : ''}`;
  return index === 0 ? name : `${name}${index + 1}`;
};

const forwardTo = (targetGroup: CfnTargetGroup): CfnListenerRule.ActionProperty => ({
  type: 'forward',
  targetGroupArn: targetGroup.ref,
});

const checkAction = (check: ListenerCheck, props: ListenerRuleSetProps): readonly CfnListenerRule.ActionProperty[] => {
  switch (check) {
    case 'none':
      return [];
    case 'sender-access-token':
      return [jwtValidation(props.accessTokens.sender, props.origin)];
    case 'operator-access-token':
      return [jwtValidation(props.accessTokens.operator, props.origin)];
    case 'operator-session':
    case 'operator-session-or-deny':
      return [
        {
          type: 'authenticate-oidc',
          authenticateOidcConfig: {
            issuer: props.identityProvider.issuer,
            authorizationEndpoint: props.identityProvider.authorizationEndpoint,
            tokenEndpoint: props.identityProvider.tokenEndpoint,
            userInfoEndpoint: props.identityProvider.userInfoEndpoint,
            clientId: props.consoleClient.clientId,
            clientSecret: SecretValue.secretsManager(props.consoleClient.secretName, {
              jsonField: 'clientSecret',
            }).unsafeUnwrap(),
            scope: props.consoleClient.scopes.join(' '),
            onUnauthenticatedRequest:
              check === 'operator-session' ? UnauthenticatedAction.AUTHENTICATE : UnauthenticatedAction.DENY,
            sessionCookieName: LOAD_BALANCER_COOKIE.name,
            sessionTimeout: props.sessionLimit.toSeconds(),
          },
        },
      ];
  }
};
