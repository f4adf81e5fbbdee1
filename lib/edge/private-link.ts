import { CfnOutput, Duration, Names, Stack, Validations } from 'aws-cdk-lib';
import type { IPeer, ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Port, SecurityGroup, VpcEndpointService } from 'aws-cdk-lib/aws-ec2';
import type { ApplicationListener, ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { NetworkLoadBalancer, Protocol } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { AlbListenerTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { PrivateLink as PrivateLinkInput } from '../config/edge.ts';
import { stackNamePrefix } from '../names.ts';
import { acceptFindingsOfCheckov } from '../validation/checkov.ts';

export interface PrivateLinkProps {
  readonly environmentName: string;
  readonly privateLink: PrivateLinkInput;
  readonly vpc: IVpc;
  /** The Application Load Balancer that receives the connections. TLS ends at its listener on port 443. */
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly listener: ApplicationListener;
  readonly deletionProtection: boolean;
}

/**
 * Ingress for processors that must not use the internet: an endpoint service on a Network Load Balancer, which forwards TCP
 * connections unchanged. Web ACL, listener rules and functions handle these requests like all others.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html
 */
export class PrivateLink extends Construct {
  /** Endpoint service that a processor's account connects to. */
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
      const peer: IPeer = {
        canInlineRule: group.canInlineRule,
        connections: group.connections,
        // The CDK would take the id of the rule from the path of the load balancer, which the app that uses Postern chooses.
        // With another id, CloudFormation would create the rule twice, and EC2 refuses the second one.
        uniqueId: formerId(props.environmentName, group),
        toEgressRuleConfig: () => group.toEgressRuleConfig(),
        toIngressRuleConfig: () => group.toIngressRuleConfig(),
      };
      securityGroup.addEgressRule(peer, Port.tcp(443), 'Load balancer');
    }
    const loadBalancer = new NetworkLoadBalancer(this, 'Resource', {
      vpc,
      internetFacing: false,
      vpcSubnets: { subnets: vpc.publicSubnets },
      crossZoneEnabled: true,
      securityGroups: [securityGroup],
      // Accepted endpoints may connect. No inbound rule permits anything else.
      enforceSecurityGroupInboundRulesOnPrivateLinkTraffic: false,
      deletionProtection,
      // With this load balancer in front, an operator starts a zonal shift here: it does not notice a shift of its target.
      // https://docs.aws.amazon.com/elasticloadbalancing/latest/network/zonal-shift.html
      zonalShift: true,
    });
    const reason =
      'It has no TLS listener, and a Network Load Balancer logs only those. Its target logs every connection.';
    Validations.of(loadBalancer).acknowledge({ id: 'AwsSolutions-ELB2', reason });
    acceptFindingsOfCheckov(loadBalancer, { id: 'CKV_AWS_91', reason });
    loadBalancer.addListener('Tcp', { port: 443, protocol: Protocol.TCP }).addTargets('LoadBalancer', {
      port: 443,
      targets: [new AlbListenerTarget(listener)],
      healthCheck: {
        protocol: Protocol.HTTPS,
        path: '/',
        // The fixed response to an unknown host. It shows that the listener works, and no function has to run.
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
      description: 'ARN of the Network Load Balancer, where a zonal shift starts',
    });
    new CfnOutput(Stack.of(this), 'EndpointServiceName', {
      value: this.service.vpcEndpointServiceName,
      description: 'Name of the endpoint service that accepted principals connect to',
    });
  }
}

/** Unique id of a security group of the Gateway stack, as it is in an app whose construct has the environment's name. */
const formerId = (environmentName: string, group: ISecurityGroup): string => {
  const [, ...path] = group.node.path.slice(Stack.of(group).node.path.length).split('/');
  const ids = [stackNamePrefix(environmentName), 'Gateway', ...path];
  const { node } = ids.reduce((scope, id) => new Construct(scope, id), new Construct(undefined as never, ''));
  return Names.nodeUniqueId(node);
};
