import { Stage, Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Environment } from './config/environment.ts';
import { describeAtSynthesis } from './describe/write-description.ts';
import type { FunctionBundles } from './functions/bundles.ts';
import { GatewayStack } from './gateway-stack.ts';
import { stackNamePrefix } from './names.ts';
import { setFeatureFlags } from './set-feature-flags.ts';
import { defaultStackNames, type StackNames } from './stack-names.ts';
import { StateStack } from './state-stack.ts';
import { expectRetention } from './validation/retention.ts';
import { ServiceLimitChecks } from './validation/service-limit-checks.ts';

export interface EnvironmentStacksProps {
  readonly environment: Environment;
  readonly bundles: FunctionBundles;
  /** @default - the environment's name with a capital, and `-State` and `-Gateway` */
  readonly stackNames?: StackNames;
}

/**
 * Makes the two stacks of an environment in a scope: State must survive, Gateway may be replaced. They are directly below the
 * scope, and not in a stage of their own, so that constructs in other stacks of the app may refer to them.
 * @param scope has no children yet
 */
export const makeStacks = (
  scope: Construct,
  { bundles, environment, stackNames = defaultStackNames(environment.name) }: EnvironmentStacksProps,
): { readonly state: StateStack; readonly gateway: GatewayStack } => {
  const { name, account, region, availabilityZones } = environment;
  setFeatureFlags(scope.node);
  // Fixed zones make the AWS lookup at synth unnecessary, so that synth needs neither network nor credentials.
  scope.node.setContext(`availability-zones:account=${account}:region=${region}`, availabilityZones);

  const common = {
    environment,
    bundles,
    // A fixed account protects against deploying into another one.
    env: { account, region },
    terminationProtection: environment.protected,
    tags: { 'postern:environment': name },
  };
  const state = new StateStack(scope, 'State', {
    ...common,
    stackName: stackNames.state,
    description: `Postern ${name}: tables, payloads and keys`,
  });
  const gateway = new GatewayStack(scope, 'Gateway', {
    ...common,
    stackName: stackNames.gateway,
    description: `Postern ${name}: load balancer, functions and events`,
    state,
  });
  serviceLimitChecksOf(scope)?.add(state, gateway);
  if (environment.protected) expectRetention(state, gateway);
  // The app may allow further workflows until synthesis.
  const described = (): Environment => {
    const { applications, resumeTargets } = gateway.settings;
    return { ...environment, applications, resumeTargets };
  };
  describeAtSynthesis(scope, described, { state, gateway });
  return { state, gateway };
};

/** The two stacks of an environment that was read already. The id is the environment's name with a capital. */
export class EnvironmentStacks extends Construct {
  readonly state: StateStack;
  readonly gateway: GatewayStack;

  constructor(scope: Construct, props: EnvironmentStacksProps) {
    super(scope, stackNamePrefix(props.environment.name));
    ({ state: this.state, gateway: this.gateway } = makeStacks(this, props));
  }
}

const checksByStage = new WeakMap<Stage, ServiceLimitChecks>();

/** Plugins belong to a stage or an app. Several environments of an app share the checks. */
const serviceLimitChecksOf = (scope: Construct): ServiceLimitChecks | undefined => {
  const stage = Stage.of(scope);
  if (stage === undefined) return undefined;
  const known = checksByStage.get(stage);
  if (known !== undefined) return known;
  const checks = new ServiceLimitChecks();
  checksByStage.set(stage, checks);
  Validations.of(stage).addPlugins(checks);
  return checks;
};
