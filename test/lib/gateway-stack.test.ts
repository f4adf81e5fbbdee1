import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Duration, Size } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { AWS_IAM, COGNITO, ENTRA_ID, KEYCLOAK } from '../../lambda/contract/access-token-profile.ts';
import type { Variable } from '../../lambda/contract/variable-kinds.ts';
import {
  DISPATCHING_FUNCTIONS,
  ENVIRONMENT_VARIABLES,
  type FunctionName,
  RESUMING_FUNCTIONS,
} from '../../lambda/contract/variables.ts';
import { listenerRules } from '../../lib/edge/listener-rules.ts';
import { aLocalEnvironment, anAwsEnvironment } from '../support/environments.ts';
import { synthesize } from '../support/synthesize.ts';
import { resourcesOf, theResource } from '../support/template.ts';

const ELB = 'AWS::ElasticLoadBalancingV2';

const RUNBOOK = readFileSync(new URL('../../docs/operate/runbook.md', import.meta.url), 'utf8');

/** Load balancer attributes that the installed CDK knows, from its documentation of the property. */
const KNOWN_ATTRIBUTES = (() => {
  const types = createRequire(import.meta.url).resolve('aws-cdk-lib/aws-elasticloadbalancingv2');
  const declared = readFileSync(join(dirname(types), 'lib/elasticloadbalancingv2.generated.d.ts'), 'utf8');
  const [, property = ''] = declared.split('interface LoadBalancerAttributeProperty {');
  const [ofAll = ''] = property.split('supported by only Network Load Balancers');
  return [...ofAll.matchAll(/^ *\* - `([\w.]+)` - /gm)].map(([, name = '']) => name);
})();

/** Names of the variables of a function. Few environments have those that are left out. */
const namesOfVariables = (name: FunctionName): readonly string[] =>
  Object.entries(ENVIRONMENT_VARIABLES[name] as Readonly<Record<string, Variable<unknown>>>)
    .filter(([, { isLeftOut }]) => isLeftOut !== true)
    .map(([variable]) => variable)
    .sort();

/** The gateway must meet these expectations in every kind of environment. */
describe.each([
  ['on AWS', anAwsEnvironment(), 'callbacks.example.com', 'https://callbacks.example.com'],
  ['on one machine', aLocalEnvironment(), '127.0.0.1', 'http://127.0.0.1:8080'],
])('the gateway %s', (_where, input, host, origin) => {
  let template: Template;
  let stateOutputs: object;
  beforeAll(() => {
    const { gateway, state } = synthesize(input);
    template = gateway;
    stateOutputs = state.findOutputs('*');
  });

  it('listens on HTTPS only, with a strict policy, and answers 404 if no rule matches', () => {
    const listener = theResource(template, `${ELB}::Listener`);
    expect(listener.Properties).toMatchObject({
      Port: 443,
      Protocol: 'HTTPS',
      SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
    });
  });

  it('makes browsers use TLS only, and omits the Server header', () => {
    expect(theResource(template, `${ELB}::Listener`).Properties.ListenerAttributes).toEqual([
      { Key: 'routing.http.response.strict_transport_security.header_value', Value: 'max-age=63072000' },
      { Key: 'routing.http.response.server.enabled', Value: 'false' },
    ]);
  });

  it('opens only port 443, and reaches the identity provider', () => {
    const { SecurityGroupIngress, SecurityGroupEgress } = theResource(template, 'AWS::EC2::SecurityGroup').Properties;
    const https = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 };
    const anywhere = [
      expect.objectContaining({ ...https, CidrIp: '0.0.0.0/0' }),
      expect.objectContaining({ ...https, CidrIpv6: '::/0' }),
    ];
    expect(SecurityGroupIngress).toEqual(anywhere);
    expect(SecurityGroupEgress).toEqual(anywhere);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    template.resourceCountIs('AWS::EC2::SecurityGroupEgress', 0);
  });

  it('refuses ambiguous requests, and refuses all if the web ACL does not answer', () => {
    const { LoadBalancerAttributes } = theResource(template, `${ELB}::LoadBalancer`).Properties;
    const attributes = Object.fromEntries(
      (LoadBalancerAttributes as { Key: string; Value: unknown }[]).map(({ Key, Value }) => [Key, Value]),
    );
    expect(attributes).toMatchObject({
      'routing.http.drop_invalid_header_fields.enabled': 'true',
      'routing.http.desync_mitigation_mode': 'strictest',
      'routing.http.xff_header_processing.mode': 'append',
      'routing.http.xff_client_port.enabled': 'false',
      'routing.http.preserve_host_header.enabled': 'true',
      'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': 'false',
      'waf.fail_open.enabled': 'false',
    });
  });

  it('states the value of every attribute except two that it cannot choose', () => {
    const { LoadBalancerAttributes } = theResource(template, `${ELB}::LoadBalancer`).Properties;
    const stated = (LoadBalancerAttributes as { Key: string }[]).map(({ Key }) => Key);
    expect(
      [
        ...stated,
        // This attribute is true and cannot be changed.
        'load_balancing.cross_zone.enabled',
        // This attribute belongs to internal load balancers.
        'ipv6.deny_all_igw_traffic',
      ].sort(),
    ).toEqual([...KNOWN_ATTRIBUTES].sort());
    expect(LoadBalancerAttributes).toContainEqual({ Key: 'client_keep_alive.seconds', Value: '300' });
    expect(LoadBalancerAttributes).toContainEqual({ Key: 'zonal_shift.config.enabled', Value: 'true' });
  });

  it('has IPv4 and IPv6 addresses, in subnets with both', () => {
    expect(theResource(template, `${ELB}::LoadBalancer`).Properties.IpAddressType).toBe('dualstack');
    const { id: vpc } = theResource(template, 'AWS::EC2::VPC');
    expect(theResource(template, 'AWS::EC2::VPCCidrBlock').Properties).toMatchObject({
      AmazonProvidedIpv6CidrBlock: true,
      VpcId: { Ref: vpc },
    });
    const subnets = Object.values(resourcesOf(template, 'AWS::EC2::Subnet'));
    expect(subnets.length).toBeGreaterThanOrEqual(2);
    for (const { Properties } of subnets) expect(Properties).toHaveProperty('Ipv6CidrBlock');
    const routes = Object.values(resourcesOf(template, 'AWS::EC2::Route'));
    const out = routes.filter(({ Properties }) => Properties.DestinationIpv6CidrBlock === '::/0');
    expect(out).toHaveLength(subnets.length);
  });

  it('writes all logs to one bucket, which only load balancers of this account may use', () => {
    const { Properties, DependsOn } = theResource(template, `${ELB}::LoadBalancer`);
    const attributes = Properties.LoadBalancerAttributes as { Key: string; Value: unknown }[];
    const attribute = (key: string) => attributes.find(({ Key }) => Key === key)?.Value;
    const { id: bucket } = theResource(template, 'AWS::S3::Bucket');
    const kinds = { access_logs: 'access', connection_logs: 'connections', health_check_logs: 'health-checks' };
    for (const [kind, folder] of Object.entries(kinds)) {
      expect(attribute(`${kind}.s3.enabled`)).toBe('true');
      expect(attribute(`${kind}.s3.bucket`)).toEqual({ Ref: bucket });
      expect(attribute(`${kind}.s3.prefix`)).toBe(folder);
    }
    const policy = theResource(template, 'AWS::S3::BucketPolicy');
    const { Statement } = policy.Properties.PolicyDocument as { Statement: { Effect: string }[] };
    const account = input.account;
    expect(Statement.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
        Action: 's3:PutObject',
        Resource: Object.values(kinds).map((folder) => ({
          'Fn::Join': ['', [{ 'Fn::GetAtt': [bucket, 'Arn'] }, `/${folder}/AWSLogs/${account}/*`]],
        })),
      },
    ]);
    expect(DependsOn).toContain(policy.id);
  });

  it('lets only functions and data operators read its logs, which contain tokens in URLs', () => {
    const { PolicyDocument } = theResource(template, 'AWS::S3::BucketPolicy').Properties;
    const { id: bucket } = theResource(template, 'AWS::S3::Bucket');
    const name = input.runsOn === 'aws' ? 'test' : 'local';
    expect((PolicyDocument as { Statement: unknown[] }).Statement).toContainEqual({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      // The statement does not deny writing: the load balancer has no role.
      Action: 's3:GetObject*',
      Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [bucket, 'Arn'] }, '/*']] },
      Condition: { ArnNotLike: { 'aws:PrincipalArn': [`arn:aws:iam::123456789012:role/postern/${name}/*`] } },
    });
    // Replication reads logs too, and would write them to a bucket without such a policy.
    expect((PolicyDocument as { Statement: unknown[] }).Statement).toContainEqual({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:PutReplicationConfiguration',
      Resource: { 'Fn::GetAtt': [bucket, 'Arn'] },
      Condition: { ArnNotLike: { 'aws:PrincipalArn': [`arn:aws:iam::123456789012:role/postern/${name}/*`] } },
    });
  });

  it('keeps its logs private and for a short time, because they contain callback URLs', () => {
    expect(theResource(template, 'AWS::S3::Bucket').Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 30, Status: 'Enabled' }] },
    });
  });

  it('has all rules of the routes, in their order, for one host', () => {
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

  const live = (path: string) => ({ Ref: theOne(template, 'AWS::Lambda::Alias', path).id });

  it('forwards each rule to its function', () => {
    const rules = Object.values(resourcesOf(template, `${ELB}::ListenerRule`)).sort(
      (a, b) => Number(a.Properties.Priority) - Number(b.Properties.Priority),
    );
    const groups = resourcesOf(template, `${ELB}::TargetGroup`);
    const functions = resourcesOf(template, 'AWS::Lambda::Function');
    const aliases = resourcesOf(template, 'AWS::Lambda::Alias');
    const reached = rules.map(({ Properties }) => {
      const forward = (Properties.Actions as { Type: string; TargetGroupArn: { Ref: string } }[]).at(-1);
      expect(forward?.Type).toBe('forward');
      const targets = groups[forward?.TargetGroupArn.Ref ?? '']?.Properties.Targets as {
        Id: { Ref: string };
      }[];
      const { FunctionName } = aliases[targets[0]?.Id.Ref ?? '']?.Properties ?? {};
      const variables = functions[(FunctionName as { Ref: string }).Ref]?.Properties.Environment as {
        Variables: object;
      };
      return Object.keys(variables.Variables).sort();
    });
    expect(reached).toEqual(listenerRules().map((rule) => namesOfVariables(rule.function)));
  });

  it('C3 makes the load balancer check issuer and audience on every sender rule', () => {
    const actions = actionsOf(template, 'jwt-validation');
    expect(actions).toHaveLength(listenerRules().filter(({ check }) => check.endsWith('-access-token')).length);
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

  it('redirects operators to sign in, with a client secret outside the template', () => {
    const ways = ['deny', 'deny', 'authenticate', 'deny'];
    expect(actionsOf(template, 'authenticate-oidc')).toEqual(
      ways.map((OnUnauthenticatedRequest) => ({
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
          OnUnauthenticatedRequest,
          SessionCookieName: 'AWSELBAuthSessionCookie',
          SessionTimeout: 28_800,
        },
      })),
    );
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

  it('O4 lets only its target group invoke a function, created after the permission', () => {
    const permissions = Object.fromEntries(
      Object.entries(resourcesOf(template, 'AWS::Lambda::Permission')).filter(
        ([, { Properties }]) => Properties.Principal === 'elasticloadbalancing.amazonaws.com',
      ),
    );
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

  it('gives functions one runtime, their own log, no tracing, and exactly their variables', () => {
    const functions = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).filter(
      ({ Properties }) => Properties.Environment !== undefined,
    );
    const variables = functions.map(({ Properties }) =>
      Object.keys((Properties.Environment as { Variables: object }).Variables).sort(),
    );
    expect(variables.sort()).toEqual(
      Object.entries(ENVIRONMENT_VARIABLES)
        .filter(([name]) => !['rotate-signing-key', ...RESUMING_FUNCTIONS, ...DISPATCHING_FUNCTIONS].includes(name))
        .map(([name]) => namesOfVariables(name as FunctionName))
        .sort(),
    );
    const logs = functions.map(({ Properties }) => Properties.LoggingConfig as { LogGroup: { Ref: string } });
    expect(new Set(logs.map(({ LogGroup }) => LogGroup.Ref)).size).toBe(functions.length);
    for (const { Properties } of functions) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN' },
      });
      expect(Properties).not.toHaveProperty('TracingConfig');
    }
    for (const { Properties } of Object.values(resourcesOf(template, 'AWS::Logs::LogGroup'))) {
      expect(Properties.RetentionInDays).toBe(90);
    }
    // The log group of the web ACL is among them.
    for (const { Properties } of Object.values(resourcesOf(template, 'AWS::Logs::LogGroup'))) {
      expect(Properties.KmsKeyId).toEqual({ 'Fn::ImportValue': expect.stringContaining('LogKey') });
    }
  });

  it('feeds the publisher in order per task with unlimited retries until a change is too old', () => {
    const mappings = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping'));
    for (const { Properties } of mappings) {
      expect(Properties).toMatchObject({
        StartingPosition: 'TRIM_HORIZON',
        ParallelizationFactor: 1,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        BisectBatchOnFunctionError: true,
        MaximumRetryAttempts: -1,
        MaximumRecordAgeInSeconds: 82_800,
        DestinationConfig: {
          OnFailure: { Destination: arnOf(theOne(template, 'AWS::SQS::Queue', 'BackgroundChanges').id) },
        },
      });
    }
    expect(mappings.map(({ Properties }) => Properties.EventSourceArn)).toEqual(
      ['Tasks', 'Audit'].map((table) => ({
        'Fn::ImportValue': expect.stringMatching(new RegExp(`GetAtt${table}\\w{8}StreamArn`)),
      })),
    );
  });

  it('gives the publisher the same dead-letter queue as its mapping', () => {
    expect(theOne(template, 'AWS::Lambda::Function', 'BackgroundPublish').Properties.Environment).toMatchObject({
      Variables: { DEAD_LETTER_QUEUE_URL: { Ref: theOne(template, 'AWS::SQS::Queue', 'BackgroundChanges').id } },
    });
  });

  it('keeps dead letters for two weeks, encrypted, over TLS only', () => {
    const queues = resourcesOf(template, 'AWS::SQS::Queue');
    expect(Object.keys(queues)).toHaveLength(4);
    const policies = Object.values(resourcesOf(template, 'AWS::SQS::QueuePolicy'));
    for (const [id, { Properties }] of Object.entries(queues)) {
      expect(Properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 });
      const policy = policies.find((one) => JSON.stringify(one.Properties.Queues) === JSON.stringify([{ Ref: id }]));
      expect(policy?.Properties.PolicyDocument).toMatchObject({
        Statement: expect.arrayContaining([
          expect.objectContaining({
            Effect: 'Deny',
            Action: 'sqs:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]),
      });
    }
  });

  it('expires tasks every minute, in a run that ends before the next one begins', () => {
    const expire = theOne(template, 'AWS::Lambda::Function', 'BackgroundExpire');
    const queue = theOne(template, 'AWS::SQS::Queue', 'BackgroundExpiry');
    const role = theOne(template, 'AWS::IAM::Role', 'BackgroundExpiryRole');
    const schedule = theOne(template, 'AWS::Scheduler::Schedule', 'BackgroundExpiry');
    expect(schedule.Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: live('BackgroundExpire'),
        RoleArn: arnOf(role.id),
        RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 1 },
        DeadLetterConfig: { Arn: arnOf(queue.id) },
      },
    });
    expect(schedule.Properties).not.toHaveProperty('State');
    expect(expire.Properties.Timeout).toBeLessThan(60);
    // Lambda accepts the call at once. Lambda itself then retries a failed call and sends it to the dead-letter queue.
    expect(theOne(template, 'AWS::Lambda::EventInvokeConfig', 'BackgroundExpiry').Properties).toMatchObject({
      FunctionName: { Ref: expire.id },
      Qualifier: 'live',
      MaximumRetryAttempts: 1,
      MaximumEventAgeInSeconds: 300,
      DestinationConfig: { OnFailure: { Destination: arnOf(queue.id) } },
    });
  });

  it('continues bulk revocations every minute', () => {
    const revoke = theOne(template, 'AWS::Lambda::Function', 'BackgroundRevoke');
    const queue = theOne(template, 'AWS::SQS::Queue', 'BackgroundRevocations');
    const schedule = theOne(template, 'AWS::Scheduler::Schedule', 'BackgroundRevocations');
    expect(schedule.Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      Target: { Arn: live('BackgroundRevoke'), DeadLetterConfig: { Arn: arnOf(queue.id) } },
    });
    expect(revoke.Properties.Timeout).toBe(900);
    expect(theOne(template, 'AWS::Lambda::EventInvokeConfig', 'BackgroundRevocations').Properties).toMatchObject({
      FunctionName: { Ref: revoke.id },
      DestinationConfig: { OnFailure: { Destination: arnOf(queue.id) } },
    });
  });

  it('sets failure destinations after the permission, because Lambda checks it', () => {
    const configs = Object.values(resourcesOf(template, 'AWS::Lambda::EventInvokeConfig'));
    expect(configs).toHaveLength(4);
    for (const { DependsOn = [] } of configs) {
      expect(DependsOn).toContainEqual(
        expect.stringMatching(/^Background(Expire|Arrive|Revoke|Redrive)RoleDefaultPolicy/),
      );
      expect(DependsOn).toContainEqual(expect.stringMatching(/^Background(Expire|Arrive|Revoke|Redrive)Alias/));
    }
  });

  it('gives every function with asynchronous calls a failure destination, except redrive', () => {
    const destinations = Object.entries(resourcesOf(template, 'AWS::Lambda::EventInvokeConfig')).map(
      ([id, { Properties }]) => [id.replace(/\w{8}$/, ''), Properties.DestinationConfig !== undefined],
    );
    expect(Object.fromEntries(destinations)).toEqual({
      BackgroundArrivalsCalls: true,
      BackgroundExpiryCalls: true,
      BackgroundRedriveCalls: false,
      BackgroundRevocationsCalls: true,
    });
  });

  it('O4 lets only schedules of this account invoke expire and send dead letters', () => {
    const role = theOne(template, 'AWS::IAM::Role', 'BackgroundExpiryRole');
    const account = input.account;
    expect(role.Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: {
            StringEquals: {
              'aws:SourceAccount': account,
              'aws:SourceArn': `arn:aws:scheduler:eu-west-1:${account}:schedule-group/default`,
            },
          },
        },
      ],
    });
    const { PolicyDocument } = theOne(template, 'AWS::IAM::Policy', 'BackgroundExpiryRole').Properties;
    expect((PolicyDocument as { Statement: unknown }).Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Resource: live('BackgroundExpire'),
      },
      {
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: arnOf(theOne(template, 'AWS::SQS::Queue', 'BackgroundExpiry').id),
      },
    ]);
  });

  it('reacts only to uploads in its own bucket', () => {
    const arrive = theOne(template, 'AWS::Lambda::Function', 'BackgroundArrive');
    const queue = theOne(template, 'AWS::SQS::Queue', 'BackgroundArrivals');
    const rule = theResource(template, 'AWS::Events::Rule');
    expect(rule.Properties).toMatchObject({
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: {
          bucket: { name: [{ 'Fn::ImportValue': expect.stringMatching(/OutputRefPayloads/) }] },
          object: { key: [{ prefix: 'uploads/' }] },
        },
      },
      Targets: [
        {
          Arn: live('BackgroundArrive'),
          DeadLetterConfig: { Arn: arnOf(queue.id) },
          RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
        },
      ],
    });
    // The rule is on the default bus, the only one that S3 uses. A rule without a state is enabled.
    expect(rule.Properties).not.toHaveProperty('EventBusName');
    expect(rule.Properties).not.toHaveProperty('State');
    expect(theOne(template, 'AWS::Lambda::EventInvokeConfig', 'BackgroundArrivals').Properties).toMatchObject({
      FunctionName: { Ref: arrive.id },
      Qualifier: 'live',
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
      DestinationConfig: { OnFailure: { Destination: arnOf(queue.id) } },
    });
  });

  it('O4 lets only that rule invoke the function and send dead letters', () => {
    const rule = theResource(template, 'AWS::Events::Rule');
    const permissions = Object.values(resourcesOf(template, 'AWS::Lambda::Permission')).filter(
      ({ Properties }) => Properties.Principal === 'events.amazonaws.com',
    );
    expect(permissions.map(({ Properties }) => Properties)).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: live('BackgroundArrive'),
        Principal: 'events.amazonaws.com',
        SourceArn: arnOf(rule.id),
        SourceAccount: input.account,
      },
    ]);
    const policy = theOne(template, 'AWS::SQS::QueuePolicy', 'BackgroundArrivals').Properties.PolicyDocument;
    expect(
      (policy as { Statement: { Effect: string }[] }).Statement.filter(({ Effect }) => Effect === 'Allow'),
    ).toEqual([
      expect.objectContaining({
        Action: 'sqs:SendMessage',
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { ArnEquals: { 'aws:SourceArn': arnOf(rule.id) } },
      }),
    ]);
  });

  it('associates the web ACL, without sampled requests, which are never redacted', () => {
    const webAcl = theResource(template, 'AWS::WAFv2::WebACL');
    template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', {
      ResourceArn: { Ref: theResource(template, `${ELB}::LoadBalancer`).id },
      WebACLArn: { 'Fn::GetAtt': [webAcl.id, 'Arn'] },
    });
    expect(JSON.stringify(webAcl.Properties)).not.toContain('"SampledRequestsEnabled":true');
  });

  it('O1 hides credentials, queries and bodies wherever the web ACL shows a request', () => {
    const { DataProtectionConfig } = theResource(template, 'AWS::WAFv2::WebACL').Properties;
    const hidden = (DataProtectionConfig as { DataProtections: readonly object[] }).DataProtections;
    expect(hidden).toEqual(
      [
        { FieldType: 'SINGLE_HEADER', FieldKeys: ['authorization', 'callback-token', 'cookie'] },
        {
          FieldType: 'SINGLE_COOKIE',
          FieldKeys: [
            'AWSELBAuthSessionCookie-0',
            'AWSELBAuthSessionCookie-1',
            'AWSELBAuthSessionCookie-2',
            'AWSELBAuthSessionCookie-3',
            'AWSALBAuthNonce',
            '__Host-postern-console',
          ],
        },
        { FieldType: 'QUERY_STRING' },
        { FieldType: 'SINGLE_QUERY_ARGUMENT', FieldKeys: ['code', 'state'] },
        { FieldType: 'BODY' },
      ].map((Field) => ({
        Field,
        Action: 'SUBSTITUTION',
        ExcludeRuleMatchDetails: false,
        ExcludeRateBasedDetails: false,
      })),
    );
  });

  it('O1 names the hidden fields for single kinds, and no fields for whole kinds', () => {
    // AWS WAF refuses single kinds without keys and whole kinds with keys.
    const { DataProtectionConfig } = theResource(template, 'AWS::WAFv2::WebACL').Properties;
    const { DataProtections } = DataProtectionConfig as {
      DataProtections: readonly { Field: { FieldType: string; FieldKeys?: readonly string[] } }[];
    };
    for (const { Field } of DataProtections) {
      const { FieldKeys = [], FieldType } = Field;
      expect([FieldType, FieldKeys.length > 0]).toEqual([FieldType, FieldType.startsWith('SINGLE_')]);
    }
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

  it('outputs the names that the runbook needs, each with a description', () => {
    const outputs = template.findOutputs('*') as Record<string, { Value: unknown; Description?: string }>;
    for (const [name, construct] of [
      ['Publish', 'BackgroundChanges'],
      ['Expire', 'BackgroundExpiry'],
      ['CompleteUpload', 'BackgroundArrivals'],
      ['RevokeCallbacks', 'BackgroundRevocations'],
    ] as const) {
      const { id } = theOne(template, 'AWS::SQS::Queue', construct);
      expect(outputs[`${name}DeadLettersUrl`]?.Value).toEqual({ Ref: id });
    }
    for (const [name, construct] of [
      ['Receive', 'FrontReceive'],
      ['CreateTask', 'FrontOpen'],
      ['Tasks', 'FrontTasks'],
      ['Metadata', 'FrontDescribe'],
      ['Console', 'FrontConsole'],
      ['Handshake', 'FrontHandshake'],
      ['Publish', 'BackgroundPublish'],
      ['Expire', 'BackgroundExpire'],
      ['CompleteUpload', 'BackgroundArrive'],
      ['RevokeCallbacks', 'BackgroundRevoke'],
      ['Redrive', 'BackgroundRedrive'],
    ] as const) {
      const { id } = theOne(template, 'AWS::Lambda::Function', construct);
      expect(outputs[`${name}FunctionName`]?.Value).toEqual({ Ref: id });
      const [logGroup] = Object.keys(resourcesOf(template, 'AWS::Logs::LogGroup')).filter((one) =>
        one.startsWith(`${construct}Log`),
      );
      expect(outputs[`${name}LogGroupName`]?.Value).toEqual({ Ref: logGroup });
    }
    expect(Object.keys(outputs).filter((name) => name.endsWith('LogGroupName'))).toHaveLength(13);
    expect(Object.keys(outputs).filter((name) => name.endsWith('FunctionName'))).toHaveLength(13);
    expect(outputs.LoadBalancerArn?.Value).toEqual({ Ref: theResource(template, `${ELB}::LoadBalancer`).id });
    const asked = [...RUNBOOK.matchAll(/\$\(out (\w+)( State)?\)/g)];
    expect(asked.length).toBeGreaterThan(3);
    for (const [, name = '', stack] of asked) {
      // These outputs exist only with PrivateLink (`edge/ingress.test.ts`), with the network door (`edge/door/network-door.test.ts`), with workflows (`events/workflow-resumption.test.ts`), with
      // dispatch (`events/dispatching.test.ts`) or with rotating signing keys.
      if (
        ['PrivateLinkLoadBalancerArn', 'OutcomeQueueUrl', 'DispatchFunctionName'].includes(name) ||
        name.startsWith('RotateSigningKey') ||
        name.startsWith('Door')
      )
        continue;
      expect([name, Object.keys(stack === undefined ? outputs : stateOutputs)]).toEqual([
        name,
        expect.arrayContaining([name]),
      ]);
    }
    expect(outputs).toMatchObject({ Origin: { Value: origin }, LoadBalancerName: {}, EventBusName: {} });
    for (const [name, { Description }] of Object.entries(outputs)) expect([name, Description]).not.toContain(undefined);
  });

  it('keeps functions out of the VPC, which needs no NAT gateway', () => {
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    for (const { Properties } of Object.values(resourcesOf(template, 'AWS::Lambda::Function'))) {
      expect(Properties).not.toHaveProperty('VpcConfig');
    }
  });

  it('refers to State by exports, which CloudFormation keeps while they are used', () => {
    const text = JSON.stringify(template.toJSON());
    expect(text).toContain('Fn::ImportValue');
    expect(text).not.toContain('Fn::GetStackOutput');
  });
});

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

/** Finds the only resource of a type whose logical id begins with this text. */
const theOne = (template: Template, type: string, prefix: string) => {
  const found = Object.entries(resourcesOf(template, type)).filter(([id]) => id.startsWith(prefix));
  const [first] = found;
  if (first === undefined || found.length !== 1) throw new Error(`${found.length} resources ${type} ${prefix}…`);
  return { id: first[0], ...first[1] };
};

/** Environment variables of a function. */
const variablesOf = (template: Template, id: string) =>
  (theOne(template, 'AWS::Lambda::Function', id).Properties.Environment as { Variables: Record<string, unknown> })
    .Variables;

interface RateRule {
  readonly Name: string;
  readonly Statement: { readonly RateBasedStatement?: { readonly Limit: number } };
}

const actionsOf = (template: Template, type: string): readonly unknown[] =>
  Object.values(resourcesOf(template, `${ELB}::ListenerRule`))
    .flatMap(({ Properties }) => Properties.Actions as { Type: string }[])
    .filter((action) => action.Type === type);

describe('the setting', () => {
  const protection = (template: Template) =>
    (theResource(template, `${ELB}::LoadBalancer`).Properties.LoadBalancerAttributes as { Key: string }[]).find(
      ({ Key }) => Key === 'deletion_protection.enabled',
    );

  it('protected: the load balancer cannot be deleted, and logs stay', () => {
    expect(protection(synthesize(anAwsEnvironment({ protected: true })).gateway)).toMatchObject({ Value: 'true' });
    expect(protection(synthesize(anAwsEnvironment()).gateway)).toMatchObject({ Value: 'false' });
  });

  it('reservedConcurrency: limits and reserves concurrency; handshake has 20 by default', () => {
    const reserved = (gateway: Template) =>
      Object.fromEntries(
        Object.entries(resourcesOf(gateway, 'AWS::Lambda::Function'))
          .filter(([, { Properties }]) => Properties.ReservedConcurrentExecutions !== undefined)
          .map(([id, { Properties }]) => [id.slice(0, -8), Properties.ReservedConcurrentExecutions]),
      );
    const { gateway } = synthesize(
      anAwsEnvironment({ reservedConcurrency: { metadata: 40, receive: 200, 'complete-upload': 20 } }),
    );
    expect(reserved(gateway)).toEqual({
      FrontDescribe: 40,
      FrontReceive: 200,
      BackgroundArrive: 20,
      FrontHandshake: 20,
    });
    const one = synthesize(anAwsEnvironment({ reservedConcurrency: { metadata: 5, handshake: 'unreserved' } })).gateway;
    expect(reserved(one)).toEqual({ FrontDescribe: 5 });
    expect(reserved(synthesize(anAwsEnvironment()).gateway)).toEqual({ FrontHandshake: 20 });
  });

  it('rateLimits: counts per address in five minutes, above the rate of a NAT’s clients', () => {
    const limits = (input: ReturnType<typeof anAwsEnvironment>) =>
      (theResource(synthesize(input).gateway, 'AWS::WAFv2::WebACL').Properties.Rules as RateRule[]).flatMap(
        ({ Name, Statement }) => (Statement.RateBasedStatement ? [[Name, Statement.RateBasedStatement.Limit]] : []),
      );
    expect(limits(anAwsEnvironment())).toEqual([
      ['CallbackRate', 10_000],
      ['CallbackPathRate', 1_000],
      ['OtherRate', 10_000],
      ['HandshakeRate', 300],
    ]);
    expect(
      limits(anAwsEnvironment({ rateLimits: { callbacks: 20, callbackPath: 25, others: 30, handshake: 35 } })),
    ).toEqual([
      ['CallbackRate', 20],
      ['CallbackPathRate', 25],
      ['OtherRate', 30],
      ['HandshakeRate', 35],
    ]);
  });

  it('H2 rateLimits: every response body of the web ACL is a problem document', () => {
    const { gateway } = synthesize(anAwsEnvironment({ countries: { only: ['DE'] } }));
    const { CustomResponseBodies, Rules } = theResource(gateway, 'AWS::WAFv2::WebACL').Properties;
    const bodies = CustomResponseBodies as Record<string, { ContentType: string; Content: string }>;
    const used = [...JSON.stringify(Rules).matchAll(/"CustomResponseBodyKey":"(\w+)"/g)].map(([, key]) => key ?? '');
    expect(new Set(used)).toEqual(new Set(Object.keys(bodies)));
    for (const { Content, ContentType } of Object.values(bodies)) {
      expect(ContentType).toBe('APPLICATION_JSON');
      expect(JSON.parse(Content)).toMatchObject({ type: 'about:blank', title: expect.any(String) });
    }
  });

  it('sourceRanges: limit callbacks to these addresses if every processor has some', () => {
    const json = { carriers: ['header'], contentTypes: ['application/json'] };
    const office = { ...json, sourceRanges: ['192.0.2.0/24', '2001:db8::/32'] };
    const branch = { ...json, sourceRanges: ['192.0.2.0/24', '198.51.100.7/32'] };
    const { gateway } = synthesize(anAwsEnvironment({ processors: { office, branch } }));
    const sets = Object.entries(resourcesOf(gateway, 'AWS::WAFv2::IPSet'));
    expect(sets.map(([, { Properties }]) => [Properties.IPAddressVersion, Properties.Addresses])).toEqual([
      ['IPV4', ['192.0.2.0/24', '198.51.100.7/32']],
      ['IPV6', ['2001:db8::/32']],
    ]);
    const rules = JSON.stringify(theResource(gateway, 'AWS::WAFv2::WebACL').Properties.Rules);
    for (const [id] of sets) expect(rules).toContain(`{"Arn":{"Fn::GetAtt":["${id}","Arn"]}}`);
    const some = synthesize(anAwsEnvironment({ processors: { office, anywhere: json } })).gateway;
    some.resourceCountIs('AWS::WAFv2::IPSet', 0);
    expect(JSON.stringify(theResource(some, 'AWS::WAFv2::WebACL').Properties.Rules)).not.toContain('CallbackSources');
  });

  it('hostedZone: gets the certificate’s validation and the address records', () => {
    const { gateway } = synthesize(
      anAwsEnvironment({ certificateArn: undefined, hostedZone: { id: 'Z1234567890', name: 'example.com' } }),
    );
    gateway.hasResourceProperties('AWS::CertificateManager::Certificate', {
      DomainName: 'callbacks.example.com',
      ValidationMethod: 'DNS',
      DomainValidationOptions: [{ DomainName: 'callbacks.example.com', HostedZoneId: 'Z1234567890' }],
    });
    for (const Type of ['A', 'AAAA']) {
      gateway.hasResourceProperties('AWS::Route53::RecordSet', {
        Name: 'callbacks.example.com.',
        HostedZoneId: 'Z1234567890',
        Type,
      });
    }
    const given = synthesize(anAwsEnvironment()).gateway;
    given.resourceCountIs('AWS::CertificateManager::Certificate', 0);
    given.resourceCountIs('AWS::Route53::RecordSet', 0);
  });

  it('dataOperators: may read the load balancer’s logs too', () => {
    const operator = 'arn:aws:iam::123456789012:role/Support';
    const { gateway } = synthesize(anAwsEnvironment({ dataOperators: [operator] }));
    expect(JSON.stringify(theResource(gateway, 'AWS::S3::BucketPolicy').Properties)).toContain(
      `"aws:PrincipalArn":["arn:aws:iam::123456789012:role/postern/test/*","${operator}"]`,
    );
  });

  it('eventRuleAccounts: only these accounts may create rules on the bus', () => {
    synthesize(anAwsEnvironment()).gateway.resourceCountIs('AWS::Events::EventBusPolicy', 0);
    const { gateway } = synthesize(anAwsEnvironment({ eventRuleAccounts: ['222222222222'] }));
    const statement = theResource(gateway, 'AWS::Events::EventBusPolicy').Properties.Statement as Record<
      string,
      unknown
    >;
    expect(statement).toMatchObject({
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::222222222222:root' },
      Action: expect.arrayContaining(['events:PutRule', 'events:PutTargets']),
      Condition: {
        StringEqualsIfExists: {
          // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM fills this in, not JavaScript.
          'events:creatorAccount': '${aws:PrincipalAccount}',
          'events:source': 'postern',
        },
      },
    });
    expect(statement.Action).not.toContain('events:PutEvents');
    expect(JSON.stringify(statement.Resource)).toMatch(/:rule\/.*\/\*/);
  });

  it('loadBalancerLogRetention: sets the expiry of the logs', () => {
    const { gateway } = synthesize(anAwsEnvironment({ loadBalancerLogRetention: Duration.days(7) }));
    expect(theResource(gateway, 'AWS::S3::Bucket').Properties).toMatchObject({
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 7 }] },
    });
  });

  it('accessToken: functions get the profile, and the load balancer its one audience', () => {
    const audience = { claim: 'aud', accepted: ['api://callbacks'] };
    const profile = { ...ENTRA_ID, audience };
    const { gateway } = synthesize(anAwsEnvironment({ accessToken: { profile, uses: 'one-time' } }));
    for (const id of ['FrontOpen', 'FrontTasks']) {
      const { ACCESS_TOKEN_PROFILE, ACCESS_TOKEN_USES } = variablesOf(gateway, id);
      expect(JSON.parse(String(ACCESS_TOKEN_PROFILE))).toEqual(profile);
      expect(ACCESS_TOKEN_USES).toBe('one-time');
    }
    for (const action of actionsOf(gateway, 'jwt-validation')) {
      expect(action).toMatchObject({
        JwtValidationConfig: {
          AdditionalClaims: [{ Name: 'aud', Format: 'single-string', Values: ['api://callbacks'] }],
        },
      });
    }
  });

  it('accessToken: the load balancer accepts an audience list if the provider writes one', () => {
    const { gateway } = synthesize(anAwsEnvironment({ accessToken: { profile: KEYCLOAK, audienceForm: 'list' } }));
    for (const action of actionsOf(gateway, 'jwt-validation')) {
      expect(action).toMatchObject({
        JwtValidationConfig: {
          AdditionalClaims: [{ Name: 'aud', Format: 'string-array', Values: ['https://callbacks.example.com'] }],
        },
      });
    }
  });

  it('senderAccessToken: is for senders only, all others keep the identity provider', () => {
    const issuer = 'https://abc123-def456-ghi789-jkl012.tokens.sts.global.api.aws';
    const jwksUri = `${issuer}/.well-known/jwks.json`;
    const senderAccessToken = { issuer, jwksUri, profile: AWS_IAM };
    const input = anAwsEnvironment({
      senderAccessToken,
      accessToken: { profile: KEYCLOAK, audienceForm: 'list', uses: 'one-time' },
    });
    const { gateway } = synthesize(input);
    for (const id of ['FrontOpen', 'FrontTasks']) {
      const { ACCESS_TOKEN_PROFILE, ...variables } = variablesOf(gateway, id);
      expect(variables).toMatchObject({ IDP_ISSUER: issuer, IDP_JWKS_URI: jwksUri, ACCESS_TOKEN_USES: 'one-time' });
      expect(JSON.parse(String(ACCESS_TOKEN_PROFILE))).toEqual(AWS_IAM);
    }
    const { identityProvider } = input;
    for (const id of ['FrontReceive', 'FrontOperator', 'FrontReveal']) {
      const { ACCESS_TOKEN_PROFILE, ...variables } = variablesOf(gateway, id);
      expect(variables).toMatchObject({
        IDP_ISSUER: identityProvider.issuer,
        IDP_JWKS_URI: identityProvider.jwksUri,
        ACCESS_TOKEN_USES: 'one-time',
      });
      expect(JSON.parse(String(ACCESS_TOKEN_PROFILE))).toEqual(KEYCLOAK);
    }
    expect(variablesOf(gateway, 'FrontConsole')).toMatchObject({ IDP_JWKS_URI: identityProvider.jwksUri });

    const checks = Object.values(resourcesOf(gateway, `${ELB}::ListenerRule`)).flatMap(({ Properties }) => {
      const [first] = Properties.Actions as { JwtValidationConfig?: object }[];
      const paths = JSON.stringify(Properties.Conditions);
      return first?.JwtValidationConfig === undefined
        ? []
        : [[paths.includes('/v1/tasks') ? 'sender' : 'operator', first.JwtValidationConfig] as const];
    });
    const checksOf = (holder: string) => checks.flatMap(([name, config]) => (name === holder ? [config] : []));
    expect(checksOf('sender').length).toBeGreaterThan(1);
    expect(checksOf('operator').length).toBeGreaterThan(1);
    for (const config of checksOf('sender')) {
      expect(config).toEqual({
        Issuer: issuer,
        JwksEndpoint: jwksUri,
        AdditionalClaims: [{ Name: 'aud', Format: 'single-string', Values: ['https://callbacks.example.com'] }],
      });
    }
    for (const config of checksOf('operator')) {
      expect(config).toEqual({
        Issuer: identityProvider.issuer,
        JwksEndpoint: identityProvider.jwksUri,
        AdditionalClaims: [{ Name: 'aud', Format: 'string-array', Values: ['https://callbacks.example.com'] }],
      });
    }
  });

  it('accessToken: functions check several accepted clients, not the load balancer', () => {
    const profile = { ...COGNITO, audience: { claim: 'client_id', accepted: ['one', 'two'] } };
    const { gateway } = synthesize(anAwsEnvironment({ accessToken: { profile } }));
    const actions = actionsOf(gateway, 'jwt-validation') as { JwtValidationConfig: Record<string, unknown> }[];
    expect(actions).not.toEqual([]);
    for (const { JwtValidationConfig } of actions) {
      expect(JwtValidationConfig.AdditionalClaims).toEqual([]);
      expect(JwtValidationConfig.Issuer).toBe('https://login.example.com');
    }
  });

  it('indexShards: reaches every function that writes or queries an index', () => {
    const { gateway } = synthesize(anAwsEnvironment({ indexShards: 64 }));
    for (const id of ['FrontOpen', 'FrontTasks', 'BackgroundExpire']) {
      expect(variablesOf(gateway, id)).toMatchObject({ INDEX_SHARDS: '64' });
    }
  });

  it('inlineLimit, quarantineLimit, abbreviations: reach the functions that need them', () => {
    const { gateway } = synthesize(
      anAwsEnvironment({ inlineLimit: Size.kibibytes(8), quarantineLimit: 0, abbreviations: true }),
    );
    expect(variablesOf(gateway, 'FrontReceive')).toMatchObject({ INLINE_LIMIT_BYTES: '8192', QUARANTINE_LIMIT: '0' });
    expect(variablesOf(gateway, 'BackgroundArrive')).toMatchObject({ QUARANTINE_LIMIT: '0' });
    for (const id of ['FrontOpen', 'FrontTasks', 'FrontDescribe']) {
      expect(variablesOf(gateway, id)).toMatchObject({ ABBREVIATIONS: 'true' });
    }
    const plain = synthesize(anAwsEnvironment()).gateway;
    expect(variablesOf(plain, 'FrontReceive')).toMatchObject({ INLINE_LIMIT_BYTES: '4096', QUARANTINE_LIMIT: '5' });
    expect(variablesOf(plain, 'FrontOpen')).toMatchObject({ ABBREVIATIONS: 'false', ACCESS_TOKEN_USES: 'many' });
  });

  it.each([
    ['toleratedExpiries', 'TaskExpired', 11],
    ['toleratedRefusals', 'TokenRefused', 101],
  ])('%s: the alarm %s is raised by one more within 15 minutes', (setting, alarm, usual) => {
    const raisedAt = (input: ReturnType<typeof anAwsEnvironment>) =>
      Object.values(resourcesOf(synthesize(input).gateway, 'AWS::CloudWatch::Alarm'))
        .filter(({ Properties }) => Properties.AlarmName === `postern-test-${alarm}`)
        .map(({ Properties: { MetricName, Period, Statistic, Threshold } }) => ({
          MetricName,
          Period,
          Statistic,
          Threshold,
        }));
    const one = { MetricName: alarm, Period: 900, Statistic: 'Sum' };
    expect(raisedAt(anAwsEnvironment())).toEqual([{ ...one, Threshold: usual }]);
    expect(raisedAt(anAwsEnvironment({ [setting]: 0 }))).toEqual([{ ...one, Threshold: 1 }]);
  });
});
