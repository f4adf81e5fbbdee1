import { Duration, Stack, Tags, Validations } from 'aws-cdk-lib';
import { CfnEIP, type IPeer, type ISecurityGroup, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  IpAddressType,
  NetworkLoadBalancer,
  NetworkTargetGroup,
  Protocol,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { DOOR_PORTS } from '../../../lambda/contract/door-limits.ts';
import { ROUTES } from '../../../lambda/contract/routes.ts';
import { acceptFindingsOfCheckov } from '../../validation/checkov.ts';
import type { Network } from '../network.ts';

export interface DoorBalancerProps {
  readonly environmentName: string;
  readonly network: Pick<Network, 'vpc' | 'ipv6'>;
  readonly deletionProtection: boolean;
}

/**
 * Network Load Balancer of the network door: one TCP listener on 443, one Elastic IP address a zone. It passes connections on
 * with a PROXY header (version 2) that names the caller's address. TLS ends in the tasks. Its security group lets every address
 * in, and the tasks accept connections from this group only.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
 */
export class DoorBalancer extends Construct {
  readonly loadBalancer: NetworkLoadBalancer;
  readonly targetGroup: NetworkTargetGroup;
  /** Security group of the tasks. */
  readonly taskGroup: SecurityGroup;
  /** One Elastic IP address for each zone. */
  readonly addresses: readonly CfnEIP[];

  constructor(scope: Construct, id: string, props: DoorBalancerProps) {
    super(scope, id);
    const { ipv6, vpc } = props.network;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'HTTPS from anywhere, and on to the tasks of the network door',
      allowAllOutbound: false,
    });
    Validations.of(securityGroup).acknowledge({
      id: 'AwsSolutions-EC23',
      reason: 'The load balancer is public on its HTTPS port. The network door checks every request.',
    });
    this.taskGroup = new SecurityGroup(this, 'TaskGroup', {
      vpc,
      description: 'From the load balancer of the network door, and to HTTPS anywhere',
      allowAllOutbound: false,
    });
    for (const anywhere of [Peer.anyIpv4(), ...(ipv6 ? [Peer.anyIpv6()] : [])]) {
      securityGroup.addIngressRule(anywhere, Port.tcp(443), 'Processors, senders and operators');
      // Lambda, Secrets Manager, CloudWatch, the image, and the keys of identity providers, whose addresses are not known.
      this.taskGroup.addEgressRule(anywhere, Port.tcp(443), 'AWS and identity providers');
    }
    for (const port of Object.values(DOOR_PORTS)) {
      securityGroup.addEgressRule(peerOf(this.taskGroup, 'Tasks'), Port.tcp(port), 'Tasks');
      this.taskGroup.addIngressRule(peerOf(securityGroup, 'Balancer'), Port.tcp(port), 'Load balancer');
    }

    this.addresses = vpc.publicSubnets.map((_, index) => {
      const address = new CfnEIP(this, `Address${index + 1}`, { domain: 'vpc' });
      Tags.of(address).add('Name', `postern-${props.environmentName}-door-${index + 1}`);
      return address;
    });
    this.loadBalancer = new NetworkLoadBalancer(this, 'Resource', {
      vpc,
      internetFacing: true,
      subnetMappings: vpc.publicSubnets.map((subnet, index) => {
        const address = this.addresses[index];
        return address === undefined ? { subnet } : { subnet, allocationId: address.attrAllocationId };
      }),
      securityGroups: [securityGroup],
      ipAddressType: ipv6 ? IpAddressType.DUAL_STACK : IpAddressType.IPV4,
      // The few tasks need not have the same share of the connections of their zone.
      crossZoneEnabled: true,
      deletionProtection: props.deletionProtection,
      // An operator can move traffic out of an impaired zone without a deployment.
      zonalShift: true,
    });
    const reason =
      'It has no TLS listener, and a Network Load Balancer logs only those. The network door logs every request, without paths.';
    Validations.of(this.loadBalancer).acknowledge({ id: 'AwsSolutions-ELB2', reason });
    acceptFindingsOfCheckov(this.loadBalancer, { id: 'CKV_AWS_91', reason });

    this.targetGroup = new NetworkTargetGroup(this, 'Targets', {
      vpc,
      port: DOOR_PORTS.tls,
      protocol: Protocol.TCP,
      targetType: TargetType.IP,
      // The caller's address is in the PROXY header. The security group of the tasks can then name the load balancer alone.
      proxyProtocolV2: true,
      preserveClientIp: false,
      // A task stops this long after it gets no new connections.
      deregistrationDelay: Duration.seconds(60),
      healthCheck: {
        protocol: Protocol.HTTP,
        port: String(DOOR_PORTS.health),
        path: ROUTES.health.path,
        healthyHttpCodes: '200',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
    this.loadBalancer.addListener('Tcp', {
      port: 443,
      protocol: Protocol.TCP,
      defaultTargetGroups: [this.targetGroup],
    });
  }

  /** ARNs of the addresses, for Shield. */
  get addressArns(): readonly string[] {
    return this.addresses.map(({ attrAllocationId }) =>
      Stack.of(this).formatArn({ service: 'ec2', resource: 'eip-allocation', resourceName: attrAllocationId }),
    );
  }
}

/**
 * A security group as the peer of a rule. The CDK would take the id of the rule from the path of the group, which the app that uses
 * Postern chooses.
 */
const peerOf = (group: ISecurityGroup, uniqueId: string): IPeer => ({
  canInlineRule: false,
  connections: group.connections,
  uniqueId,
  toEgressRuleConfig: () => group.toEgressRuleConfig(),
  toIngressRuleConfig: () => group.toIngressRuleConfig(),
});
