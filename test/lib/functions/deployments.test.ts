import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import {
  DISPATCHING_FUNCTIONS,
  ENVIRONMENT_VARIABLES,
  RESUMING_FUNCTIONS,
} from '../../../lambda/contract/variables.ts';
import type { EnvironmentInput } from '../../../lib/config/environment.ts';
import { DEPLOYMENT_PACES } from '../../../lib/config/operation.ts';
import { ROLLBACK_ALARMS } from '../../../lib/monitoring/alarms.ts';
import { aLocalEnvironment, anAwsEnvironment } from '../../support/environments.ts';
import { SWITCHED } from '../../support/switched-environments.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf, theResource } from '../../support/template.ts';

const { gateway } = synthesize(anAwsEnvironment());
/** Functions of the gateway: all but the rotation of signing keys, and those for workflows and for dispatch. */
const FUNCTIONS =
  Object.keys(ENVIRONMENT_VARIABLES).length - 1 - new Set([...RESUMING_FUNCTIONS, ...DISPATCHING_FUNCTIONS]).size;
/** Alarms of an environment that resumes workflows, that sends work, or that has the network door. */
const ABSENT: readonly string[] = ['ResumeErrors', 'DispatchErrors', 'DoorUnavailable'];
const GROUP = 'AWS::CodeDeploy::DeploymentGroup';

describe('the deployment of new code', () => {
  it('publishes a retained version of each function with one alias', () => {
    const versions = resourcesOf(gateway, 'AWS::Lambda::Version');
    const aliases = Object.values(resourcesOf(gateway, 'AWS::Lambda::Alias'));
    expect(aliases).toHaveLength(FUNCTIONS);
    for (const { Properties } of aliases) {
      const [version = ''] = (Properties.FunctionVersion as { 'Fn::GetAtt': string[] })['Fn::GetAtt'];
      expect(Properties.Name).toBe('live');
      expect(versions[version]).toMatchObject({
        DeletionPolicy: 'Retain',
        Properties: { FunctionName: Properties.FunctionName },
      });
    }
    expect(new Set(aliases.map(({ Properties }) => JSON.stringify(Properties.FunctionName))).size).toBe(FUNCTIONS);
  });

  it('lets callers use only the alias', () => {
    const callers = ['AWS::Lambda::Permission', 'AWS::Lambda::EventSourceMapping', 'AWS::Scheduler::Schedule'];
    const calls = callers.flatMap((type) => Object.values(resourcesOf(gateway, type)));
    expect(calls).toHaveLength(13);
    for (const { Properties } of Object.values(resourcesOf(gateway, 'AWS::Lambda::Permission'))) {
      expect(Properties).toMatchObject({ SourceArn: expect.anything(), SourceAccount: '123456789012' });
    }
    for (const { Properties } of calls) {
      const called = JSON.stringify(Properties.FunctionName ?? (Properties.Target as { Arn: unknown }).Arn);
      expect(called).toMatch(/\{"Ref":"\w+Alias\w{8}"\}/);
    }
  });

  it('has a group for each function that rolls back when an alarm is raised', () => {
    const groups = resourcesOf(gateway, GROUP);
    const alarms = resourcesOf(gateway, 'AWS::CloudWatch::Alarm');
    const updated = Object.values(resourcesOf(gateway, 'AWS::Lambda::Alias')).map(
      (alias) =>
        (alias as unknown as { UpdatePolicy: Record<string, Record<string, { Ref: string }>> }).UpdatePolicy
          .CodeDeployLambdaAliasUpdate,
    );
    expect(updated.map((policy) => policy?.DeploymentGroupName?.Ref).sort()).toEqual(Object.keys(groups).sort());
    const application = { Ref: theResource(gateway, 'AWS::CodeDeploy::Application').id };
    expect(updated.every((policy) => policy?.ApplicationName?.Ref === application.Ref)).toBe(true);
    for (const { Properties } of Object.values(groups)) {
      expect(Properties).toMatchObject({
        ApplicationName: application,
        DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
        AutoRollbackConfiguration: { Enabled: true, Events: expect.arrayContaining(['DEPLOYMENT_STOP_ON_ALARM']) },
      });
      const { Alarms, Enabled } = Properties.AlarmConfiguration as {
        Alarms: { Name: { Ref: string } }[];
        Enabled: true;
      };
      expect(Enabled).toBe(true);
      expect(Alarms.map(({ Name }) => alarms[Name.Ref]?.Properties.AlarmName)).toEqual(
        // This environment resumes no workflows, sends no work and has no network door, and no application invokes it.
        ROLLBACK_ALARMS.filter((name) => ![...ABSENT, 'InvocationErrors'].includes(name)).map(
          (name) => `postern-test-${name}`,
        ),
      );
      // A limit of CodeDeploy.
      expect(Alarms.length).toBeLessThanOrEqual(10);
    }
  });

  it('moves each invocation target by a group of its own, with the same alarms as `live`', () => {
    const invokers = ['arn:aws:iam::123456789012:role/Invoices'];
    const template = synthesize(
      anAwsEnvironment({ applications: { invoices: { invokers }, orders: { invokers }, small: { clients: ['a'] } } }),
    ).gateway;
    const groups = resourcesOf(template, GROUP);
    const aliases = Object.values(resourcesOf(template, 'AWS::Lambda::Alias'));
    const targets = aliases.filter(({ Properties }) => Properties.Name !== 'live');
    expect(targets.map(({ Properties }) => Properties.Name)).toEqual(['open-invoices', 'open-orders']);
    const groupOf = (alias: unknown) =>
      (alias as { UpdatePolicy: { CodeDeployLambdaAliasUpdate: { DeploymentGroupName: { Ref: string } } } })
        .UpdatePolicy.CodeDeployLambdaAliasUpdate.DeploymentGroupName.Ref;
    expect(new Set(aliases.map(groupOf)).size).toBe(FUNCTIONS + 2);
    const [live] = aliases.filter(({ Properties }) => Properties.Name === 'live');
    for (const target of targets) {
      expect(groups[groupOf(target)]?.Properties).toEqual(groups[groupOf(live)]?.Properties);
    }
    const names = resourcesOf(template, 'AWS::CloudWatch::Alarm');
    for (const { Properties } of Object.values(groups)) {
      const { Alarms } = Properties.AlarmConfiguration as { Alarms: { Name: { Ref: string } }[] };
      expect(Alarms.map(({ Name }) => names[Name.Ref]?.Properties.AlarmName)).toEqual(
        ROLLBACK_ALARMS.filter((name) => !ABSENT.includes(name)).map((name) => `postern-test-${name}`),
      );
    }
  });

  it('O4 has a role that may move these aliases and read alarms, for CodeDeploy only', () => {
    const [[id, role] = []] = Object.entries(resourcesOf(gateway, 'AWS::IAM::Role')).filter(([name]) =>
      name.startsWith('Deployments'),
    );
    expect(role?.Properties).not.toHaveProperty('ManagedPolicyArns');
    expect(role?.Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'codedeploy.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
        },
      ],
    });
    const [policy] = Object.values(resourcesOf(gateway, 'AWS::IAM::Policy')).filter(
      ({ Properties }) => JSON.stringify(Properties.Roles) === JSON.stringify([{ Ref: id }]),
    );
    const { Statement = [] } = (policy?.Properties.PolicyDocument ?? {}) as {
      Statement?: { Action: unknown; Resource: unknown }[];
    };
    expect(Statement.map(({ Action }) => Action)).toEqual([
      ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
      'cloudwatch:DescribeAlarms',
    ]);
    expect(Statement[0]?.Resource).toHaveLength(2 * FUNCTIONS);
  });

  it.each(DEPLOYMENT_PACES)('deploymentPace: %s', (deploymentPace) => {
    const template = synthesize(anAwsEnvironment({ deploymentPace })).gateway;
    const names = Object.values(resourcesOf(template, GROUP)).map(({ Properties }) => Properties.DeploymentConfigName);
    const expected = {
      'all-at-once': [],
      'canary-10-percent-5-minutes': ['CodeDeployDefault.LambdaCanary10Percent5Minutes'],
      'canary-10-percent-30-minutes': ['CodeDeployDefault.LambdaCanary10Percent30Minutes'],
      'linear-10-percent-every-minute': ['CodeDeployDefault.LambdaLinear10PercentEvery1Minute'],
    };
    expect([...new Set(names)]).toEqual(expected[deploymentPace]);
    if (deploymentPace === 'all-at-once') {
      for (const alias of Object.values(resourcesOf(template, 'AWS::Lambda::Alias'))) {
        expect(alias).not.toHaveProperty('UpdatePolicy');
      }
    }
  });
});

describe('tracing', () => {
  const modes = (template: Template) =>
    Object.values(resourcesOf(template, 'AWS::Lambda::Function'))
      .filter(({ Properties }) => Properties.Environment !== undefined)
      .map(({ Properties }) => (Properties.TracingConfig as { Mode?: string } | undefined)?.Mode);

  it('is on for every function if it is set, with its two permissions', () => {
    const traced = synthesize(anAwsEnvironment({ tracing: true })).gateway;
    expect(modes(traced)).toEqual(Array(FUNCTIONS).fill('Active'));
    const statements = Object.values(resourcesOf(traced, 'AWS::IAM::Policy')).flatMap(
      ({ Properties }) =>
        (Properties.PolicyDocument as { Statement: { Action: unknown; Resource: unknown }[] }).Statement,
    );
    const rights = statements.flatMap(({ Action, Resource }) =>
      ([Action].flat() as string[]).filter((one) => one.startsWith('xray:')).map((one) => [one, Resource]),
    );
    // IAM supports no resource for these actions.
    expect(rights.map(String).sort()).toEqual([
      ...Array(FUNCTIONS).fill('xray:PutTelemetryRecords,*'),
      ...Array(FUNCTIONS).fill('xray:PutTraceSegments,*'),
    ]);
  });

  it('is off and has no permissions by default', () => {
    expect(modes(gateway)).toEqual(Array(FUNCTIONS).fill(undefined));
    expect(JSON.stringify(gateway.toJSON())).not.toContain('xray:');
  });
});

/** Dependencies of a resource: its references, also in its update policy, and its `DependsOn`. */
const awaited = (resource: unknown): readonly string[] => {
  if (typeof resource !== 'object' || resource === null) return [];
  return Object.entries(resource).flatMap(([key, value]) => {
    if (key === 'Ref') return [value as string];
    if (key === 'Fn::GetAtt') return [(value as string[])[0] ?? ''];
    if (key === 'DependsOn') return [value].flat() as string[];
    return awaited(value);
  });
};

describe.each<[string, EnvironmentInput]>([
  ['on AWS', anAwsEnvironment({ shield: { advanced: true, subscribed: true }, tracing: true })],
  ['on one machine', aLocalEnvironment()],
  ...Object.entries(SWITCHED).map(
    ([name, input]) => [`with everything switched on (${name})`, input] as [string, EnvironmentInput],
  ),
])('the templates %s', (_where, input) => {
  it.each(['state', 'gateway'] as const)('%s: have no dependency cycle, which only a deployment would find', (name) => {
    const { Resources } = synthesize(input)[name].toJSON() as { Resources: Record<string, object> };
    const done = new Set<string>();
    const visit = (id: string, path: readonly string[]): void => {
      expect(path, `${[...path, id].join(' → ')}`).not.toContain(id);
      if (done.has(id) || Resources[id] === undefined) return;
      for (const next of awaited(Resources[id])) visit(next, [...path, id]);
      done.add(id);
    };
    for (const id of Object.keys(Resources)) visit(id, []);
  });

  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
  it.each(['state', 'gateway'] as const)('%s: are smaller than CloudFormation’s limit, with a reserve', (name) => {
    const template = synthesize(input)[name].toJSON() as { Resources: object; Outputs: object };
    expect(Object.keys(template.Resources).length).toBeLessThan(400);
    expect(Object.keys(template.Outputs).length).toBeLessThan(150);
    expect(JSON.stringify(template).length).toBeLessThan(800_000);
  });
});
