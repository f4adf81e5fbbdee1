import type { Template } from 'aws-cdk-lib/assertions';
import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/environment-variables.ts';
import { listenerRules } from '../../lib/edge/listener-rules.ts';
import { aLocalEnvironment, anAwsEnvironment } from '../support/environments.ts';
import { synthesize } from '../support/synthesize.ts';
import { resourcesOf, theResource } from '../support/template.ts';

const ELB = 'AWS::ElasticLoadBalancingV2';

/** Every shape has to keep these promises: nothing of them may depend on where an environment runs. */
describe.each([
  ['on AWS', anAwsEnvironment(), 'callbacks.example.com', 'https://callbacks.example.com'],
  ['on one machine', aLocalEnvironment(), '127.0.0.1', 'http://127.0.0.1:8080'],
])('the gateway %s', (_where, input, host, origin) => {
  let template: Template;
  beforeAll(() => {
    template = synthesize(input).gateway;
  });

  it('listens on HTTPS alone, with a strict policy, and answers 404 itself to what no rule matches', () => {
    const listener = theResource(template, `${ELB}::Listener`);
    expect(listener.Properties).toMatchObject({
      Port: 443,
      Protocol: 'HTTPS',
      SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
    });
  });

  it('opens port 443 and nothing else, and reaches the identity provider', () => {
    const { SecurityGroupIngress, SecurityGroupEgress } = theResource(template, 'AWS::EC2::SecurityGroup').Properties;
    const https = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' };
    expect(SecurityGroupIngress).toEqual([expect.objectContaining(https)]);
    expect(SecurityGroupEgress).toEqual([expect.objectContaining(https)]);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    template.resourceCountIs('AWS::EC2::SecurityGroupEgress', 0);
  });

  it('refuses what clients and servers could read differently, and passes nothing while the web ACL is deaf', () => {
    const { LoadBalancerAttributes } = theResource(template, `${ELB}::LoadBalancer`).Properties;
    const attributes = Object.fromEntries(
      (LoadBalancerAttributes as { Key: string; Value: unknown }[]).map(({ Key, Value }) => [Key, Value]),
    );
    expect(attributes).toMatchObject({
      'routing.http.drop_invalid_header_fields.enabled': 'true',
      'routing.http.desync_mitigation_mode': 'strictest',
      'routing.http.xff_header_processing.mode': 'append',
      'waf.fail_open.enabled': 'false',
      'access_logs.s3.enabled': 'true',
    });
    expect(attributes).not.toHaveProperty('health_check_logs.s3.enabled');
    expect(attributes['access_logs.s3.bucket']).toEqual({ Ref: theResource(template, 'AWS::S3::Bucket').id });
  });

  it('keeps access logs, which hold callback URLs, away from everybody', () => {
    expect(theResource(template, 'AWS::S3::Bucket').Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 90, Status: 'Enabled' }] },
    });
  });

  it('has a rule for every one that the routes ask for, in their order, for one host', () => {
    const rules = Object.values(resourcesOf(template, `${ELB}::ListenerRule`)).sort(
      (a, b) => Number(a.Properties.Priority) - Number(b.Properties.Priority),
    );
    expect(rules.map(({ Properties }) => Properties.Conditions)).toEqual(
      listenerRules().map(({ paths, methods }) => [
        { Field: 'host-header', HostHeaderConfig: { Values: [host] } },
        { Field: 'path-pattern', PathPatternConfig: { Values: paths } },
        ...(methods ? [{ Field: 'http-request-method', HttpRequestMethodConfig: { Values: methods } }] : []),
      ]),
    );
    expect(new Set(rules.map(({ Properties }) => Properties.Priority)).size).toBe(rules.length);
  });

  it('forwards each rule to the function it is for', () => {
    const rules = Object.values(resourcesOf(template, `${ELB}::ListenerRule`)).sort(
      (a, b) => Number(a.Properties.Priority) - Number(b.Properties.Priority),
    );
    const groups = resourcesOf(template, `${ELB}::TargetGroup`);
    const functions = resourcesOf(template, 'AWS::Lambda::Function');
    const reached = rules.map(({ Properties }) => {
      const forward = (Properties.Actions as { Type: string; TargetGroupArn: { Ref: string } }[]).at(-1);
      expect(forward?.Type).toBe('forward');
      const targets = groups[forward?.TargetGroupArn.Ref ?? '']?.Properties.Targets as {
        Id: { 'Fn::GetAtt': [string, 'Arn'] };
      }[];
      const variables = functions[targets[0]?.Id['Fn::GetAtt'][0] ?? '']?.Properties.Environment as {
        Variables: object;
      };
      return Object.keys(variables.Variables).sort();
    });
    expect(reached).toEqual(listenerRules().map((rule) => [...ENVIRONMENT_VARIABLES[rule.function]].sort()));
  });

  it('C3 asks the load balancer to check issuer and audience of access tokens on every sender rule', () => {
    const actions = actionsOf(template, 'jwt-validation');
    expect(actions).toHaveLength(listenerRules().filter(({ check }) => check === 'access-token').length);
    for (const action of actions) {
      expect(action).toMatchObject({
        Order: 1,
        JwtValidationConfig: {
          Issuer: input.identityProvider.issuer,
          JwksEndpoint: input.identityProvider.jwksUri,
          AdditionalClaims: [{ Name: 'aud', Format: 'single-string', Values: [origin] }],
        },
      });
    }
  });

  it('sends operators without a session to the identity provider, with a secret that is not in the template', () => {
    expect(actionsOf(template, 'authenticate-oidc')).toEqual([
      {
        Type: 'authenticate-oidc',
        Order: 1,
        AuthenticateOidcConfig: {
          Issuer: input.identityProvider.issuer,
          AuthorizationEndpoint: input.identityProvider.authorizationEndpoint,
          TokenEndpoint: input.identityProvider.tokenEndpoint,
          UserInfoEndpoint: input.identityProvider.userInfoEndpoint,
          ClientId: 'postern-console',
          ClientSecret: '{{resolve:secretsmanager:postern/test/console-client:SecretString:clientSecret::}}',
          Scope: 'openid profile',
          OnUnauthenticatedRequest: 'authenticate',
          SessionCookieName: 'AWSELBAuthSessionCookie',
          SessionTimeout: 28_800,
        },
      },
    ]);
  });

  it('delivers every line of a repeated header', () => {
    for (const { Properties } of Object.values(resourcesOf(template, `${ELB}::TargetGroup`))) {
      expect(Properties.TargetType).toBe('lambda');
      expect(Properties.TargetGroupAttributes).toContainEqual({
        Key: 'lambda.multi_value_headers.enabled',
        Value: 'true',
      });
    }
  });

  it('O4 lets each function be invoked by its own target group, made after the permission, and by nobody else', () => {
    const permissions = resourcesOf(template, 'AWS::Lambda::Permission');
    const groups = Object.values(resourcesOf(template, `${ELB}::TargetGroup`));
    expect(Object.keys(permissions)).toHaveLength(groups.length);
    for (const { Properties, DependsOn = [] } of groups) {
      const permission = permissions[DependsOn[0] ?? '']?.Properties;
      const [target] = Properties.Targets as [{ Id: unknown }];
      expect(permission).toEqual({
        Action: 'lambda:InvokeFunction',
        FunctionName: target.Id,
        Principal: 'elasticloadbalancing.amazonaws.com',
        SourceAccount: '123456789012',
        SourceArn: `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${Properties.Name}/*`,
      });
    }
  });

  it('runs functions on one runtime, each with a log of its own, without tracing, and with exactly its variables', () => {
    const functions = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).filter(
      ({ Properties }) => Properties.Environment !== undefined,
    );
    const variables = functions.map(({ Properties }) =>
      Object.keys((Properties.Environment as { Variables: object }).Variables),
    );
    expect(variables.sort()).toEqual(
      Object.values(ENVIRONMENT_VARIABLES)
        .map((keys) => [...keys])
        .sort(),
    );
    const logs = functions.map(({ Properties }) => Properties.LoggingConfig as { LogGroup: { Ref: string } });
    expect(new Set(logs.map(({ LogGroup }) => LogGroup.Ref)).size).toBe(functions.length);
    for (const { Properties } of functions) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON' },
      });
      expect(Properties).not.toHaveProperty('TracingConfig');
    }
    for (const { Properties } of Object.values(resourcesOf(template, 'AWS::Logs::LogGroup'))) {
      expect(Properties.RetentionInDays).toBe(90);
    }
  });

  it('feeds the publisher in order per task, and lays aside what cannot be published', () => {
    const queue = theResource(template, 'AWS::SQS::Queue');
    expect(theResource(template, 'AWS::Lambda::EventSourceMapping').Properties).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      ParallelizationFactor: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 5,
      MaximumRecordAgeInSeconds: 82_800,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queue.id, 'Arn'] } } },
      EventSourceArn: { 'Fn::ImportValue': expect.stringContaining('StreamArn') },
    });
    expect(queue.Properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 });
  });

  it('puts the web ACL before the load balancer and keeps no sampled request, which no redaction reaches', () => {
    const webAcl = theResource(template, 'AWS::WAFv2::WebACL');
    template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', {
      ResourceArn: { Ref: theResource(template, `${ELB}::LoadBalancer`).id },
      WebACLArn: { 'Fn::GetAtt': [webAcl.id, 'Arn'] },
    });
    expect(JSON.stringify(webAcl.Properties)).not.toContain('"SampledRequestsEnabled":true');
  });

  it('O1 redacts path, query and credentials in the log of the web ACL', () => {
    template.hasResourceProperties('AWS::WAFv2::LoggingConfiguration', {
      RedactedFields: [
        { UriPath: {} },
        { QueryString: {} },
        { SingleHeader: { Name: 'authorization' } },
        { SingleHeader: { Name: 'callback-token' } },
        { SingleHeader: { Name: 'cookie' } },
      ],
      LogDestinationConfigs: [Match.anyValue()],
    });
  });

  it('keeps functions out of the network, so that nothing translates addresses', () => {
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    for (const { Properties } of Object.values(resourcesOf(template, 'AWS::Lambda::Function'))) {
      expect(Properties).not.toHaveProperty('VpcConfig');
    }
  });

  it('refers to the state by exports, which CloudFormation keeps as long as they are used', () => {
    const text = JSON.stringify(template.toJSON());
    expect(text).toContain('Fn::ImportValue');
    expect(text).not.toContain('Fn::GetStackOutput');
  });
});

const actionsOf = (template: Template, type: string): readonly unknown[] =>
  Object.values(resourcesOf(template, `${ELB}::ListenerRule`))
    .flatMap(({ Properties }) => Properties.Actions as { Type: string }[])
    .filter((action) => action.Type === type);

describe('what an environment switches', () => {
  const protection = (template: Template) =>
    (theResource(template, `${ELB}::LoadBalancer`).Properties.LoadBalancerAttributes as { Key: string }[]).find(
      ({ Key }) => Key === 'deletion_protection.enabled',
    );

  it('protected: the load balancer cannot be deleted, and logs stay', () => {
    expect(protection(synthesize(anAwsEnvironment({ protected: true })).gateway)).toMatchObject({ Value: 'true' });
    expect(protection(synthesize(anAwsEnvironment()).gateway)).toMatchObject({ Value: 'false' });
  });

  it('shield: Shield Advanced where it is subscribed, no resource of it elsewhere', () => {
    const advanced = synthesize(anAwsEnvironment({ shield: { advanced: true, subscribed: true } })).gateway;
    advanced.hasResourceProperties('AWS::Shield::Protection', {
      ResourceArn: { Ref: theResource(advanced, `${ELB}::LoadBalancer`).id },
    });
    synthesize(anAwsEnvironment()).gateway.resourceCountIs('AWS::Shield::Protection', 0);
  });

  it('hostedZone: certificate and address are made there', () => {
    const { gateway } = synthesize(
      anAwsEnvironment({ certificateArn: undefined, hostedZone: { id: 'Z1234567890', name: 'example.com' } }),
    );
    gateway.hasResourceProperties('AWS::CertificateManager::Certificate', {
      DomainName: 'callbacks.example.com',
      ValidationMethod: 'DNS',
      DomainValidationOptions: [{ DomainName: 'callbacks.example.com', HostedZoneId: 'Z1234567890' }],
    });
    gateway.hasResourceProperties('AWS::Route53::RecordSet', {
      Name: 'callbacks.example.com.',
      HostedZoneId: 'Z1234567890',
      Type: 'A',
    });
    const given = synthesize(anAwsEnvironment()).gateway;
    given.resourceCountIs('AWS::CertificateManager::Certificate', 0);
    given.resourceCountIs('AWS::Route53::RecordSet', 0);
  });

  it('alarmTopicArn: alarms go there', () => {
    const topic = 'arn:aws:sns:eu-west-1:123456789012:alarms';
    const { gateway } = synthesize(anAwsEnvironment({ alarmTopicArn: topic }));
    for (const { Properties } of Object.values(resourcesOf(gateway, 'AWS::CloudWatch::Alarm'))) {
      expect(Properties.AlarmActions).toEqual([topic]);
    }
  });
});
