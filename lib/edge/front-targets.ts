import type { CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { FrontFunction } from '../../lambda/contract/routes.ts';
import { FRONT_FUNCTIONS, ROUTES } from '../../lambda/contract/routes.ts';
import type { PosternFunction } from '../functions/postern-function.ts';
import { FUNCTION_IDS, targetGroupName } from '../names.ts';
import { FrontTarget } from './front-target.ts';

export interface FrontTargetsProps {
  readonly environmentName: string;
  readonly functions: { readonly [F in FrontFunction]?: PosternFunction<F> };
}

/** Target groups of the functions behind the load balancer. The function with the health route has a health check. */
export class FrontTargets extends Construct {
  readonly targetGroups: Partial<Readonly<Record<FrontFunction, CfnTargetGroup>>>;

  constructor(scope: Construct, id: string, props: FrontTargetsProps) {
    super(scope, id);
    this.targetGroups = Object.fromEntries(
      FRONT_FUNCTIONS.flatMap((name) => {
        const target = props.functions[name];
        if (target === undefined) return [];
        const { targetGroup } = new FrontTarget(this, FUNCTION_IDS[name], {
          name: targetGroupName(props.environmentName, name),
          function: target.alias,
          healthCheck: ROUTES.health.function === name,
        });
        return [[name, targetGroup]];
      }),
    );
  }
}
