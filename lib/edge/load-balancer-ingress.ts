import type { CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { FrontFunction } from '../../lambda/contract/routes.ts';
import type { GatewayEnvironment } from '../config/environment.ts';
import { type ConsolePlace, hasFullLoadBalancer, isDeletionProtected } from '../config/ingress.ts';
import type { FrontFunctionConstructs } from '../functions/front-functions.ts';
import { targetGroupName } from '../names.ts';
import type { LogKey } from '../state/log-key.ts';
import { Domain } from './domain.ts';
import { FrontTarget } from './front-target.ts';
import { FrontTargets } from './front-targets.ts';
import type { AcceptedAccessToken } from './jwt-validation.ts';
import { ListenerRuleSet } from './listener-rule-set.ts';
import { forCallbacks, forConsole, isOfConsole, type ListenerRule, listenerRules } from './listener-rules.ts';
import { LoadBalancer } from './load-balancer.ts';
import { LoadBalancerLogs } from './load-balancer-logs.ts';
import { MutualTlsListener } from './mutual-tls-listener.ts';
import type { Network } from './network.ts';
import { PrivateLink } from './private-link.ts';
import { WebAcl } from './web-acl.ts';

export interface LoadBalancerIngressProps {
  readonly environment: GatewayEnvironment;
  readonly network: Network;
  readonly domain: Domain;
  readonly logKey: LogKey;
}

/**
 * The Application Load Balancer with its web ACL, listeners and rules: for every request, or for the console alone where the
 * network door serves the others. Its constructs are children of the stack, as they have always been: their logical ids stay.
 */
export class LoadBalancerIngress {
  readonly loadBalancer: LoadBalancer['loadBalancer'];
  readonly webAcl: WebAcl;
  readonly #stack: Construct;
  readonly #props: LoadBalancerIngressProps;
  readonly #listener: LoadBalancer['listener'];

  constructor(stack: Construct, props: LoadBalancerIngressProps) {
    this.#stack = stack;
    this.#props = props;
    const { domain, environment, logKey, network } = props;
    const { name: environmentName } = environment;
    const place = ownConsoleOf(environment);
    const consoleDomain =
      place && new Domain(stack, 'ConsoleDomain', { environment: { ...environment, ...place }, hasCertificate: true });
    const certificates = [domain, consoleDomain].flatMap((one) => one?.certificate ?? []);
    const { listener, loadBalancer } = new LoadBalancer(stack, 'LoadBalancer', {
      network,
      certificates,
      logs: new LoadBalancerLogs(stack, 'LoadBalancerLogs', {
        retention: environment.loadBalancerLogRetention,
        dataAccess: { environmentName, dataOperators: environment.dataOperators },
      }),
      deletionProtection: isDeletionProtected(environment),
    });
    this.loadBalancer = loadBalancer;
    this.#listener = listener;
    consoleDomain?.pointTo(loadBalancer, network);
    if (isDomainOfLoadBalancer(environment)) domain.pointTo(loadBalancer, network);
    const { loadBalancerArn } = loadBalancer;
    this.webAcl = new WebAcl(stack, 'WebAcl', { environment, loadBalancerArn, logKey });
  }

  /** Makes the rules that forward requests to the functions. Returns the target groups. */
  forwardTo(
    functions: FrontFunctionConstructs,
    accessTokens: Readonly<Record<'sender' | 'operator', AcceptedAccessToken>>,
  ): Partial<Readonly<Record<FrontFunction, CfnTargetGroup>>> {
    const { environment } = this.#props;
    const place = ownConsoleOf(environment);
    const all = listenerRules();
    const ofDomain = hasFullLoadBalancer(environment)
      ? all.filter((rule) => place === undefined || !isOfConsole(rule))
      : [];
    const ofConsole = place === undefined ? [] : forConsole(all);
    const { targetGroups } = new FrontTargets(this.#stack, 'Targets', {
      environmentName: environment.name,
      functions: functionsOf([...ofDomain, ...ofConsole], functions),
    });
    const props = {
      targetGroups,
      accessTokens,
      origin: environment.origin,
      identityProvider: environment.identityProvider,
      consoleClient: environment.consoleClient,
      sessionLimit: environment.consoleSession.limit,
    };
    const listener = this.#listener;
    if (ofDomain.length > 0) {
      new ListenerRuleSet(this.#stack, 'Rules', { ...props, host: environment.host, listener, rules: ofDomain });
    }
    if (place !== undefined) {
      new ListenerRuleSet(this.#stack, 'ConsoleRules', { ...props, host: place.host, listener, rules: ofConsole });
    }
    this.askForCertificates(functions, { ...props, host: environment.host, rules: all });
    this.admitPrivately();
    return targetGroups;
  }

  /** A second listener that asks callers for certificates, if the environment has one. */
  private askForCertificates(
    functions: FrontFunctionConstructs,
    { rules, targetGroups, ...props }: Omit<ConstructorParameters<typeof ListenerRuleSet>[2], 'listener'>,
  ): void {
    const { domain, environment, network } = this.#props;
    const { mutualTls, name: environmentName } = environment;
    if (mutualTls === undefined || domain.certificate === undefined) return;
    const { listener } = new MutualTlsListener(this.#stack, 'MutualTls', {
      environmentName,
      mutualTls,
      loadBalancer: this.loadBalancer,
      certificate: domain.certificate,
      ipv6: network.ipv6,
    });
    // A separate target group tells the receiver that the request came through the mTLS listener, so that it may trust
    // the certificate header.
    const { targetGroup } = new FrontTarget(this.#stack, 'MutualTlsTarget', {
      name: targetGroupName(environmentName, 'mtls'),
      function: functions.receive.alias,
      healthCheck: false,
    });
    new ListenerRuleSet(this.#stack, 'MutualTlsRules', {
      ...props,
      listener,
      port: mutualTls.port,
      targetGroups: { ...targetGroups, receive: targetGroup },
      rules: forCallbacks(rules),
    });
  }

  /** An endpoint service for other accounts, if the environment has one. */
  private admitPrivately(): void {
    const { environment, network } = this.#props;
    const { name: environmentName, privateLink, protected: deletionProtection } = environment;
    if (privateLink === undefined) return;
    new PrivateLink(this.#stack, 'PrivateLink', {
      environmentName,
      privateLink,
      loadBalancer: this.loadBalancer,
      vpc: network.vpc,
      listener: this.#listener,
      deletionProtection,
    });
  }
}

/** The console's own host, if it has one. */
const ownConsoleOf = ({ ingress }: GatewayEnvironment): ConsolePlace | undefined =>
  ingress.kind === 'network' ? ingress.console : undefined;

/** True if the address records of the domain point to the load balancer. */
export const isDomainOfLoadBalancer = ({ ingress }: Pick<GatewayEnvironment, 'ingress'>): boolean =>
  ingress.kind === 'application' || ingress.switching?.dns === 'load-balancer';

/** The functions of the rules, in the order of all functions. */
const functionsOf = (
  rules: readonly ListenerRule[],
  functions: FrontFunctionConstructs,
): Partial<FrontFunctionConstructs> =>
  Object.fromEntries(
    Object.entries(functions).filter(([name]) => rules.some((rule) => rule.function === name)),
  ) as Partial<FrontFunctionConstructs>;
