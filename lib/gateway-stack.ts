import type { StackProps } from 'aws-cdk-lib';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ResumeTarget } from '../lambda/contract/resume.ts';
import type { Environment, GatewayEnvironment } from './config/environment.ts';
import { GrantedWorkflows } from './config/granted-workflows.ts';
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
import { BackgroundFunctions } from './events/background-functions.ts';
import { grantResumeWorkflows } from './events/workflow-grants.ts';
import type { FunctionBundles } from './functions/bundles.ts';
import { Deployments } from './functions/deployments.ts';
import { FrontFunctions } from './functions/front-functions.ts';
import { hasInvocationTargets, type InvocationTarget, InvocationTargets } from './functions/invocation-targets.ts';
import { gatewayOutputs } from './gateway-outputs.ts';
import { AlarmSet } from './monitoring/alarm-set.ts';
import { ROLLBACK_ALARMS } from './monitoring/alarms.ts';
import { CrashFilter } from './monitoring/crash-filter.ts';
import { Dashboard } from './monitoring/dashboard.ts';
import { SavedQueries } from './monitoring/saved-queries.ts';
import { sourcesOf } from './monitoring/sources.ts';
import { targetGroupName } from './names.ts';
import { completeSignIn } from './sign-in/complete-sign-in.ts';
import { SenderClients } from './sign-in/sender-clients.ts';
import type { State } from './state/state.ts';

export interface GatewayStackProps extends StackProps {
  readonly environment: Environment;
  readonly state: State;
  readonly bundles: FunctionBundles;
}

/** The resources that may be replaced, in the order in which a callback reaches them. */
export class GatewayStack extends Stack {
  /** Settings of the environment, with the workflows that were allowed so far. */
  readonly settings: GatewayEnvironment;
  readonly invocationTargets: readonly InvocationTarget[];
  readonly alarms: AlarmSet;
  readonly #workflows: GrantedWorkflows<GatewayEnvironment>;
  readonly #resume: BackgroundFunctions['functions']['resume'];

  constructor(scope: Construct, id: string, { environment: given, state, bundles, ...props }: GatewayStackProps) {
    super(scope, id, props);
    const { clients: senderClients } = new SenderClients(this, 'SenderClients', {
      environment: given,
      userPool: state.userPool,
    });
    this.#workflows = new GrantedWorkflows(completeSignIn(given, state.userPool, senderClients));
    const { environment } = this.#workflows;
    this.settings = environment;
    const { name: environmentName, origin, accessToken, mutualTls, privateLink } = environment;
    const deletionProtection = environment.protected;

    // Ingress
    const network = new Network(this, 'Network', { environment, logKey: state.logKey });
    const domain = new Domain(this, 'Domain', { environment });
    const { certificate } = domain;
    const { loadBalancer, listener } = new LoadBalancer(this, 'LoadBalancer', {
      network,
      certificate,
      logs: new LoadBalancerLogs(this, 'LoadBalancerLogs', {
        retention: environment.loadBalancerLogRetention,
        dataAccess: { environmentName, dataOperators: environment.dataOperators },
      }),
      deletionProtection,
    });
    domain.pointTo(loadBalancer, network);
    const { loadBalancerArn } = loadBalancer;
    const webAcl = new WebAcl(this, 'WebAcl', { environment, loadBalancerArn, logKey: state.logKey });

    // Functions behind events. Operators call them through the functions behind the load balancer.
    const background = new BackgroundFunctions(this, 'Background', { environment, bundles, state });

    // Functions behind the load balancer
    const { functions: front } = new FrontFunctions(this, 'Front', {
      environment,
      bundles,
      state,
      loadBalancerArn,
      background,
    });
    const { targets: invocationTargets } = new InvocationTargets(this, 'Invocations', {
      createTask: front['create-task'],
      invokers: environment.invokers,
    });
    this.invocationTargets = invocationTargets;
    const { targetGroups } = new FrontTargets(this, 'Targets', { environmentName, functions: front });
    const rules = listenerRules();
    const ruleProps = {
      targetGroups,
      host: environment.host,
      accessTokens: {
        sender: environment.senderAccessToken,
        operator: { ...environment.identityProvider, ...accessToken },
      },
      origin,
      identityProvider: environment.identityProvider,
      consoleClient: environment.consoleClient,
      sessionLimit: environment.consoleSession.limit,
    };
    new ListenerRuleSet(this, 'Rules', { ...ruleProps, listener, rules });
    if (mutualTls !== undefined) {
      const mutualTlsProps = { environmentName, mutualTls, loadBalancer, certificate, ipv6: network.ipv6 };
      const { listener: mutualTlsListener } = new MutualTlsListener(this, 'MutualTls', mutualTlsProps);
      // A separate target group tells the receiver that the request came through the mTLS listener, so that it may trust
      // the certificate header.
      const { targetGroup } = new FrontTarget(this, 'MutualTlsTarget', {
        name: targetGroupName(environmentName, 'mtls'),
        function: front.receive.alias,
        healthCheck: false,
      });
      new ListenerRuleSet(this, 'MutualTlsRules', {
        ...ruleProps,
        listener: mutualTlsListener,
        port: mutualTls.port,
        targetGroups: { ...targetGroups, receive: targetGroup },
        rules: forCallbacks(rules),
      });
    }
    if (privateLink !== undefined) {
      const privateLinkProps = {
        environmentName,
        privateLink,
        loadBalancer,
        vpc: network.vpc,
        listener,
        deletionProtection,
      };
      new PrivateLink(this, 'PrivateLink', privateLinkProps);
    }

    // Events
    const { deadLetters, dispatches, eventBus, outcomes } = background;
    const functions = { ...front, ...background.functions };
    this.#resume = background.functions.resume;

    gatewayOutputs(this, {
      origin,
      loadBalancer,
      eventBus,
      deadLetters,
      outcomes,
      functions,
      invocationTargets,
      senderClients,
    });

    // Monitoring
    const queues = { deadLetters, outcomes, dispatches };
    const monitored = { environment, loadBalancer, targetGroups, webAcl, functions, state, ...queues };
    const sources = sourcesOf(monitored);
    if (hasInvocationTargets(environment)) {
      new CrashFilter(this, 'Crashes', { environmentName, logGroup: front['create-task'].logGroup });
    }
    const alarmSet = new AlarmSet(this, 'Alarms', { environment, sources });
    this.alarms = alarmSet;
    const { alarms, pagerAlarms } = alarmSet;
    new Dashboard(this, 'Dashboard', { ...monitored, sources, alarms: [...pagerAlarms, ...alarms.values()] });
    new SavedQueries(this, 'Queries', { ...monitored, environmentName });
    const { deploymentPace: pace } = environment;
    if (pace !== 'all-at-once') {
      const rollbackAlarms = ROLLBACK_ALARMS.flatMap((name) => alarms.get(name) ?? []);
      new Deployments(this, 'Deployments', { functions, invocationTargets, pace, rollbackAlarms });
    }
    // The protection belongs to the ingress, but its health check needs an alarm.
    new ShieldProtection(this, 'Shield', {
      environment,
      loadBalancerArn,
      webAclAssociation: webAcl.association,
      unhealthy: alarmSet.get('UnhealthyTarget'),
    });
  }
  /**
   * Lets an application resume a workflow, until synthesis.
   * @throws {Error} if the environment does not let the application resume workflows
   */
  allowResume(application: string, target: ResumeTarget): void {
    if (this.#resume === undefined || !Object.hasOwn(this.settings.resumeTargets, application)) {
      throw new Error(`${this.node.path}: the application ${application} may resume no workflow.`);
    }
    if (this.#workflows.add(application, target)) grantResumeWorkflows({ [application]: [target] }, this.#resume);
  }
}
