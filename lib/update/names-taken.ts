import type { Finding } from './finding.ts';
import { IDENTITIES } from './identities.ts';
import type { ResourceRecord, StackRecord } from './record.ts';
import { isSame, type Replacement, refersTo, textOf } from './replacements.ts';

/** Finds new resources and replacements whose name an existing resource still has when CloudFormation creates them. */
export const namesTaken = (
  stack: Finding['stack'],
  before: StackRecord,
  after: StackRecord,
  replaced: ReadonlyMap<string, Replacement>,
): readonly Finding[] => {
  const owners = new Map<string, string>();
  for (const [id, resource] of Object.entries(before.resources)) {
    const name = identityOf(resource);
    if (name !== undefined) owners.set(name, id);
  }
  return Object.entries(after.resources).flatMap(([id, resource]): readonly Finding[] => {
    const name = identityOf(resource);
    // A resource inside a replaced one, for example a subnet in a new network, cannot collide with an old resource.
    if (name === undefined || refersTo(scopeOf(resource), replaced)) return [];
    const owner = owners.get(name);
    if (owner === undefined) return [];
    const replacement = replaced.get(id);
    if (owner === id && replacement !== undefined) return [replacementFinding(stack, id, resource, replacement)];
    return owner === id
      ? []
      : [
          {
            code: 'name-taken',
            stack,
            resource: id,
            problem: `${resource.type} needs ${nameOf(resource)}, which ${owner} of the deployed stack still has`,
            remedy:
              `Keep the logical id ${owner}, or remove the name in one deployment and give it to the new resource in the ` +
              'next one.',
          },
        ];
  });
};

const replacementFinding = (
  stack: Finding['stack'],
  id: string,
  resource: ResourceRecord,
  { after, before, happens, property }: Replacement,
): Finding => ({
  code: 'name-taken',
  stack,
  resource: id,
  problem: isSame(before, after)
    ? `${resource.type} is replaced, because ${property} refers to a replaced resource, and keeps ${nameOf(resource)}`
    : `${resource.type} ${happens === 'always' ? 'is' : 'may be'} replaced, because ${property} changes from ` +
      `${textOf(before)} to ${textOf(after)}, and keeps ${nameOf(resource)}`,
  remedy: `Leave ${property} as it is, or give the new resource another name.`,
});

/** Text of a resource's identity; undefined if CloudFormation generates the name. */
const identityOf = (resource: ResourceRecord): string | undefined => {
  const identity = IDENTITIES[resource.type];
  if (identity === undefined || identity.name.some((path) => resource.properties[path] === undefined)) return undefined;
  const paths = [...identity.name, ...(identity.within ?? [])];
  return [resource.type, ...paths.map((path) => textOf(resource.properties[path]))].join('\n');
};

const scopeOf = ({ properties, type }: ResourceRecord): readonly unknown[] => {
  const { name = [], within = [] } = IDENTITIES[type] ?? {};
  return [...name, ...within].map((path) => properties[path]);
};

const nameOf = ({ properties, type }: ResourceRecord): string =>
  (IDENTITIES[type]?.name ?? []).map((path) => `${path} ${textOf(properties[path])}`).join(' and ');
