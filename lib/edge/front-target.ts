import { Duration, Stack } from 'aws-cdk-lib';
import { CfnTargetGroup, TargetType } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ROUTES } from '../../lambda/contract/routes.ts';

export interface FrontTargetProps {
  /** See `targetGroupName`. */
  readonly name: string;
  readonly function: IFunction;
  /** Whether the load balancer asks the function for its health, at the health route. */
  readonly healthCheck: boolean;
}

/** A function behind the load balancer, which may be invoked by this target group and by nobody else. */
export class FrontTarget extends Construct {
  readonly targetGroup: CfnTargetGroup;

  constructor(scope: Construct, id: string, props: FrontTargetProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const { functionArn } = props.function;
    // A target group registers its function while it is made, and that needs the permission; the permission names the
    // target group. A name that is known before breaks the circle; the end of the ARN is the load balancer's own.
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
