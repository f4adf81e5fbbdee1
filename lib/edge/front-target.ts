import { Duration, Stack } from 'aws-cdk-lib';
import { CfnTargetGroup, TargetType } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ROUTES } from '../../lambda/contract/routes.ts';

export interface FrontTargetProps {
  /** Name of the target group, from `targetGroupName`. */
  readonly name: string;
  readonly function: IFunction;
  /** True if the load balancer checks the function's health, at the health route. */
  readonly healthCheck: boolean;
}

/** Target group of a function. Only this target group may invoke the function. */
export class FrontTarget extends Construct {
  readonly targetGroup: CfnTargetGroup;

  constructor(scope: Construct, id: string, props: FrontTargetProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const { functionArn } = props.function;
    // Creating a target group needs the permission, and the permission names the target group. A fixed name breaks this
    // cycle. The load balancer chooses the end of the ARN.
    const { name } = props;
    const permission = new CfnPermission(this, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: functionArn,
      principal: 'elasticloadbalancing.amazonaws.com',
      sourceArn: stack.formatArn({
        service: 'elasticloadbalancing',
        resource: 'targetgroup',
        resourceName: `${name}/*`,
      }),
      sourceAccount: stack.account,
    });
    this.targetGroup = new CfnTargetGroup(this, 'Resource', {
      name,
      targetType: TargetType.LAMBDA,
      targets: [{ id: functionArn }],
      targetGroupAttributes: [{ key: 'lambda.multi_value_headers.enabled', value: 'true' }],
      ...(props.healthCheck
        ? {
            healthCheckEnabled: true,
            healthCheckPath: ROUTES.health.path,
            healthCheckIntervalSeconds: Duration.minutes(1).toSeconds(),
            healthCheckTimeoutSeconds: Duration.seconds(15).toSeconds(),
            matcher: { httpCode: '200' },
          }
        : { healthCheckEnabled: false }),
    });
    this.targetGroup.addResourceDependency(permission);
  }
}
