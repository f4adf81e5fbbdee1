import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnHealthCheck } from 'aws-cdk-lib/aws-route53';
import { CfnProactiveEngagement, CfnProtection, CfnProtectionGroup } from 'aws-cdk-lib/aws-shield';
import type { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { Environment } from '../config/environment.ts';

export interface ShieldProtectionProps {
  readonly environment: Pick<Environment, 'name' | 'region' | 'shield'>;
  /** The load balancer and the association of its web ACL. @default - there is no load balancer */
  readonly loadBalancer?: { readonly arn: string; readonly webAclAssociation: CfnWebACLAssociation };
  /** ARNs of the Elastic IP addresses of the network door. */
  readonly addresses: readonly string[];
  /**
   * Alarm that is raised while the gateway does not answer. It has a single plain metric: Route 53 does not support alarms
   * on metric math or percentiles. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-types.html
   */
  readonly unhealthy: Pick<IAlarm, 'alarmName'>;
}

interface LoadBalancerProtection {
  readonly name: string;
  readonly shield: Exclude<Environment['shield'], 'standard'>;
  readonly healthCheckArns: string[];
}

/**
 * Shield Advanced for the load balancer and the network door, if the environment has it. Shield Standard needs no resource. The
 * addresses of an Application Load Balancer belong to AWS and change, and they are protected with it. A Network Load Balancer is
 * protected by its Elastic IP addresses, against attacks on layers 3 and 4.
 * https://docs.aws.amazon.com/waf/latest/developerguide/ddos-protections-by-resource-type.html
 */
export class ShieldProtection extends Construct {
  constructor(scope: Construct, id: string, props: ShieldProtectionProps) {
    super(scope, id);
    const { addresses, loadBalancer, unhealthy } = props;
    const { name, region, shield } = props.environment;
    if (shield === 'standard') return;

    // The health check is based on an alarm. One that calls the gateway would not be healthy yet when it is associated,
    // and Shield accepts only a healthy one.
    const healthCheck = new CfnHealthCheck(this, 'Health', {
      healthCheckConfig: {
        type: 'CLOUDWATCH_METRIC',
        alarmIdentifier: { name: unhealthy.alarmName, region },
        insufficientDataHealthStatus: 'Healthy',
      },
      healthCheckTags: [{ key: 'Name', value: `postern-${name}` }],
    });
    const healthCheckArns = [`arn:aws:route53:::healthcheck/${healthCheck.attrHealthCheckId}`];
    const protections = addresses.map(
      (resourceArn, index) =>
        new CfnProtection(this, `Address${index + 1}`, {
          name: `postern-${name}-door-${index + 1}`,
          resourceArn,
          healthCheckArns,
        }),
    );
    if (loadBalancer !== undefined) {
      protections.unshift(this.protectLoadBalancer(loadBalancer, { name, shield, healthCheckArns }));
    }

    const group = new CfnProtectionGroup(this, 'Group', {
      protectionGroupId: `postern-${name}`,
      aggregation: 'MAX',
      pattern: 'ARBITRARY',
      members: protections.map(({ resourceArn }) => resourceArn),
    });
    for (const protection of protections) group.addResourceDependency(protection);
    if (shield.contacts === undefined) return;

    const engagement = new CfnProactiveEngagement(this, 'ProactiveEngagement', {
      proactiveEngagementStatus: 'ENABLED',
      emergencyContactList: shield.contacts.map(({ email, notes, phone }) => ({
        emailAddress: email,
        ...(phone !== undefined && { phoneNumber: phone }),
        ...(notes !== undefined && { contactNotes: notes }),
      })),
    });
    // AWS refuses it to an account without a protected resource that has a health check.
    for (const protection of protections) engagement.addResourceDependency(protection);
  }

  private protectLoadBalancer(
    { arn, webAclAssociation }: NonNullable<ShieldProtectionProps['loadBalancer']>,
    { healthCheckArns, name, shield }: LoadBalancerProtection,
  ): CfnProtection {
    const protection = new CfnProtection(this, 'Resource', {
      name: `postern-${name}`,
      resourceArn: arn,
      healthCheckArns,
      ...(shield.mitigation !== 'none' && {
        applicationLayerAutomaticResponseConfiguration: {
          status: 'ENABLED',
          action: shield.mitigation === 'block' ? { block: {} } : { count: {} },
        },
      }),
    });
    // Shield adds its rules to the web ACL of the load balancer, and fails if there is no web ACL yet. The rules stay when
    // the web ACL is updated, although its template does not have them.
    // https://docs.aws.amazon.com/waf/latest/developerguide/ddos-automatic-app-layer-response-config.html
    // https://docs.aws.amazon.com/waf/latest/developerguide/manage-automatic-mitigation-in-cfn.html
    protection.addResourceDependency(webAclAssociation);
    return protection;
  }
}
