import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareEnvironments } from '../../../lib/update/compare.ts';
import { describeFinding } from '../../../lib/update/finding.ts';
import type { EnvironmentRecord, ResourceRecord, StackRecord } from '../../../lib/update/record.ts';
import { reportUpdate } from '../../../lib/update/report.ts';

type Draft<T> = { -readonly [K in keyof T]: T[K] extends object ? Draft<T[K]> : T[K] };

const recordOf = (kind: string) =>
  JSON.parse(
    readFileSync(new URL(`../../released/0.1.0/${kind}.json`, import.meta.url), 'utf8'),
  ) as Draft<EnvironmentRecord>;

/** Findings for a deployed environment of this kind after a change of the next templates. */
const findings = (change: (next: Draft<EnvironmentRecord>) => void, kind = 'plain') => {
  const next = recordOf(kind);
  change(next);
  return compareEnvironments(recordOf(kind), next);
};
const codes = (...given: Parameters<typeof findings>) =>
  [...new Set(findings(...given).map(({ code }) => code))].sort();

const idOf = (stack: StackRecord, start: string): string => {
  const id = Object.keys(stack.resources).find((one) => one.startsWith(start));
  if (id === undefined) throw new Error(`There is no resource ${start}….`);
  return id;
};
const resource = (stack: Draft<StackRecord>, start: string) =>
  stack.resources[idOf(stack, start)] as Draft<ResourceRecord> & { properties: Record<string, unknown> };
const set = (stack: Draft<StackRecord>, start: string, property: string, value: unknown) => {
  resource(stack, start).properties[property] = value;
};
const remove = (stack: Draft<StackRecord>, start: string) => {
  delete stack.resources[idOf(stack, start)];
};
const moveTo = (stack: Draft<StackRecord>, start: string, id: string) => {
  stack.resources[id] = resource(stack, start);
  remove(stack, start);
};
const exportOf = ({ exports }: Pick<StackRecord, 'exports'>, part: string): string =>
  Object.keys(exports).find((name) => name.includes(part)) ?? '';

/** Changes of the next templates, with their expected findings. */
type Case = readonly [
  what: string,
  expected: readonly string[],
  change: (next: Draft<EnvironmentRecord>) => void,
  kind?: string,
];

const CASES: readonly Case[] = [
  ['when nothing changes: not at all', [], () => {}],
  [
    'when State drops an export that the gateway imports',
    ['export-in-use'],
    (next) => delete next.state.exports[exportOf(next.state, 'LogKey')],
  ],
  [
    'when State renames such an export',
    ['export-in-use'],
    ({ state }) => {
      const name = exportOf(state, 'CodeKey');
      state.exports[`${name}2`] = state.exports[name];
      delete state.exports[name];
    },
  ],
  [
    'when such an export says something else',
    ['export-in-use'],
    (next) => {
      next.state.exports[exportOf(next.state, 'RefTasks')] = { Ref: 'Lookups1B4CFE96' };
    },
  ],
  [
    'when a table has another key: its items and its exports are those of the old one',
    ['data-lost', 'export-in-use'],
    ({ state }) => set(state, 'Jtis', 'KeySchema', [{ AttributeName: 'id', KeyType: 'HASH' }]),
  ],
  ['when a table has another logical id', ['data-lost'], ({ state }) => moveTo(state, 'Lookups', 'Found0123')],
  ['when a bucket is no longer there', ['data-lost'], ({ state }) => remove(state, 'Payloads0')],
  ['when a key is no longer there that the gateway uses', ['data-lost'], ({ state }) => remove(state, 'CodeKey')],
  ['when a log group is no longer there', ['data-lost'], ({ gateway }) => remove(gateway, 'FrontReceiveLog')],
  ['when dead letters are no longer there', ['data-lost'], ({ gateway }) => remove(gateway, 'BackgroundChangesDead')],
  [
    'when a key is of another kind',
    ['never-changed'],
    ({ state }) => set(state, 'SigningKeysCurrent', 'KeySpec', 'RSA_2048'),
  ],
  [
    'when the stream has other contents',
    ['never-changed'],
    ({ state }) => set(state, 'Tasks', 'StreamSpecification', { StreamViewType: 'KEYS_ONLY' }),
  ],
  [
    'when items expire by another attribute',
    ['never-changed'],
    ({ state }) => set(state, 'Tasks', 'TimeToLiveSpecification.AttributeName', 'endsAt'),
  ],
  [
    'when an index has another key',
    ['indexes-changed'],
    ({ state }) => {
      const indexes = resource(state, 'Tasks').properties.GlobalSecondaryIndexes as { KeySchema: unknown }[];
      const [first] = indexes;
      if (first !== undefined) first.KeySchema = [{ AttributeName: 'owner', KeyType: 'HASH' }];
    },
  ],
  [
    'when two indexes go at once',
    ['indexes-changed'],
    ({ state }) => set(state, 'Tasks', 'GlobalSecondaryIndexes', []),
  ],
  [
    'when one index goes: not at all',
    [],
    ({ state }) =>
      set(
        state,
        'Tasks',
        'GlobalSecondaryIndexes',
        (resource(state, 'Tasks').properties.GlobalSecondaryIndexes as unknown[]).slice(0, 1),
      ),
  ],
  [
    'when a subnet keeps its addresses and moves to another zone',
    ['name-taken'],
    ({ gateway }) => set(gateway, 'NetworkPublicSubnet1Subnet', 'AvailabilityZone', 'eu-west-1c'),
  ],
  [
    'when a subnet may be replaced and keeps its addresses',
    ['name-taken'],
    ({ gateway }) => set(gateway, 'NetworkPublicSubnet1Subnet', 'Ipv6CidrBlock', '2001:db8::/64'),
  ],
  [
    'when a target group is replaced and keeps its name',
    ['name-taken'],
    ({ gateway }) => set(gateway, 'Targetsreceive', 'TargetType', 'ip'),
  ],
  [
    'when a target group is replaced and has another name: not at all',
    [],
    ({ gateway }) => {
      set(gateway, 'Targetsreceive', 'TargetType', 'ip');
      set(gateway, 'Targetsreceive', 'Name', 'another');
    },
  ],
  [
    'when a web ACL is replaced: the load balancer has one, and the old association would go last',
    ['name-taken'],
    ({ gateway }) => set(gateway, 'WebAclE', 'Scope', 'CLOUDFRONT'),
  ],
  [
    'when an event bus moves to another logical id',
    ['name-taken'],
    ({ gateway }) => moveTo(gateway, 'BackgroundEvents', 'Bus'),
  ],
  [
    'when a rule takes the place of another one',
    ['name-taken'],
    ({ gateway }) => set(gateway, 'RulesReceive9', 'Priority', 2010),
  ],
  [
    'when a log of the web ACL moves to another logical id',
    ['data-lost', 'name-taken'],
    ({ gateway }) => moveTo(gateway, 'WebAclLog4', 'Blocked'),
  ],
  [
    'when an alias is of another function: not at all',
    [],
    ({ gateway }) => set(gateway, 'FrontReceiveAlias', 'FunctionName', { Ref: 'FrontTasks0' }),
  ],
  [
    'when the source of events begins elsewhere, for the same function',
    ['name-taken'],
    ({ gateway }) => set(gateway, 'BackgroundChanges04', 'StartingPosition', 'LATEST'),
  ],
  [
    'when the load balancer’s network is another one',
    ['load-balancer-moved'],
    ({ gateway }) => set(gateway, 'LoadBalancerSecurityGroup', 'VpcId', 'vpc-0123456789abcdef0'),
  ],
  [
    'when a load balancer with an endpoint service loses a subnet',
    ['load-balancer-moved'],
    ({ gateway }) => {
      const [first] = resource(gateway, 'PrivateLinkE').properties.Subnets as unknown[];
      set(gateway, 'PrivateLinkE', 'Subnets', [first]);
    },
    'private-link',
  ],
  [
    'when a protected load balancer is no longer there',
    ['deletion-protected'],
    ({ gateway }) => {
      remove(gateway, 'PrivateLinkE');
    },
    'private-link',
  ],
  [
    'when a logical id is of another type',
    ['type-changed'],
    ({ gateway }) => {
      resource(gateway, 'BackgroundEvents').type = 'AWS::SNS::Topic';
    },
  ],
];

describe('an update is found unsafe', () => {
  it.each(CASES.map((one) => [one[0], one] as const))('%s', (_what, [, expected, change, kind]) => {
    expect(codes(change, kind)).toEqual(expected);
  });

  it('not if it removes a key that the deployed gateway no longer imports', () => {
    const before = recordOf('plain');
    const after = recordOf('plain');
    before.state.resources.SigningKeysKeyold = { type: 'AWS::KMS::Key', properties: {} };
    before.state.exports['Test-State:Old'] = { 'Fn::GetAtt': ['SigningKeysKeyold', 'Arn'] };
    expect(compareEnvironments(before, after)).toEqual([]);
    before.gateway.imports.push('Test-State:Old');
    expect(compareEnvironments(before, after).map(({ code }) => code)).toEqual(['export-in-use', 'data-lost']);
  });

  it('if the network is replaced, for load balancer and gateway, not for the new subnets', () => {
    const found = findings(({ gateway }) => set(gateway, 'Network6', 'CidrBlock', '10.1.0.0/22'));
    expect(found.map(({ code, resource: id }) => [code, id])).toEqual([
      ['name-taken', 'NetworkVPCGWB5047690'],
      ['load-balancer-moved', 'LoadBalancerC797D0FC'],
    ]);
  });
});

describe('a finding', () => {
  const found = findings(({ gateway }) => set(gateway, 'NetworkPublicSubnet1Subnet', 'AvailabilityZone', 'eu-west-1c'));

  it('names the resource, the consequence and the remedy', () => {
    expect(found.map(describeFinding)).toEqual([
      'Gateway/NetworkPublicSubnet1SubnetBAFD76B4: AWS::EC2::Subnet is replaced, because AvailabilityZone changes from ' +
        '"eu-west-1a" to "eu-west-1c", and keeps CidrBlock "10.0.0.0/26". Leave AvailabilityZone as it is, or give the new ' +
        'resource another name. (name-taken)',
    ]);
  });

  it('is reported with the number of compared resources', () => {
    const deployed = recordOf('plain');
    expect(reportUpdate('prod', deployed, found, 1)).toMatch(
      /^prod: this update is NOT safe: 9 resources of State, \d{3} of Gateway and 13 exports in use were compared, and 1 would fail or lose data:\n {2}Gateway\/NetworkPublicSubnet1/,
    );
    expect(reportUpdate('prod', deployed, [], 0)).toMatch(/^prod: this update is safe: 9 resources of State/);
    expect(reportUpdate('prod', undefined, [], 0)).toBe('prod: no stack is deployed. This is the first deployment.');
  });

  it('call no update safe that replaces a resource', () => {
    const deployed = recordOf('plain');
    expect(reportUpdate('prod', deployed, [], 1)).toMatch(
      /^prod: 1 resource is replaced \(the lines with "!"\)\. Nothing was found that CloudFormation refuses or that loses data: 9 /,
    );
    expect(reportUpdate('prod', deployed, [], 2)).toMatch(/^prod: 2 resources are replaced /);
  });
});
