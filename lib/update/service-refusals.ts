import type { Finding } from './finding.ts';
import { NEVER_CHANGED } from './never-changed.ts';
import type { ResourceRecord, StackRecord } from './record.ts';
import { isSame, type Replacement, refersTo, textOf } from './replacements.ts';

/** Finds changes that a service refuses although the schemas of its resources allow them. */
export const serviceRefusals = (
  stack: Finding['stack'],
  before: StackRecord,
  after: StackRecord,
  replaced: ReadonlyMap<string, Replacement>,
): readonly Finding[] => [
  ...Object.entries(before.resources).flatMap(([id, old]): readonly Finding[] => {
    const now = after.resources[id];
    if (now === undefined) return deletionProtected(stack, id, old);
    if (now.type !== old.type) return [typeChanged(stack, id, old, now)];
    if (replaced.get(id)?.happens === 'always') return deletionProtected(stack, id, old);
    return [...neverChanged(stack, id, old, now), ...indexesChanged(stack, id, old, now)];
  }),
];

const typeChanged = (stack: Finding['stack'], id: string, old: ResourceRecord, now: ResourceRecord): Finding => ({
  code: 'type-changed',
  stack,
  resource: id,
  problem: `its type changes from ${old.type} to ${now.type}, which CloudFormation refuses`,
  remedy: 'Give the new resource another logical id.',
});

const deletionProtected = (stack: Finding['stack'], id: string, old: ResourceRecord): readonly Finding[] =>
  old.deletionProtection === true && old.deletionPolicy !== 'Retain'
    ? [
        {
          code: 'deletion-protected',
          stack,
          resource: id,
          problem: `${old.type} would be deleted, and is protected from deletion`,
          remedy:
            'Remove the protection by hand first. Otherwise the resource stays in the account and continues to cost money.',
        },
      ]
    : [];

const neverChanged = (
  stack: Finding['stack'],
  id: string,
  old: ResourceRecord,
  now: ResourceRecord,
): readonly Finding[] =>
  (NEVER_CHANGED[old.type] ?? [])
    .filter(({ property }) => !isSame(old.properties[property], now.properties[property]))
    .map(({ property, reason }) => ({
      code: 'never-changed',
      stack,
      resource: id,
      problem:
        `${property} changes from ${textOf(old.properties[property])} to ${textOf(now.properties[property])}: ` +
        reason,
      remedy: 'Create a new resource with another logical id, and remove the old one later.',
    }));

interface Index {
  readonly IndexName: string;
  readonly KeySchema?: unknown;
  readonly Projection?: unknown;
}

/**
 * Finds refused changes of a table's indexes: an update may add or remove one index, and may not change keys or projection.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
 */
const indexesChanged = (
  stack: Finding['stack'],
  id: string,
  old: ResourceRecord,
  now: ResourceRecord,
): readonly Finding[] => {
  if (old.type !== 'AWS::DynamoDB::GlobalTable') return [];
  const then = indexesOf(old);
  const next = indexesOf(now);
  const finding = (problem: string, remedy: string): Finding => ({
    code: 'indexes-changed',
    stack,
    resource: id,
    problem,
    remedy,
  });
  const changed = [...then].filter(([name, shape]) => next.has(name) && next.get(name) !== shape).map(([name]) => name);
  const removed = [...then.keys()].filter((name) => !next.has(name));
  const added = [...next.keys()].filter((name) => !then.has(name));
  const moved = [...removed, ...added];
  const [first] = added;
  const step = first === undefined ? [...then.keys()].filter((name) => name !== removed[0]) : [...then.keys(), first];
  return [
    ...changed.map((name) =>
      finding(
        `the index ${name} changes its keys or its projection, which DynamoDB refuses`,
        'Create an index with another name, move the readers to it, and remove the old one two deployments later.',
      ),
    ),
    ...(moved.length > 1
      ? [
          finding(
            `the indexes ${moved.join(', ')} would be added or removed in one update, and DynamoDB accepts one at a time`,
            'Add or remove one index in each deployment. For the tasks table, docs/operate/upgrading.md has the steps. The next ' +
              `one: deploy State with -c postern:indexes=${step.join(',')}`,
          ),
        ]
      : []),
  ];
};

const indexesOf = ({ properties }: ResourceRecord): ReadonlyMap<string, string> =>
  new Map(
    ((properties.GlobalSecondaryIndexes ?? []) as readonly Index[]).map(({ IndexName, KeySchema, Projection }) => [
      IndexName,
      textOf({ KeySchema, Projection }),
    ]),
  );

/**
 * Finds refused changes of load balancers. A load balancer stays in its network, and with an endpoint service it cannot lose
 * a subnet while endpoints are connected. The schema allows both.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/availability-zones.html
 */
export const loadBalancersMoved = (
  before: StackRecord,
  after: StackRecord,
  replaced: ReadonlyMap<string, Replacement>,
): readonly Finding[] =>
  Object.entries(before.resources).flatMap(([id, old]): readonly Finding[] => {
    const now = after.resources[id];
    if (old.type !== 'AWS::ElasticLoadBalancingV2::LoadBalancer' || now === undefined || replaced.has(id)) return [];
    const finding = (problem: string, remedy: string): readonly Finding[] => [
      { code: 'load-balancer-moved', stack: 'Gateway', resource: id, problem, remedy },
    ];
    const [then, next] = [networkOf(old, before), networkOf(now, after)];
    if (!isSame(then, next) || refersTo(next, replaced)) {
      return finding(
        `it would move from the network ${textOf(then)} to ${textOf(next)}, and a load balancer stays in its network`,
        'Create a second environment in the other network, and delete this one when its tasks have ended.',
      );
    }
    const service = Object.values(before.resources).find(
      ({ properties, type }) =>
        type === 'AWS::EC2::VPCEndpointService' && refersTo(properties.NetworkLoadBalancerArns, new Set([id])),
    );
    const lost = subnetsOf(old).filter((subnet) => !subnetsOf(now).includes(subnet));
    return service !== undefined && lost.length > 0
      ? finding(
          `it would lose the subnet ${lost.join(', ')}, which is refused while an endpoint is connected to its service`,
          'Reject the connections first (`aws ec2 reject-vpc-endpoint-connections`), or keep the subnet.',
        )
      : [];
  });

/** The network of a load balancer, from its security groups. */
const networkOf = ({ properties }: ResourceRecord, { resources }: StackRecord): unknown =>
  ((properties.SecurityGroups ?? []) as readonly unknown[])
    .map((group) => Object.entries(resources).find(([id]) => refersTo(group, new Set([id])))?.[1].properties.VpcId)
    .find((vpc) => vpc !== undefined);

const subnetsOf = ({ properties }: ResourceRecord): readonly string[] =>
  ((properties.Subnets ?? []) as readonly unknown[]).map(textOf);
