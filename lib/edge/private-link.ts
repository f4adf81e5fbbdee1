import { CfnOutput, Duration, Stack, Validations } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Port, SecurityGroup, VpcEndpointService } from 'aws-cdk-lib/aws-ec2';
import type { ApplicationListener, ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { NetworkLoadBalancer, Protocol } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { AlbListenerTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { PrivateLink as PrivateLinkInput } from '../config/edge.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';

export interface PrivateLinkProps {
  readonly privateLink: PrivateLinkInput;
  readonly vpc: IVpc;
  /** The load balancer that callers reach in the end, and its listener on port 443, where TLS ends. */
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly listener: ApplicationListener;
  readonly deletionProtection: boolean;
}

/**
 * A way in for processors that must not use the internet: an endpoint service on a Network Load Balancer, which hands
 * connections on as they are. Web ACL, listener rules and functions see them like any other.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html
 */
export class PrivateLink extends Construct {
  /** What a processor's account asks for a connection to. */
  readonly service: VpcEndpointService;

  constructor(scope: Construct, id: string, props: PrivateLinkProps) {
    super(scope, id);
    const { deletionProtection, listener, privateLink, vpc } = props;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Nobody but accepted endpoints, and on to the load balancer',
      allowAllOutbound: false,
    });
    for (const group of props.loadBalancer.connections.securityGroups) {
      securityGroup.addEgressRule(group, Port.tcp(443), 'Load balancer');
    }
    const loadBalancer = new NetworkLoadBalancer(this, 'Resource', {
      vpc,
      internetFacing: false,
      vpcSubnets: { subnets: vpc.publicSubnets },
      crossZoneEnabled: true,
      securityGroups: [securityGroup],
      // Endpoints that were accepted come in; nothing else has a rule that lets it.
      enforceSecurityGroupInboundRulesOnPrivateLinkTraffic: false,
      deletionProtection,
      // Where this one is, a zone is left here: it does not know of a shift of the load balancer behind it.
      // https://docs.aws.amazon.com/elasticloadbalancing/latest/network/zonal-shift.html
      zonalShift: true,
    });
    const reason =
      'It has no TLS listener, the only kind that one logs: the load balancer behind it logs every connection.';
    Validations.of(loadBalancer).acknowledge({ id: 'AwsSolutions-ELB2', reason });
    acceptFindingsOfCheckov(loadBalancer, { id: 'CKV_AWS_91', reason });
    loadBalancer.addListener('Tcp', { port: 443, protocol: Protocol.TCP }).addTargets('LoadBalancer', {
      port: 443,
      targets: [new AlbListenerTarget(listener)],
      healthCheck: {
        protocol: Protocol.HTTPS,
        path: '/',
        // The load balancer's own answer to a host that is not ours: it is there, and no function has to run.
        healthyHttpCodes: '404',
        interval: Duration.seconds(30),
      },
    });
    this.service = new VpcEndpointService(this, 'Service', {
      vpcEndpointServiceLoadBalancers: [loadBalancer],
      acceptanceRequired: true,
      allowedPrincipals: privateLink.acceptedPrincipals.map((arn) => new ArnPrincipal(arn)),
    });
    new CfnOutput(Stack.of(this), 'PrivateLinkLoadBalancerArn', {
      value: loadBalancer.loadBalancerArn,
      description: 'Network Load Balancer, to leave a zone of first',
    });
    new CfnOutput(Stack.of(this), 'EndpointServiceName', {
      value: this.service.vpcEndpointServiceName,
      description: 'What an accepted principal makes an endpoint of',
    });
  }
}
