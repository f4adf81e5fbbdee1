import { CfnProtection } from 'aws-cdk-lib/aws-shield';
import type { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { Shield } from '../environment.ts';

export interface ShieldProtectionProps {
  readonly shield: Shield;
  readonly environmentName: string;
  readonly loadBalancerArn: string;
  /** The association of the load balancer's web ACL. */
  readonly webAclAssociation: CfnWebACLAssociation;
}

/** Shield Advanced for the load balancer, where the environment has it; Shield Standard is there without any resource. */
export class ShieldProtection extends Construct {
  constructor(scope: Construct, id: string, props: ShieldProtectionProps) {
    super(scope, id);
    if (props.shield === 'standard') return;
    const protection = new CfnProtection(this, 'Resource', {
      name: `postern-${props.environmentName}`,
      resourceArn: props.loadBalancerArn,
      // Counts first: what it would block has to be looked at before it may.
      applicationLayerAutomaticResponseConfiguration: { status: 'ENABLED', action: { count: {} } },
    });
    // Shield writes its rules into the web ACL of the load balancer, and refuses where there is none yet.
    // https://docs.aws.amazon.com/waf/latest/developerguide/ddos-automatic-app-layer-response-config.html
    protection.addResourceDependency(props.webAclAssociation);
  }
}
