import { Duration, Validations } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
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
import type { Network } from './network.ts';
import { hardenResponses } from './response-headers.ts';

export interface LoadBalancerProps {
  readonly network: Pick<Network, 'vpc' | 'ipv6'>;
  readonly certificates: readonly ICertificate[];
  readonly logs: LoadBalancerLogs;
  readonly deletionProtection: boolean;
}

/** TLS 1.2 and 1.3, with post-quantum key exchange. */
export const SSL_POLICY = SslPolicy.TLS13_12_RES_PQ;

/** Answer of the load balancer if no rule matches. */
export const NOT_FOUND = ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'Not found' });

/** Attributes that the CDK's construct omits because they are defaults, or that it has no property for. */
const LOAD_BALANCER_ATTRIBUTES = {
  // The load balancer refuses requests while the web ACL does not answer.
  'waf.fail_open.enabled': 'false',
  // `X-Forwarded-For` has the address without the port: the receiver compares it with a processor's ranges.
  'routing.http.xff_client_port.enabled': 'false',
  // No function needs the client's TLS version, and a missing header cannot be trusted by mistake.
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': 'false',
  // A connection ends after this time even if it is busy, and the client resolves the name again. AWS recommends five
  // minutes for zonal shifts, because a shift does not end connections.
  // https://docs.aws.amazon.com/r53recovery/latest/dg/route53-arc-best-practices.zonal-shifts.html
  'client_keep_alive.seconds': String(Duration.minutes(5).toSeconds()),
  // An operator can move traffic out of an impaired zone without a deployment.
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/zonal-shift.html
  'zonal_shift.config.enabled': 'true',
} as const;

/**
 * Public load balancer with one HTTPS listener. It has no listener on port 80: with a redirect, clients would first send
 * their token in clear text (ASVS 4.1.2).
 */
export class LoadBalancer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly listener: ApplicationListener;

  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id);
    const { ipv6, vpc } = props.network;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'HTTPS from anywhere, and to the identity provider',
      allowAllOutbound: false,
    });
    Validations.of(securityGroup).acknowledge({
      id: 'AwsSolutions-EC23',
      reason: 'The load balancer is public on its HTTPS ports. The web ACL and the listener rules check every request.',
    });
    for (const anywhere of [Peer.anyIpv4(), ...(ipv6 ? [Peer.anyIpv6()] : [])]) {
      securityGroup.addIngressRule(anywhere, Port.tcp(443), 'Processors, senders and operators');
      // The listener's OIDC and JWT actions call the identity provider, whose addresses are not known.
      securityGroup.addEgressRule(anywhere, Port.tcp(443), 'Identity provider');
    }

    this.loadBalancer = new ApplicationLoadBalancer(this, 'Resource', {
      vpc,
      vpcSubnets: { subnets: vpc.publicSubnets },
      internetFacing: true,
      securityGroup,
      ipAddressType: ipv6 ? IpAddressType.DUAL_STACK : IpAddressType.IPV4,
      deletionProtection: props.deletionProtection,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
      preserveHostHeader: true,
      // The last entry of `X-Forwarded-For` is then the address that the load balancer saw.
      xffHeaderProcessingMode: XffHeaderProcessingMode.APPEND,
      http2Enabled: true,
      idleTimeout: Duration.seconds(60),
    });
    for (const [attribute, value] of Object.entries(LOAD_BALANCER_ATTRIBUTES))
      this.loadBalancer.setAttribute(attribute, value);
    props.logs.attachTo(this.loadBalancer);

    this.listener = this.loadBalancer.addListener('Https', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      certificates: [...props.certificates],
      sslPolicy: SSL_POLICY,
      open: false,
      defaultAction: NOT_FOUND,
    });
    hardenResponses(this.listener);
  }
}
