import type { StackProps } from 'aws-cdk-lib';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from './config/environment.ts';
import { Domain } from './edge/domain.ts';
import { FrontTarget } from './edge/front-target.ts';
import { FrontTargets } from './edge/front-targets.ts';
import { ListenerRuleSet } from './edge/listener-rule-set.ts';
import { forCallbacks, listenerRules } from './edge/listener-rules.ts';
import { LoadBalancer } from './edge/load-balancer.ts';
import { LoadBalancerLogs } from './edge/load-balancer-logs.ts';
import { MutualTlsListener } from './edge/mutual-tls-listener.ts';
import { Network } from './edge/network.ts';
import { PrivateLink } from './edge/private-link.ts';
import { ShieldProtection } from './edge/shield-protection.ts';
import { WebAcl } from './edge/web-acl.ts';
import { BackgroundFunctions } from './functions/background-functions.ts';
import type { FunctionBundles } from './functions/bundles.ts';
import { Deployments } from './functions/deployments.ts';
import { FrontFunctions } from './functions/front-functions.ts';
import { gatewayOutputs } from './gateway-outputs.ts';
import { AlarmSet } from './monitoring/alarm-set.ts';
import { Dashboard } from './monitoring/dashboard.ts';
import { SavedQueries } from './monitoring/saved-queries.ts';
import { sourcesOf } from './monitoring/watched-constructs.ts';
import { targetGroupName } from './names.ts';
import type { StateStack } from './state/state-stack.ts';

export interface GatewayStackProps extends StackProps {
  readonly environment: Environment;
  readonly state: StateStack;
  readonly bundles: FunctionBundles;
}

/** What may be replaced, in the order in which a callback meets it. */
export class GatewayStack extends Stack {
  constructor(scope: Construct, id: string, { environment, state, bundles, ...props }: GatewayStackProps) {
    super(scope, id, props);
    const { name: environmentName, origin, accessToken, mutualTls, privateLink } = environment;
    const deletionProtection = environment.protected;

    // The door
    const network = new Network(this, 'Network', { environment, logKey: state.logKey });
    const domain = new Domain(this, 'Domain', { environment });
    const { certificate } = domain;
    const { loadBalancer, listener } = new LoadBalancer(this, 'LoadBalancer', {
      network,
      certificate,
      logs: new LoadBalancerLogs(this, 'LoadBalancerLogs', {
        retention: environment.loadBalancerLogRetention,
        admitted: { environmentName, dataOperators: environment.dataOperators },
      }),
      deletionProtection,
    });
    domain.pointTo(loadBalancer, network);
    const { loadBalancerArn } = loadBalancer;
    const webAcl = new WebAcl(this, 'WebAcl', { environment, loadBalancerArn, logKey: state.logKey });

    // The functions behind it
    const { functions: front } = new FrontFunctions(this, 'Front', {
      environment,
      bundles,
      state,
      loadBalancerArn,
    });
    const { targetGroups } = new FrontTargets(this, 'Targets', { environmentName, functions: front });
    const rules = listenerRules();
    const shared = {
      targetGroups,
      host: environment.host,
      audience: {
        ...(accessToken.profile.audience ?? { claim: 'aud', accepted: [origin] }),
        form: accessToken.audienceForm,
      },
      identityProvider: environment.identityProvider,
      consoleClient: environment.consoleClient,
      sessionLimit: environment.consoleSession.limit,
    };
    new ListenerRuleSet(this, 'Rules', { ...shared, listener, rules });
    if (mutualTls !== undefined) {
      const asking = { environmentName, mutualTls, loadBalancer, certificate, ipv6: network.ipv6 };
      const { listener: mutual } = new MutualTlsListener(this, 'MutualTls', asking);
      // Of its own: by it the receiver knows that the header with the certificate may be the load balancer's.
      const { targetGroup } = new FrontTarget(this, 'MutualTlsTarget', {
        name: targetGroupName(environmentName, 'mtls'),
        function: front.receive.alias,
        healthCheck: false,
      });
      const behind = { ...shared, port: mutualTls.port, targetGroups: { ...targetGroups, receive: targetGroup } };
      new ListenerRuleSet(this, 'MutualTlsRules', { ...behind, listener: mutual, rules: forCallbacks(rules) });
    }
    if (privateLink !== undefined) {
      const leads = { to: loadBalancer, vpc: network.vpc, listener, deletionProtection };
      new PrivateLink(this, 'PrivateLink', { privateLink, ...leads });
    }

    // What happens afterwards
    const background = new BackgroundFunctions(this, 'Background', { environment, bundles, state });
    const { deadLetters, eventBus } = background;
    const functions = { ...front, ...background.functions };

    gatewayOutputs(this, { origin, loadBalancer, eventBus, deadLetters, functions });
    const watched = { environment, loadBalancer, targetGroups, webAcl, functions, state, deadLetters };
    const sources = sourcesOf(watched);
    const alarmSet = new AlarmSet(this, 'Alarms', { environment, sources });
    const { alarms, pages } = alarmSet;
    new Dashboard(this, 'Dashboard', { ...watched, sources, alarms: [...pages, ...alarms.values()] });
    new SavedQueries(this, 'Queries', { ...watched, environmentName });
    const { deploymentPace: pace } = environment;
    if (pace !== 'all-at-once') new Deployments(this, 'Deployments', { functions, pace, alarms });
    // It stands before the door, and asks an alarm how the gateway is.
    new ShieldProtection(this, 'Shield', {
      environment,
      loadBalancerArn,
      webAclAssociation: webAcl.association,
      unhealthy: alarmSet.get('UnhealthyTarget'),
    });
  }
}
