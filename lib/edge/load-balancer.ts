import { Duration } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { ApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  DesyncMitigationMode,
  ListenerAction,
  SslPolicy,
  XffHeaderProcessingMode,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface LoadBalancerProps {
  readonly vpc: IVpc;
  readonly certificate: ICertificate;
  readonly accessLogs: IBucket;
  readonly deletionProtection: boolean;
}

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
    securityGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(443), 'Processors, senders and operators');
    // The listener's OIDC and JWT actions call the provider, whose addresses are its own business.
    securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'Identity provider');

    this.loadBalancer = new ApplicationLoadBalancer(this, 'Resource', {
      vpc: props.vpc,
      internetFacing: true,
      securityGroup,
      deletionProtection: props.deletionProtection,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
      preserveHostHeader: true,
      // The last entry of `X-Forwarded-For` is then the load balancer's own word.
      xffHeaderProcessingMode: XffHeaderProcessingMode.APPEND,
      http2Enabled: true,
      idleTimeout: Duration.seconds(60),
    });
    // Written out, for the construct leaves it away when it is the default: no request passes while the web ACL is deaf.
    this.loadBalancer.setAttribute('waf.fail_open.enabled', 'false');
    this.loadBalancer.logAccessLogs(props.accessLogs);

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
