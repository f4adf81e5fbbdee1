import type { CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { FrontFunction } from '../../lambda/contract/routes.ts';
import { FRONT_FUNCTIONS, ROUTES } from '../../lambda/contract/routes.ts';
import type { PosternFunction } from '../functions/postern-function.ts';
import { FUNCTION_IDS, targetGroupName } from '../names.ts';
import { FrontTarget } from './front-target.ts';

export interface FrontTargetsProps {
  readonly environmentName: string;
  readonly functions: { readonly [F in FrontFunction]: PosternFunction<F> };
}

/** Target groups of all functions behind the load balancer. The function with the health route has a health check. */
export class FrontTargets extends Construct {
  readonly targetGroups: Readonly<Record<FrontFunction, CfnTargetGroup>>;

  constructor(scope: Construct, id: string, props: FrontTargetsProps) {
    super(scope, id);
    this.targetGroups = Object.fromEntries(
      FRONT_FUNCTIONS.map((name) => {
        const { targetGroup } = new FrontTarget(this, FUNCTION_IDS[name], {
          name: targetGroupName(props.environmentName, name),
          function: props.functions[name].alias,
          healthCheck: ROUTES.health.function === name,
        });
        return [name, targetGroup];
      }),
    ) as Record<FrontFunction, CfnTargetGroup>;
  }
}
