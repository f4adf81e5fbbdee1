import { Annotations, Validations } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { IpAddresses, IpProtocol, Ipv6Addresses, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { Environment } from '../config/environment.ts';
import type { LogKey } from '../state/log-key.ts';
import { DefaultSecurityGroupFunction } from './default-security-group-function.ts';

export interface NetworkProps {
  readonly environment: Pick<Environment, 'availabilityZones' | 'network' | 'logRetention'>;
  /** What the log of its function is encrypted with. */
  readonly logKey: LogKey;
}

/**
 * Where the load balancer stands: public subnets and nothing else, of our own or given. No function is in a network, so
 * that there is nothing to translate addresses for, and nothing that an endpoint of AWS's services would serve.
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  /** Whether its subnets have IPv6 addresses as well. */
  readonly ipv6: boolean;

  constructor(scope: Construct, id: string, { environment, logKey }: NetworkProps) {
    super(scope, id);
    const { availabilityZones, network } = environment;
    this.ipv6 = network?.ipv6 ?? true;
    if (network !== undefined) {
      this.vpc = Vpc.fromVpcAttributes(this, 'Resource', {
        vpcId: network.vpcId,
        availabilityZones: [...availabilityZones],
        publicSubnetIds: [...network.publicSubnetIds],
      });
      Annotations.of(this.vpc).acknowledgeWarning(
        '@aws-cdk/aws-ec2:noSubnetRouteTableId',
        'Nothing is put into the route tables of a network that is somebody else’s.',
      );
      return;
    }
    // The class declares optional properties wider than its interface (`exactOptionalPropertyTypes`).
    this.vpc = new Vpc(this, 'Resource', {
      ipProtocol: IpProtocol.DUAL_STACK,
      ipAddresses: IpAddresses.cidr('10.0.0.0/22'),
      ipv6Addresses: Ipv6Addresses.amazonProvided(),
      availabilityZones: [...availabilityZones],
      natGateways: 0,
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC, cidrMask: 26, mapPublicIpOnLaunch: false },
      ],
      restrictDefaultSecurityGroup: true,
    }) as IVpc;
    Validations.of(this.vpc).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason: 'Nothing is in it but load balancers, and they log every connection and request themselves.',
    });
    new DefaultSecurityGroupFunction(this, 'DefaultSecurityGroup', { environment, logKey });
  }
}
