import type { StackProps } from 'aws-cdk-lib';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Domain } from './edge/domain.ts';
import { FrontTargets } from './edge/front-targets.ts';
import { ListenerRuleSet } from './edge/listener-rule-set.ts';
import { listenerRules } from './edge/listener-rules.ts';
import { LoadBalancer } from './edge/load-balancer.ts';
import { LoadBalancerLogs } from './edge/load-balancer-logs.ts';
import { Network } from './edge/network.ts';
import { ShieldProtection } from './edge/shield-protection.ts';
import { WebAcl } from './edge/web-acl.ts';
import type { Environment } from './environment.ts';
import { BackgroundFunctions } from './functions/background-functions.ts';
import type { FunctionBundles } from './functions/bundles.ts';
import { Deployments } from './functions/deployments.ts';
import { FrontFunctions } from './functions/front-functions.ts';
import { gatewayOutputs } from './gateway-outputs.ts';
import { AlarmSet } from './monitoring/alarm-set.ts';
import { sourcesOf } from './monitoring/watched-constructs.ts';
import type { StateStack } from './state-stack.ts';

export interface GatewayStackProps extends StackProps {
  readonly environment: Environment;
  readonly state: StateStack;
  readonly bundles: FunctionBundles;
}

/** What may be replaced, in the order in which a callback meets it. */
export class GatewayStack extends Stack {
  constructor(scope: Construct, id: string, { environment, state, bundles, ...props }: GatewayStackProps) {
    super(scope, id, props);
    const { name: environmentName, origin, accessToken } = environment;

    // The door
    const { vpc } = new Network(this, 'Network', { availabilityZones: environment.availabilityZones });
    const domain = new Domain(this, 'Domain', { environment });
    const { loadBalancer, listener } = new LoadBalancer(this, 'LoadBalancer', {
      vpc,
      certificate: domain.certificate,
      logs: new LoadBalancerLogs(this, 'LoadBalancerLogs', { retention: environment.loadBalancerLogRetention }),
      deletionProtection: environment.protected,
    });
    domain.pointTo(loadBalancer);
    const { loadBalancerArn } = loadBalancer;
    const webAcl = new WebAcl(this, 'WebAcl', { environment, loadBalancerArn });
    new ShieldProtection(this, 'Shield', {
      environmentName,
      loadBalancerArn,
      shield: environment.shield,
      webAclAssociation: webAcl.association,
    });

    // The functions behind it
    const { functions: front } = new FrontFunctions(this, 'Front', {
      environment,
      bundles,
      state,
      loadBalancerArn,
    });
    const { targetGroups } = new FrontTargets(this, 'Targets', { environmentName, functions: front });
    new ListenerRuleSet(this, 'Rules', {
      listener,
      targetGroups,
      rules: listenerRules(),
      host: environment.host,
      audience: {
        ...(accessToken.profile.audience ?? { claim: 'aud', accepted: [origin] }),
        form: accessToken.audienceForm,
      },
      identityProvider: environment.identityProvider,
      consoleClient: environment.consoleClient,
    });

    // What happens afterwards
    const background = new BackgroundFunctions(this, 'Background', { environment, bundles, state });
    const { deadLetters, eventBus } = background;

    const functions = { ...front, ...background.functions };

    gatewayOutputs(this, { origin, loadBalancer, eventBus, deadLetters, functions });
    const { alarms } = new AlarmSet(this, 'Alarms', {
      environment,
      sources: sourcesOf({ environment, loadBalancer, targetGroups, webAcl, functions, state, deadLetters }),
    });
    const { deploymentPace: pace } = environment;
    if (pace !== 'all-at-once') new Deployments(this, 'Deployments', { functions, pace, alarms });
  }
}
