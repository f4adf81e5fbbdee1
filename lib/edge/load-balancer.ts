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
  readonly certificate: ICertificate;
  readonly logs: LoadBalancerLogs;
  readonly deletionProtection: boolean;
}

/** TLS 1.2 and 1.3, with key exchange that a quantum computer does not undo. */
export const SSL_POLICY = SslPolicy.TLS13_12_RES_PQ;

/** The load balancer's own answer to what no rule matches. */
export const NOT_FOUND = ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'Not found' });

/** What the construct leaves away where it is the default, or has no property for. */
const LOAD_BALANCER_ATTRIBUTES = {
  // No request passes while the web ACL is deaf.
  'waf.fail_open.enabled': 'false',
  // An address alone: it is compared with a processor's ranges.
  'routing.http.xff_client_port.enabled': 'false',
  // Nobody asks for the client's TLS version, and a header that is not there cannot be believed by mistake.
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': 'false',
  // However busy a connection is, it ends, and the next one finds the addresses of that time. Five minutes is what AWS
  // recommends where a zone may be left: a shift does not end connections.
  // https://docs.aws.amazon.com/r53recovery/latest/dg/route53-arc-best-practices.zonal-shifts.html
  'client_keep_alive.seconds': String(Duration.minutes(5).toSeconds()),
  // A zone that is ill can be left by hand, without a deployment.
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/zonal-shift.html
  'zonal_shift.config.enabled': 'true',
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
    const { ipv6, vpc } = props.network;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'HTTPS from anywhere, and to the identity provider',
      allowAllOutbound: false,
    });
    Validations.of(securityGroup).acknowledge({
      id: 'AwsSolutions-EC23',
      reason:
        'It is the public front door, on its HTTPS ports alone: the web ACL and the listener decide who gets further.',
    });
    for (const anywhere of [Peer.anyIpv4(), ...(ipv6 ? [Peer.anyIpv6()] : [])]) {
      securityGroup.addIngressRule(anywhere, Port.tcp(443), 'Processors, senders and operators');
      // The listener's OIDC and JWT actions call the provider, whose addresses are its own business.
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
      // The last entry of `X-Forwarded-For` is then the load balancer's own word.
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
      certificates: [props.certificate],
      sslPolicy: SSL_POLICY,
      open: false,
      defaultAction: NOT_FOUND,
    });
    hardenResponses(this.listener);
  }
}
