import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import type { ILoadBalancerV2 } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
import { AaaaRecord, ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import type { Environment } from '../config/environment.ts';
import { stackNamePrefix } from '../names.ts';
import type { Network } from './network.ts';

export interface DomainProps {
  readonly environment: Pick<Environment, 'name' | 'host' | 'hostedZone'> & {
    readonly certificateArn?: string | undefined;
  };
  /** True if a load balancer ends its TLS. The network door has its certificate from a secret. */
  readonly hasCertificate: boolean;
}

/** Domain name of the gateway: its certificate, and its DNS records if the environment names a hosted zone. */
export class Domain extends Construct {
  /** Certificate of ACM; undefined if it needs none. */
  readonly certificate: ICertificate | undefined;
  private readonly host: string;
  private readonly zone: IHostedZone | undefined;

  constructor(scope: Construct, id: string, { environment, hasCertificate }: DomainProps) {
    super(scope, id);
    this.host = environment.host;
    this.zone =
      environment.hostedZone &&
      HostedZone.fromHostedZoneAttributes(this, 'Zone', {
        hostedZoneId: environment.hostedZone.id,
        zoneName: environment.hostedZone.name,
      });
    this.certificate = hasCertificate ? this.certificateOf(environment) : undefined;
  }

  private certificateOf(environment: DomainProps['environment']): ICertificate {
    return environment.certificateArn === undefined
      ? new Certificate(this, 'Certificate', {
          domainName: environment.host,
          // The value of the tag `Name`. The CDK takes it from the construct's path, which the app that uses Postern chooses.
          certificateName: `${stackNamePrefix(environment.name)}/Gateway/${this.node.id}/Certificate`,
          validation: CertificateValidation.fromDns(this.zone),
        })
      : Certificate.fromCertificateArn(this, 'Certificate', environment.certificateArn);
  }

  /** Points the domain name to the load balancer. Does nothing without a hosted zone. Returns the records. */
  pointTo(loadBalancer: ILoadBalancerV2, { ipv6 }: Pick<Network, 'ipv6'>): readonly Construct[] {
    if (this.zone === undefined) return [];
    const record = {
      zone: this.zone,
      recordName: this.host,
      target: RecordTarget.fromAlias(new LoadBalancerTarget(loadBalancer)),
    };
    return [new ARecord(this, 'Address', record), ...(ipv6 ? [new AaaaRecord(this, 'AddressV6', record)] : [])];
  }
}
