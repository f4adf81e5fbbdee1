import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../lib/config/read.ts';
import { EnvironmentStacks } from '../../../lib/environment-stacks.ts';
import { makeTemplates } from '../../../lib/update/templates.ts';
import { breachesOf } from '../../../lib/validation/service-limit-checks.ts';
import { CHECKED_WHEN_READ, SERVICE_LIMITS, type Template } from '../../../lib/validation/service-limits.ts';
import { charsOf } from '../../../lib/validation/template-values.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { SWITCHED } from '../../support/switched-environments.ts';
import { anApp, NO_CODE, TEST_CONTEXT } from '../../support/synthesize.ts';

/** Types whose `Ref` is a name of their stack and logical id, or an id of 36 characters at most. */
const NAMED_BY_REF = [
  'AWS::Cognito::UserPool',
  'AWS::Cognito::UserPoolClient',
  'AWS::Cognito::UserPoolDomain',
  'AWS::DynamoDB::GlobalTable',
  'AWS::KMS::Key',
  'AWS::S3::Bucket',
];

const ELB = 'AWS::ElasticLoadBalancingV2';
const of = (Type: string, Properties: object): Template => ({
  Resources: { It: { Type, Properties: Properties as Record<string, unknown> } },
});
const many = <T>(count: number, make: (i: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const several = (count: number, Type: string, Properties: Record<string, unknown> = {}): Template => ({
  Resources: Object.fromEntries(many(count, (i) => [`It${i}`, { Type, Properties }])),
});
const webAcl = (...statements: readonly object[]) =>
  of('AWS::WAFv2::WebACL', { Rules: statements.map((Statement) => ({ Statement })) });
const rule = (values: readonly string[], more: object = {}) =>
  of(`${ELB}::ListenerRule`, {
    Priority: 1,
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: values } }],
    ...more,
  });
/** Makes a document with this number of characters as JSON. */
const document = (chars: number) => ({ a: 'x'.repeat(chars - '{"a":""}'.length) });

/** For each limit: its number, and a template with a given count of the limited value. */
const AT_EDGE: Readonly<Record<string, readonly [most: number, templateOf: (count: number) => Template]>> = {
  'CFN-RESOURCES': [500, (n) => several(n, 'AWS::SQS::Queue')],
  'CFN-OUTPUTS': [200, (n) => ({ Outputs: Object.fromEntries(many(n, (i) => [`O${i}`, {}])) })],
  'CFN-BYTES': [
    1_000_000,
    (n) => ({ Outputs: { a: 'x'.repeat(n - JSON.stringify({ Outputs: { a: '' } }, undefined, 1).length) } }),
  ],
  'WAF-EXPRESSION': [
    200,
    (n) => webAcl({ NotStatement: { Statement: { RegexMatchStatement: { RegexString: 'x'.repeat(n) } } } }),
  ],
  'WAF-COUNTRIES': [50, (n) => webAcl({ GeoMatchStatement: { CountryCodes: many(n, () => 'DE') } })],
  'WAF-RATE-RULES': [10, (n) => webAcl(...many(n, () => ({ RateBasedStatement: {} })))],
  'WAF-REFERENCES': [50, (n) => webAcl(...many(n, () => ({ IPSetReferenceStatement: {} })))],
  'WAF-RESPONSE-BODY': [
    4_096,
    (n) => of('AWS::WAFv2::WebACL', { CustomResponseBodies: { a: { Content: 'x'.repeat(n) } } }),
  ],
  'WAF-HIDDEN-KEYS': [
    100,
    (n) =>
      of('AWS::WAFv2::WebACL', {
        DataProtectionConfig: {
          DataProtections: [
            { Field: { FieldType: 'SINGLE_COOKIE', ...(n > 0 && { FieldKeys: many(n, String) }) } },
            { Field: { FieldType: 'BODY' } },
          ],
        },
      }),
  ],
  'WAF-ADDRESSES': [10_000, (n) => of('AWS::WAFv2::IPSet', { Addresses: many(n, () => '192.0.2.0/24') })],
  'ELB-CONDITION-VALUES': [5, (n) => rule(many(n, () => '/a'))],
  'ELB-WILDCARDS': [5, (n) => rule(['*'.repeat(n)])],
  'ELB-CONDITION-CHARS': [128, (n) => rule(['x'.repeat(n)])],
  'ELB-PRIORITY': [50_000, (n) => rule([], { Priority: n })],
  'ELB-RULES': [100, (n) => several(n, `${ELB}::ListenerRule`, { Priority: 1 })],
  'ELB-TARGET-GROUP-NAME': [32, (n) => of(`${ELB}::TargetGroup`, { Name: 'x'.repeat(n) })],
  'ELB-VERIFYING-LISTENERS': [2, (n) => several(n, `${ELB}::Listener`, { MutualAuthentication: { Mode: 'verify' } })],
  'SHIELD-CONTACTS': [10, (n) => of('AWS::Shield::ProactiveEngagement', { EmergencyContactList: many(n, () => ({})) })],
  'IAM-INLINE': [
    10_240,
    (n) => ({
      Resources: {
        Role: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyDocument: document(240) }] } },
        // All policies of a role count together, in any resource.
        Policy: {
          Type: 'AWS::IAM::Policy',
          Properties: { Roles: [{ Ref: 'Role' }], PolicyDocument: document(n - 240) },
        },
      },
    }),
  ],
  'IAM-TRUST': [2_048, (n) => of('AWS::IAM::Role', { AssumeRolePolicyDocument: document(n) })],
  'KMS-POLICY': [32_768, (n) => of('AWS::KMS::Key', { KeyPolicy: document(n) })],
  'DYNAMODB-POLICY': [
    20_480,
    (n) => of('AWS::DynamoDB::GlobalTable', { Replicas: [{ ResourcePolicy: { PolicyDocument: document(n) } }] }),
  ],
  'S3-POLICY': [20_480, (n) => of('AWS::S3::BucketPolicy', { PolicyDocument: document(n) })],
  'SQS-POLICY': [8_192, (n) => of('AWS::SQS::QueuePolicy', { PolicyDocument: document(n) })],
  'LAMBDA-POLICY': [20_480, (n) => of('AWS::Lambda::ResourcePolicy', { PolicyDocument: document(n) })],
  'LAMBDA-VARIABLES': [4_096, (n) => of('AWS::Lambda::Function', { Environment: { Variables: document(n) } })],
  'ECS-TASK-DEFINITION': [65_536, (n) => of('AWS::ECS::TaskDefinition', document(n))],
  'CLOUDWATCH-METRICS': [
    10,
    (n) => of('AWS::CloudWatch::Alarm', { Metrics: [{ Expression: 'SUM' }, ...many(n, () => ({ MetricStat: {} }))] }),
  ],
  'CLOUDWATCH-CHILDREN': [
    100,
    (n) => of('AWS::CloudWatch::CompositeAlarm', { AlarmRule: { 'Fn::Join': ['', many(n, () => ' OR ALARM("a")')] } }),
  ],
  'CODEDEPLOY-ALARMS': [
    10,
    (n) => of('AWS::CodeDeploy::DeploymentGroup', { AlarmConfiguration: { Alarms: many(n, () => ({})) } }),
  ],
  'EVENTBRIDGE-PATTERN': [2_048, (n) => of('AWS::Events::Rule', { EventPattern: document(n) })],
  'EVENTBRIDGE-TARGETS': [5, (n) => of('AWS::Events::Rule', { Targets: many(n, () => ({})) })],
};

const breached = (template: Template) => breachesOf(template).map(({ limit }) => limit.id);

describe('the limits of services', () => {
  it.each(Object.entries(AT_EDGE))('%s: accepts AWS’s maximum, and nothing above it', (id, [most, templateOf]) => {
    expect(breached(templateOf(most))).not.toContain(id);
    expect(breached(templateOf(most + 1))).toContain(id);
  });

  it.each(['WAF-HIDDEN-KEYS', 'ELB-PRIORITY', 'SHIELD-CONTACTS'])('%s: accepts one, and refuses zero', (id) => {
    const [, templateOf] = AT_EDGE[id] ?? [0, () => ({})];
    expect(breached(templateOf(1))).not.toContain(id);
    expect(breached(templateOf(0))).toContain(id);
  });

  it('each have an id, a page of AWS, a remedy and a test at the maximum', () => {
    expect(SERVICE_LIMITS.map(({ id }) => id)).toEqual(Object.keys(AT_EDGE));
    for (const { id, remedy, source } of SERVICE_LIMITS) {
      expect(source, id).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/.+\.html$/);
      expect(remedy, id).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('are reported with value, expectation, remedy and source', () => {
    const [breach] = breachesOf(AT_EDGE['WAF-EXPRESSION']?.[1](226) ?? {});
    expect(breach?.message).toBe(
      'It has 226 characters of an expression; expected at most 200. Split it into several statements, as ' +
        'lib/edge/web-acl-paths.ts does. https://docs.aws.amazon.com/waf/latest/developerguide/limits.html',
    );
    const [contacts] = breachesOf(AT_EDGE['SHIELD-CONTACTS']?.[1](11) ?? {});
    expect(contacts?.message).toContain('has 11 contacts for the Shield Response Team; expected 1 to 10. ');
  });

  it('of the environment file are checked in the files that the table names', () => {
    const root = new URL('../../../', import.meta.url);
    for (const [what, file] of Object.entries(CHECKED_WHEN_READ))
      expect(existsSync(new URL(file, root)), what).toBe(true);
    expect(Object.values(CHECKED_WHEN_READ)).toContain('lib/config/web-acl.ts');
  });

  it('count a reference with its longest value, and a join by its parts', () => {
    expect(charsOf({ a: { Ref: 'Key' } })).toBe('{"a":""}'.length + 128);
    expect(charsOf({ a: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':x']] } })).toBe(
      '{"a":""}'.length + 4 + 128 + 2,
    );
    expect(charsOf({ 'Fn::ImportValue': 'Test-State:ExportsOutputFnGetAttTasks1F9FE53FArn18042536' })).toBe(128);
    expect(charsOf(undefined)).toBe(0);
    expect(charsOf('abc')).toBe(3);
  });

  it('count the import of a name as the name that CloudFormation makes', () => {
    expect(charsOf({ 'Fn::ImportValue': 'Test-State:ExportsOutputRefTasks1F9FE53F18042536' })).toBe(
      'Test-State-Tasks1F9FE53F-1ABCDEFGHIJKL'.length,
    );
  });

  it.each(Object.entries(SWITCHED))('know that all imports of %s are names, or shorter ids', (name, input) => {
    const { state } = makeTemplates(readEnvironment(name, input), NO_CODE, TEST_CONTEXT);
    const exported = Object.entries(state.Outputs ?? {})
      .filter(([output]) => output.startsWith('ExportsOutputRef') && !output.includes('Secret'))
      .map(([, { Value }]) => state.Resources?.[(Value as { Ref: string }).Ref]?.Type);
    expect(exported).toContain('AWS::DynamoDB::GlobalTable');
    expect(exported.filter((type) => !NAMED_BY_REF.includes(String(type)))).toEqual([]);
  });
});

describe('a synth', () => {
  // `findings.test.ts` checks that no feature exceeds a limit.
  it('stops at a value that AWS would refuse, and names the remedy', () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-limits-'));
    const app = anApp(folder);
    const environment = readEnvironment('test', anAwsEnvironment());
    const stage = new EnvironmentStacks(app, { environment, bundles: NO_CODE });
    new CfnTargetGroup(stage.gateway, 'Odd', { name: 'x'.repeat(33), targetType: 'lambda' });
    expect(() => app.synth()).toThrow();
    const report = readFileSync(join(folder, 'validation-report.json'), 'utf8');
    expect(report).toContain(
      'Odd has 33 characters of the name of a target group; expected at most 32. Give the environment a shorter name.',
    );
    rmSync(folder, { recursive: true });
  });

  it('does not judge stacks of the app that are not of Postern', () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-limits-'));
    const app = anApp(folder);
    new EnvironmentStacks(app, { environment: readEnvironment('test', anAwsEnvironment()), bundles: NO_CODE });
    new CfnTargetGroup(new Stack(app, 'Own'), 'Odd', { name: 'x'.repeat(33), targetType: 'lambda' });
    expect(() => app.synth()).not.toThrow();
    expect(readFileSync(join(folder, 'validation-report.json'), 'utf8')).not.toContain('Odd');
    rmSync(folder, { recursive: true });
  });
});
