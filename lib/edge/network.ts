import { Annotations, Tags, Validations } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { IpAddresses, IpProtocol, Ipv6Addresses, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { Environment } from '../config/environment.ts';
import { CustomResourceFunction } from '../functions/custom-resource-function.ts';
import { stackNamePrefix } from '../names.ts';
import type { LogKey } from '../state/log-key.ts';

export interface NetworkProps {
  readonly environment: Pick<Environment, 'name' | 'availabilityZones' | 'network' | 'logRetention'>;
  /** Encryption key of the log of its function. */
  readonly logKey: LogKey;
}

/**
 * Network of the load balancer: public subnets only, created here or given. No function is in a VPC, so the network needs
 * neither NAT gateways nor VPC endpoints.
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  /** True if its subnets have IPv6 addresses. */
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
        'Postern adds nothing to the route tables of a given network.',
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
    nameSubnets(this.vpc, environment.name);
    Validations.of(this.vpc).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason: 'It contains only load balancers, and they log every connection and request.',
    });
    new CustomResourceFunction(this, 'DefaultSecurityGroup', {
      provider: 'Custom::VpcRestrictDefaultSGCustomResourceProvider',
      createdFor: 'restrictDefaultSecurityGroup',
      environment,
      logKey,
    });
  }
}

/**
 * Names the network and its subnets in the console of AWS as they have always been named. The CDK takes the names from the
 * construct's path, which the app that uses Postern chooses.
 */
const nameSubnets = (vpc: IVpc, environmentName: string): void => {
  const name = `${stackNamePrefix(environmentName)}/Gateway/Network/Resource`;
  Tags.of(vpc).add('Name', name);
  for (const subnet of vpc.publicSubnets) Tags.of(subnet).add('Name', `${name}/${subnet.node.id}`);
};
