import { describe, expect, it } from 'vitest';
import { type CloudFormationTemplate, type EnvironmentRecord, recordTemplates } from '../../../lib/update/record.ts';
import { schemaOf } from '../../../lib/update/resource-schemas.ts';
import { breakingChanges, REPLACED_UNNOTICED } from '../../released/breaking-changes.ts';
import { synthesize } from '../../support/synthesize.ts';
import { RECORDED, recordOf } from '../../support/update-fixtures.ts';

type Draft<T> = { -readonly [K in keyof T]: T[K] extends object ? Draft<T[K]> : T[K] };
interface Template {
  readonly Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  readonly Outputs: Record<string, { Value: unknown; Export: { Name: string } }>;
}

const input = RECORDED['rotating-after-kms'];
if (input === undefined) throw new Error('test/support/update-fixtures.ts has no environment rotating-after-kms.');
const { gateway, state } = synthesize(input);

/** Breaking changes of an update to today’s templates after a change of them. */
const findAfter = (change: (next: { readonly state: Template; readonly gateway: Template }) => void) => {
  const next = structuredClone({ state: state.toJSON(), gateway: gateway.toJSON() });
  change(next as never);
  const recordOfBoth = (one: object, other: object): EnvironmentRecord =>
    recordTemplates({ state: one as CloudFormationTemplate, gateway: other as CloudFormationTemplate });
  return breakingChanges(recordOfBoth(state.toJSON(), gateway.toJSON()), recordOfBoth(next.state, next.gateway));
};

const idOf = (template: Template, start: string): string => {
  const id = Object.keys(template.Resources).find((one) => one.startsWith(start));
  if (id === undefined) throw new Error(`There is no resource ${start}….`);
  return id;
};
const set = (template: Template, start: string, property: string, value: unknown): void => {
  const resource = template.Resources[idOf(template, start)];
  if (resource !== undefined) resource.Properties[property] = value;
};
const rename = <T>(all: Record<string, T>, from: string, to: string): void => {
  all[to] = all[from] as T;
  delete all[from];
};

describe('a change that only a major version may make', () => {
  it('is not found where nothing changes, or State gains a resource and an export', () => {
    expect(findAfter(() => {})).toEqual([]);
    const found = findAfter((next) => {
      next.state.Resources.Another = { Type: 'AWS::SQS::Queue', Properties: {} };
      next.state.Outputs.Another = { Value: { Ref: 'Another' }, Export: { Name: 'Test-State:Another' } };
    });
    expect(found).toEqual([]);
  });

  it.each<readonly [string, RegExp, (next: { readonly state: Template; readonly gateway: Template }) => void]>([
    [
      'a table is removed',
      /^State\/Jtis\w{8}: AWS::DynamoDB::GlobalTable is not in the template any more\. State only gains resources/,
      (next) => delete next.state.Resources[idOf(next.state, 'Jtis')],
    ],
    [
      'a table has another logical id',
      /^State\/Lookups\w{8}: AWS::DynamoDB::GlobalTable is not in the template any more\. State only gains resources/,
      (next) => rename(next.state.Resources, idOf(next.state, 'Lookups'), 'Found01234567'),
    ],
    [
      'the key in KMS is removed',
      /^State\/SigningKeysCurrent\w{8}: AWS::KMS::Key is not in the template any more/,
      (next) => delete next.state.Resources[idOf(next.state, 'SigningKeysCurrent')],
    ],
    [
      'a resource has another type',
      /^State\/CodeKey\w{8}: its type changes from AWS::KMS::Key to AWS::SQS::Queue/,
      (next) => {
        next.state.Resources[idOf(next.state, 'CodeKey')] = { Type: 'AWS::SQS::Queue', Properties: {} };
      },
    ],
    [
      'an export is renamed',
      /^State no longer exports Test-State:ExportsOutputRefTasks\w+\. State only gains exports/,
      (next) => {
        const output = Object.values(next.state.Outputs).find(({ Export }) => Export?.Name.includes('RefTasks'));
        if (output !== undefined) output.Export.Name = 'Test-State:Tasks';
      },
    ],
    [
      'an export says something else',
      /^State exports Test-State:ExportsOutputRefTasks\w+ with \{"Ref":"Audit"\} in the place of \{"Ref":"Tasks/,
      (next) => {
        const output = Object.values(next.state.Outputs).find(({ Export }) => Export?.Name.includes('RefTasks'));
        if (output !== undefined) output.Value = { Ref: 'Audit' };
      },
    ],
    [
      'a table has another key',
      /^State\/Jtis\w{8}: CloudFormation would replace AWS::DynamoDB::GlobalTable, because KeySchema changes from/,
      (next) => set(next.state, 'Jtis', 'KeySchema', [{ AttributeName: 'id', KeyType: 'HASH' }]),
    ],
    [
      'a target group of the gateway has other targets',
      /^Gateway\/\w+: CloudFormation would replace AWS::ElasticLoadBalancingV2::TargetGroup, because TargetType changes/,
      (next) => set(next.gateway, 'Targetsreceive85E11828', 'TargetType', 'ip'),
    ],
    [
      'a security group has another description, which the CDK takes from the path of constructs',
      /^Gateway\/\w+: CloudFormation would replace AWS::EC2::SecurityGroup, because GroupDescription changes/,
      (next) => set(next.gateway, 'LoadBalancerSecurityGroup', 'GroupDescription', 'Other/Gateway'),
    ],
    [
      'a network may be replaced in some cases',
      /^Gateway\/\w+: CloudFormation would replace AWS::EC2::VPC, because InstanceTenancy changes/,
      (next) => set(next.gateway, 'Network6E62CE96', 'InstanceTenancy', 'dedicated'),
    ],
  ])('is found if %s', (_what, expected, change) => {
    expect(findAfter(change)).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });

  it('is found in what refers to a replaced resource', () => {
    const found = findAfter((next) => set(next.gateway, 'Network6E62CE96', 'CidrBlock', '10.1.0.0/22'));
    expect(found).toContainEqual(expect.stringMatching(/^Gateway\/NetworkPublicSubnet1\w+: .*because VpcId refers to/));
  });

  it('is not found if a permission of a function is replaced, which has no name and no data', () => {
    const found = findAfter((next) => {
      const permission = Object.values(next.gateway.Resources).find(({ Type }) => Type === 'AWS::Lambda::Permission');
      if (permission !== undefined) permission.Properties.Principal = 'other.amazonaws.com';
    });
    expect(found).toEqual([]);
  });

  it('is not found if the door gets another image: that is a revision of its tasks', () => {
    const door = RECORDED['network-door'];
    const before = door && recordOf(door);
    const next = structuredClone(before) as Draft<EnvironmentRecord>;
    const tasks = Object.values(next.gateway.resources).filter(({ type }) => type === 'AWS::ECS::TaskDefinition');
    expect(tasks).toHaveLength(1);
    for (const { properties } of tasks as { properties: Record<string, unknown> }[])
      properties.ContainerDefinitions = 'changed';
    expect(breakingChanges(before as EnvironmentRecord, next as EnvironmentRecord)).toEqual([]);
  });

  it.each(Object.entries(RECORDED))('%s: is found for every property of every resource that replaces it', (_, kind) => {
    const before = recordOf(kind);
    const missed: string[] = [];
    let count = 0;
    for (const stack of ['state', 'gateway'] as const) {
      for (const [id, { properties, type }] of Object.entries(before[stack].resources)) {
        const { mayReplace, replaces } = schemaOf(type);
        for (const path of [...replaces, ...mayReplace].filter((one) => one in properties)) {
          if (REPLACED_UNNOTICED.includes(type)) continue;
          count += 1;
          const next = structuredClone(before) as Draft<EnvironmentRecord>;
          const resource = next[stack].resources[id] as Draft<{ properties: Record<string, unknown> }>;
          resource.properties[path] = 'changed';
          if (!breakingChanges(before, next as EnvironmentRecord).some((one) => one.includes(`/${id}: `))) {
            missed.push(`${id}.${path}`);
          }
        }
      }
    }
    expect(missed).toEqual([]);
    expect(count).toBeGreaterThan(100);
  });
});
