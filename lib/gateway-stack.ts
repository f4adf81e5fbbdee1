import type { StackProps } from 'aws-cdk-lib';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ResumeTarget } from '../lambda/contract/resume.ts';
import type { Environment, GatewayEnvironment } from './config/environment.ts';
import { GrantedWorkflows } from './config/granted-workflows.ts';
import { consoleOriginOf, hasFullLoadBalancer, hasLoadBalancer } from './config/ingress.ts';
import { Domain } from './edge/domain.ts';
import { NetworkDoor } from './edge/door/network-door.ts';
import { isDomainOfLoadBalancer, LoadBalancerIngress } from './edge/load-balancer-ingress.ts';
import { Network } from './edge/network.ts';
import { ShieldProtection } from './edge/shield-protection.ts';
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
    const { name: environmentName, origin, accessToken, ingress } = environment;

    // Ingress
    const network = new Network(this, 'Network', { environment, logKey: state.logKey });
    const domain = new Domain(this, 'Domain', { environment, hasCertificate: hasFullLoadBalancer(environment) });
    const loadBalancerIngress = hasLoadBalancer(environment)
      ? new LoadBalancerIngress(this, { environment, network, domain, logKey: state.logKey })
      : undefined;
    const { loadBalancer, webAcl } = loadBalancerIngress ?? {};

    // Functions behind events. Operators call them through the functions behind the load balancer.
    const background = new BackgroundFunctions(this, 'Background', { environment, bundles, state });

    // Functions behind the load balancer
    const { functions: front } = new FrontFunctions(this, 'Front', {
      environment,
      bundles,
      state,
      loadBalancerArn: loadBalancer?.loadBalancerArn,
      background,
    });
    const { targets: invocationTargets } = new InvocationTargets(this, 'Invocations', {
      createTask: front['create-task'],
      invokers: environment.invokers,
    });
    this.invocationTargets = invocationTargets;
    const accessTokens = {
      sender: environment.senderAccessToken,
      operator: { ...environment.identityProvider, ...accessToken },
    };
    const targetGroups = loadBalancerIngress?.forwardTo(front, accessTokens);
    const door =
      ingress.kind === 'network'
        ? new NetworkDoor(this, 'Door', {
            environment,
            ingress,
            network,
            functions: front,
            accessTokens,
            folder: bundles.door,
            logKey: state.logKey,
          })
        : undefined;
    if (!isDomainOfLoadBalancer(environment)) door?.takeOver(domain, network);

    // Events
    const { deadLetters, dispatches, eventBus, outcomes } = background;
    const functions = { ...front, ...background.functions };
    this.#resume = background.functions.resume;

    gatewayOutputs(this, {
      origin,
      loadBalancer,
      door,
      consoleOrigin: consoleOriginOf(environment),
      eventBus,
      deadLetters,
      outcomes,
      functions,
      invocationTargets,
      senderClients,
    });

    // Monitoring
    const queues = { deadLetters, outcomes, dispatches };
    const monitored = { environment, loadBalancer, targetGroups, webAcl, door, functions, state, ...queues };
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
    door?.rollBackOn(alarmSet.get('DoorUnavailable'));
    // The protection belongs to the ingress, but its health check needs an alarm.
    new ShieldProtection(this, 'Shield', {
      environment,
      ...(loadBalancer !== undefined &&
        webAcl !== undefined && {
          loadBalancer: { arn: loadBalancer.loadBalancerArn, webAclAssociation: webAcl.association },
        }),
      addresses: door?.balancer.addressArns ?? [],
      unhealthy: alarmSet.get(door === undefined ? 'UnhealthyTarget' : 'DoorUnhealthy'),
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
