import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { DoorConfig } from '../../../../lambda/contract/door-config.ts';
import { readEnvironment } from '../../../../lib/config/read.ts';
import { EnvironmentStacks } from '../../../../lib/environment-stacks.ts';
import { anAwsEnvironment } from '../../../support/environments.ts';
import { NETWORK_DOOR } from '../../../support/network-door.ts';
import { anApp, NO_ASSETS, NO_CODE, synthesize, TEST_CONTEXT } from '../../../support/synthesize.ts';
import { type Resource, resourcesOf, theResource } from '../../../support/template.ts';

const ELB = 'AWS::ElasticLoadBalancingV2';
const ZONE = { hostedZone: { id: 'Z1234567890', name: 'example.com' } };
const { gateway } = synthesize(anAwsEnvironment({ ...NETWORK_DOOR, ...ZONE }));
const withConsole = synthesize(
  anAwsEnvironment({
    ...NETWORK_DOOR,
    ...ZONE,
    protected: true,
    shield: { advanced: true, subscribed: true },
    ingress: { ...NETWORK_DOOR.ingress, console: { domain: 'console.example.com' } },
  }),
).gateway;

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const statementsOf = (role: string): readonly Statement[] =>
  Object.entries(resourcesOf(gateway, 'AWS::IAM::Policy'))
    .filter(([id]) => id.startsWith(role))
    .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { readonly Statement: Statement[] }).Statement);

const task = theResource(gateway, 'AWS::ECS::TaskDefinition').Properties;
const [container] = task.ContainerDefinitions as [Record<string, unknown>];

/** The configuration with the references of the template in the place of their values. */
const config = (): DoorConfig => {
  const [{ Name, Value }] = container.Environment as [{ Name: string; Value: { 'Fn::Join': [string, unknown[]] } }];
  expect(Name).toBe('DOOR_CONFIG');
  const parts = Value['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : (part as { Ref: string }).Ref));
  return JSON.parse(parts.join('')) as DoorConfig;
};

const attributesOf = (resource: Resource, kind: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (resource.Properties[`${kind}Attributes`] as { Key: string; Value: string }[]).map(({ Key, Value }) => [
      Key,
      Value,
    ]),
  );

describe('the network door', () => {
  it('has one TCP listener on 443, and none on another port', () => {
    const listeners = Object.values(resourcesOf(gateway, `${ELB}::Listener`));
    expect(listeners.map(({ Properties }) => [Properties.Port, Properties.Protocol])).toEqual([[443, 'TCP']]);
  });

  it('has no load balancer, web ACL and console of the other way in', () => {
    expect(theResource(gateway, `${ELB}::LoadBalancer`).Properties.Type).toBe('network');
    expect(resourcesOf(gateway, 'AWS::WAFv2::WebACL')).toEqual({});
    expect(resourcesOf(gateway, 'AWS::CertificateManager::Certificate')).toEqual({});
    expect(Object.keys(resourcesOf(gateway, 'AWS::Lambda::Function')).filter((id) => /Console/.test(id))).toEqual([]);
  });

  it('passes on connections with PROXY protocol version 2, and without the address of the caller', () => {
    const group = theResource(gateway, `${ELB}::TargetGroup`);
    expect(attributesOf(group, 'TargetGroup')).toMatchObject({
      'proxy_protocol_v2.enabled': 'true',
      'preserve_client_ip.enabled': 'false',
    });
    expect(group.Properties).toMatchObject({
      TargetType: 'ip',
      Protocol: 'TCP',
      Port: 8443,
      HealthCheckProtocol: 'HTTP',
      HealthCheckPort: '8080',
      HealthCheckPath: '/healthz',
    });
  });

  it('has one Elastic IP address in each zone', () => {
    const ids = Object.keys(resourcesOf(gateway, 'AWS::EC2::EIP'));
    expect(ids).toHaveLength(2);
    const { SubnetMappings } = theResource(gateway, `${ELB}::LoadBalancer`).Properties;
    expect((SubnetMappings as { AllocationId: unknown }[]).map(({ AllocationId }) => AllocationId)).toEqual(
      ids.map((id) => ({ 'Fn::GetAtt': [id, 'AllocationId'] })),
    );
  });

  it('lets connections into the tasks from the load balancer only', () => {
    const groups = resourcesOf(gateway, 'AWS::EC2::SecurityGroup');
    const [tasks] = Object.keys(groups).filter((id) => id.startsWith('DoorBalancerTaskGroup'));
    const [balancer] = Object.keys(groups).filter((id) => id.startsWith('DoorBalancerSecurityGroup'));
    expect(groups[tasks ?? '']?.Properties.SecurityGroupIngress).toBeUndefined();
    const rules = Object.values(resourcesOf(gateway, 'AWS::EC2::SecurityGroupIngress'));
    expect(rules.map(({ Properties }) => [Properties.FromPort, Properties.ToPort]).sort()).toEqual([
      [8080, 8080],
      [8443, 8443],
    ]);
    for (const { Properties } of rules) {
      expect(Properties.GroupId).toEqual({ 'Fn::GetAtt': [tasks, 'GroupId'] });
      expect(Properties.SourceSecurityGroupId).toEqual({ 'Fn::GetAtt': [balancer, 'GroupId'] });
    }
  });

  it('may invoke the aliases of its functions and read its secret, and nothing else', () => {
    const aliases = Object.keys(resourcesOf(gateway, 'AWS::Lambda::Alias')).filter((id) => id.startsWith('Front'));
    expect(aliases).toHaveLength(7);
    expect(statementsOf('DoorServiceTaskRole')).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        Effect: 'Allow',
        Resource: expect.toSatisfy(
          (refs: { Ref: string }[]) =>
            refs
              .map(({ Ref }) => Ref)
              .sort()
              .join() === aliases.sort().join(),
        ),
      },
      {
        Action: 'secretsmanager:GetSecretValue',
        Effect: 'Allow',
        Resource: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:postern/test/door-??????',
      },
    ]);
  });

  it('has an execution role for its image and its log only', () => {
    expect(
      statementsOf('DoorServiceExecutionRole')
        .flatMap(({ Action }) => Action)
        .sort(),
    ).toEqual([
      'ecr:BatchCheckLayerAvailability',
      'ecr:BatchGetImage',
      'ecr:GetAuthorizationToken',
      'ecr:GetDownloadUrlForLayer',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]);
  });

  it('runs on ARM64 with a read-only root, no capabilities, and as a user without a name', () => {
    expect(task.RuntimePlatform).toEqual({ CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' });
    expect(container).toMatchObject({
      ReadonlyRootFilesystem: true,
      User: '65532:65532',
      LinuxParameters: { Capabilities: { Drop: ['ALL'] } },
      StopTimeout: 90,
    });
    expect(theResource(gateway, 'AWS::ECS::Service').Properties.EnableExecuteCommand).toBe(false);
  });

  it('rolls a deployment back if tasks fail, or if the door answers with 503', () => {
    const [alarm] = Object.keys(resourcesOf(gateway, 'AWS::CloudWatch::Alarm')).filter((id) =>
      /DoorUnavailable/.test(id),
    );
    expect(theResource(gateway, 'AWS::ECS::Service').Properties.DeploymentConfiguration).toMatchObject({
      Alarms: { AlarmNames: [{ Ref: alarm }], Enable: true, Rollback: true },
      DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      MinimumHealthyPercent: 100,
    });
  });

  it('has from two to six tasks, by 50 % of CPU time', () => {
    expect(theResource(gateway, 'AWS::ApplicationAutoScaling::ScalableTarget').Properties).toMatchObject({
      MinCapacity: 2,
      MaxCapacity: 6,
    });
    gateway.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: Match.objectLike({ TargetValue: 50 }),
    });
  });

  it('gets its whole configuration in one variable, with the alias of each function', () => {
    const { certificate, functions, host, rules } = config();
    expect(host).toBe('callbacks.example.com');
    expect(certificate).toEqual({ secretId: 'postern/test/door' });
    expect(functions.receive).toEqual({
      arn: expect.stringMatching(/^FrontReceiveAlias/),
      targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/postern-test-receive/door',
      timeoutSeconds: 15,
    });
    for (const rule of rules) expect(functions).toHaveProperty(rule.function);
    expect(container.Environment).toHaveLength(1);
  });

  it('gets the domain when its tasks run', () => {
    const records = Object.values(resourcesOf(gateway, 'AWS::Route53::RecordSet'));
    const [service] = Object.keys(resourcesOf(gateway, 'AWS::ECS::Service'));
    expect(records.map(({ Properties }) => [Properties.Name, Properties.Type])).toEqual([
      ['callbacks.example.com.', 'A'],
      ['callbacks.example.com.', 'AAAA'],
    ]);
    for (const { DependsOn } of records) expect(DependsOn).toContain(service);
  });

  it('says what it does not have', () => {
    const app = anApp(undefined, { context: { ...TEST_CONTEXT, ...NO_ASSETS } });
    const environment = readEnvironment('test', anAwsEnvironment(NETWORK_DOOR));
    const { gateway: stack } = new EnvironmentStacks(app, { environment, bundles: NO_CODE });
    Template.fromStack(stack);
    Annotations.fromStack(stack).hasInfo(
      '*',
      Match.stringLikeRegexp('no AWS WAF, no rule group against denial of service'),
    );
  });
});

describe('the network door with a console', () => {
  it('keeps the console on a load balancer of its own, with rules of the console only', () => {
    const rules = Object.values(resourcesOf(withConsole, `${ELB}::ListenerRule`));
    expect(rules.length).toBeGreaterThan(3);
    for (const { Properties } of rules) {
      const [host, paths] = Properties.Conditions as [object, { PathPatternConfig: { Values: string[] } }];
      expect(host).toMatchObject({ HostHeaderConfig: { Values: ['console.example.com'] } });
      expect(
        paths.PathPatternConfig.Values.filter((path) => !/^\/(console|problems\/(style\.css|icon\.svg)$)/.test(path)),
      ).toEqual([]);
    }
  });

  it('lets forms come from the origin of the console only', () => {
    for (const id of ['FrontConsole', 'FrontReveal']) {
      const [found] = Object.entries(resourcesOf(withConsole, 'AWS::Lambda::Function')).filter(([name]) =>
        name.startsWith(id),
      );
      expect(found?.[1].Properties.Environment).toMatchObject({
        Variables: { CONSOLE_ORIGIN: 'https://console.example.com', POSTERN_ORIGIN: 'https://callbacks.example.com' },
      });
    }
  });

  it('has listeners on 443 only', () => {
    const ports = Object.values(resourcesOf(withConsole, `${ELB}::Listener`)).map(({ Properties }) => Properties.Port);
    expect(ports).toEqual([443, 443]);
  });

  it('protects the load balancers from deletion, and the addresses by Shield Advanced', () => {
    for (const one of Object.values(resourcesOf(withConsole, `${ELB}::LoadBalancer`))) {
      expect(attributesOf(one, 'LoadBalancer')['deletion_protection.enabled']).toBe('true');
    }
    const arns = Object.values(resourcesOf(withConsole, 'AWS::Shield::Protection')).map(({ Properties }) =>
      JSON.stringify(Properties.ResourceArn),
    );
    expect(arns).toHaveLength(3);
    expect(arns.filter((arn) => arn.includes('eip-allocation'))).toHaveLength(2);
  });
});
