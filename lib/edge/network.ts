import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { IpAddresses, IpProtocol, Ipv6Addresses, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

export interface NetworkProps {
  readonly availabilityZones: readonly string[];
}

/**
 * Where the load balancer stands: public subnets and nothing else. No function is in a network of ours, so that there
 * is nothing to translate addresses for.
 */
export class Network extends Construct {
  readonly vpc: IVpc;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    // The class declares optional properties wider than its interface (`exactOptionalPropertyTypes`).
    this.vpc = new Vpc(this, 'Resource', {
      ipProtocol: IpProtocol.DUAL_STACK,
      ipAddresses: IpAddresses.cidr('10.0.0.0/22'),
      ipv6Addresses: Ipv6Addresses.amazonProvided(),
      availabilityZones: [...props.availabilityZones],
      natGateways: 0,
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC, cidrMask: 26, mapPublicIpOnLaunch: false },
      ],
      restrictDefaultSecurityGroup: true,
    }) as IVpc;
  }
}
