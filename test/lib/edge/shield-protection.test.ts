import { describe, expect, it } from 'vitest';
import { anAwsEnvironment } from '../../support/environments.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf, theResource } from '../../support/template.ts';

const subscribed = { advanced: true, subscribed: true } as const;
const withShield = (shield: object) => synthesize(anAwsEnvironment({ shield })).gateway;

describe('Shield Advanced', () => {
  it('has no resource without a subscription', () => {
    const { gateway } = synthesize(anAwsEnvironment());
    expect(JSON.stringify(gateway.toJSON())).not.toContain('AWS::Shield::');
    gateway.resourceCountIs('AWS::Route53::HealthCheck', 0);
  });

  it('protects the load balancer, first counts, and depends on the web ACL', () => {
    const gateway = withShield(subscribed);
    const loadBalancer = { Ref: theResource(gateway, 'AWS::ElasticLoadBalancingV2::LoadBalancer').id };
    const { DependsOn, Properties, id } = theResource(gateway, 'AWS::Shield::Protection');
    expect(Properties).toMatchObject({
      ResourceArn: loadBalancer,
      ApplicationLayerAutomaticResponseConfiguration: { Status: 'ENABLED', Action: { Count: {} } },
    });
    expect(DependsOn).toContain(theResource(gateway, 'AWS::WAFv2::WebACLAssociation').id);
    const group = theResource(gateway, 'AWS::Shield::ProtectionGroup');
    expect(group.Properties).toMatchObject({ Pattern: 'ARBITRARY', Members: [loadBalancer] });
    expect(group.DependsOn).toContain(id);
    expect(
      theResource(withShield({ ...subscribed, mitigation: 'block' }), 'AWS::Shield::Protection').Properties,
    ).toMatchObject({ ApplicationLayerAutomaticResponseConfiguration: { Action: { Block: {} } } });
  });

  it('mitigation: none omits Shield’s rules and keeps all other protection', () => {
    const gateway = withShield({ ...subscribed, mitigation: 'none' });
    const { Properties } = theResource(gateway, 'AWS::Shield::Protection');
    expect(Properties).not.toHaveProperty('ApplicationLayerAutomaticResponseConfiguration');
    expect(Properties.HealthCheckArns).toHaveLength(1);
    gateway.resourceCountIs('AWS::Shield::ProtectionGroup', 1);
  });

  it('has a health check on an existing alarm of its Region with one plain metric', () => {
    const gateway = withShield(subscribed);
    const { Properties, id } = theResource(gateway, 'AWS::Route53::HealthCheck');
    const { AlarmIdentifier, ...config } = Properties.HealthCheckConfig as {
      AlarmIdentifier: { Name: { Ref: string }; Region: string };
    };
    expect(config).toMatchObject({ Type: 'CLOUDWATCH_METRIC', InsufficientDataHealthStatus: 'Healthy' });
    expect(AlarmIdentifier.Region).toBe('eu-west-1');
    const alarm = resourcesOf(gateway, 'AWS::CloudWatch::Alarm')[AlarmIdentifier.Name.Ref]?.Properties;
    expect(alarm).toMatchObject({ Namespace: 'AWS/ApplicationELB', Statistic: expect.any(String) });
    expect(alarm).not.toHaveProperty('Metrics');
    expect(alarm).not.toHaveProperty('DatapointsToAlarm');
    expect(theResource(gateway, 'AWS::Shield::Protection').Properties.HealthCheckArns).toEqual([
      { 'Fn::Join': ['', ['arn:aws:route53:::healthcheck/', { 'Fn::GetAtt': [id, 'HealthCheckId'] }]] },
    ]);
  });

  it('lets the response team call if the environment names contacts', () => {
    withShield(subscribed).resourceCountIs('AWS::Shield::ProactiveEngagement', 0);
    const contacts = [
      { email: 'duty@example.com', phone: '+4930123456', notes: 'at any hour' },
      { email: 'b@example.com' },
    ];
    const gateway = withShield({ ...subscribed, contacts });
    const { DependsOn, Properties } = theResource(gateway, 'AWS::Shield::ProactiveEngagement');
    expect(Properties).toEqual({
      ProactiveEngagementStatus: 'ENABLED',
      EmergencyContactList: [
        { EmailAddress: 'duty@example.com', PhoneNumber: '+4930123456', ContactNotes: 'at any hour' },
        { EmailAddress: 'b@example.com' },
      ],
    });
    expect(DependsOn).toContain(theResource(gateway, 'AWS::Shield::Protection').id);
  });
});
