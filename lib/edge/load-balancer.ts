import { Duration } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { ApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  DesyncMitigationMode,
  IpAddressType,
  ListenerAction,
  SslPolicy,
  XffHeaderProcessingMode,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { LoadBalancerLogs } from './load-balancer-logs.ts';

export interface LoadBalancerProps {
  readonly vpc: IVpc;
  readonly certificate: ICertificate;
  readonly logs: LoadBalancerLogs;
  readonly deletionProtection: boolean;
}

/** What the load balancer does by default and must never stop doing. */
const STATED = {
  // No request passes while the web ACL is deaf.
  'waf.fail_open.enabled': 'false',
  // An address alone: it is compared with a processor's ranges.
  'routing.http.xff_client_port.enabled': 'false',
  // Nobody asks for the client's TLS version, and a header that is not there cannot be believed by mistake.
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': 'false',
} as const;

/**
 * The front door: one HTTPS listener. There is none on port 80: a redirect would teach clients to send their token in
 * clear first (ASVS 4.1.2).
 */
export class LoadBalancer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly listener: ApplicationListener;

  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id);
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'HTTPS from anywhere, and to the identity provider',
      allowAllOutbound: false,
    });
    for (const anywhere of [Peer.anyIpv4(), Peer.anyIpv6()]) {
      securityGroup.addIngressRule(anywhere, Port.tcp(443), 'Processors, senders and operators');
      // The listener's OIDC and JWT actions call the provider, whose addresses are its own business.
      securityGroup.addEgressRule(anywhere, Port.tcp(443), 'Identity provider');
    }

    this.loadBalancer = new ApplicationLoadBalancer(this, 'Resource', {
      vpc: props.vpc,
      internetFacing: true,
      securityGroup,
      ipAddressType: IpAddressType.DUAL_STACK,
      deletionProtection: props.deletionProtection,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
      preserveHostHeader: true,
      // The last entry of `X-Forwarded-For` is then the load balancer's own word.
      xffHeaderProcessingMode: XffHeaderProcessingMode.APPEND,
      http2Enabled: true,
      idleTimeout: Duration.seconds(60),
    });
    // Written out, for the construct leaves away what is the default.
    for (const [attribute, value] of Object.entries(STATED)) this.loadBalancer.setAttribute(attribute, value);
    props.logs.of(this.loadBalancer);

    this.listener = this.loadBalancer.addListener('Https', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      certificates: [props.certificate],
      sslPolicy: SslPolicy.TLS13_12_RES_PQ,
      open: false,
      defaultAction: ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'Not found' }),
    });
  }
}
