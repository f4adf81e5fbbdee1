import { Stage, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from './config/environment.ts';
import type { FunctionBundles } from './functions/bundles.ts';
import { GatewayStack } from './gateway-stack.ts';
import { StateStack } from './state-stack.ts';
import { ServiceLimitChecks } from './validation/service-limit-checks.ts';

export interface PosternStageProps {
  readonly environment: Environment;
  readonly bundles: FunctionBundles;
}

/** Makes the stage id: `prod` → `Prod`. An environment is deployed with `npx cdk deploy 'Prod/*'`. */
export const stageName = (environment: string): string => environment.charAt(0).toUpperCase() + environment.slice(1);

/** One environment: the stack State must survive; the stack Gateway may be replaced. */
export class PosternStage extends Stage {
  readonly state: StateStack;
  readonly gateway: GatewayStack;

  constructor(scope: Construct, { environment, bundles }: PosternStageProps) {
    const { name, account, region, availabilityZones } = environment;
    super(scope, stageName(name), { env: { account, region } });
    // A fixed account protects against deploying into another one. Fixed zones make the AWS lookup at synth unnecessary, so
    // that synth needs neither network nor credentials.
    this.node.setContext(`availability-zones:account=${account}:region=${region}`, availabilityZones);

    Validations.of(this).addPlugins(new ServiceLimitChecks());

    const common = { environment, terminationProtection: environment.protected, tags: { 'postern:environment': name } };
    this.state = new StateStack(this, 'State', {
      ...common,
      description: `Postern ${name}: tables, payloads and keys`,
      bundles,
    });
    this.gateway = new GatewayStack(this, 'Gateway', {
      ...common,
      description: `Postern ${name}: load balancer, functions and events`,
      state: this.state,
      bundles,
    });
  }
}
