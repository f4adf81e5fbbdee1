import { CfnProtection } from 'aws-cdk-lib/aws-shield';
import { Construct } from 'constructs';
import type { Shield } from '../environment.ts';

export interface ShieldProtectionProps {
  readonly shield: Shield;
  readonly environmentName: string;
  readonly loadBalancerArn: string;
}

/** Shield Advanced for the load balancer, where the environment has it; Shield Standard is there without any resource. */
export class ShieldProtection extends Construct {
  constructor(scope: Construct, id: string, props: ShieldProtectionProps) {
    super(scope, id);
    if (props.shield === 'standard') return;
    new CfnProtection(this, 'Resource', {
      name: `postern-${props.environmentName}`,
      resourceArn: props.loadBalancerArn,
      // Counts first: what it would block has to be looked at before it may.
      applicationLayerAutomaticResponseConfiguration: { status: 'ENABLED', action: { count: {} } },
    });
  }
}
