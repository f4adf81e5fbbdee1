import type { ResourceRecord, StackRecord } from './record.ts';
import { schemaOf } from './resource-schemas.ts';

/** Reason for which an update replaces a resource. */
export interface Replacement {
  readonly property: string;
  readonly before: unknown;
  readonly after: unknown;
  /** `sometimes` if the schema lists the property as conditional. */
  readonly happens: 'always' | 'sometimes';
}

/** Finds the resources that an update replaces, by logical id. */
export const replacements = (before: StackRecord, after: StackRecord): ReadonlyMap<string, Replacement> => {
  const found = new Map<string, Replacement>();
  const pairs = Object.entries(before.resources).flatMap(([id, old]) => {
    const now = after.resources[id];
    return now === undefined || now.type !== old.type ? [] : [[id, old, now] as const];
  });
  for (const [id, old, now] of pairs) {
    const changed = changedProperty(old, now);
    if (changed !== undefined) found.set(id, changed);
  }
  // A reference to a replaced resource has another value, although the template is unchanged.
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const [id, , now] of pairs) {
      if (found.has(id)) continue;
      const property = schemaOf(now.type).replaces.find((path) => refersTo(now.properties[path], found));
      if (property === undefined) continue;
      const value = now.properties[property];
      found.set(id, { property, before: value, after: value, happens: 'always' });
    }
  }
  return found;
};

const changedProperty = (old: ResourceRecord, now: ResourceRecord): Replacement | undefined => {
  const { mayReplace, replaces } = schemaOf(old.type);
  for (const [paths, happens] of [
    [replaces, 'always'],
    [mayReplace, 'sometimes'],
  ] as const) {
    const property = paths.find((path) => !isSame(old.properties[path], now.properties[path]));
    if (property !== undefined) {
      return { property, before: old.properties[property], after: now.properties[property], happens };
    }
  }
  return undefined;
};

export const isSame = (one: unknown, other: unknown): boolean => textOf(one) === textOf(other);

/** Returns the same text for equal values, in any order of their members. */
export const textOf = (value: unknown): string =>
  JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  ) ?? 'nothing';

/** True if a value refers to one of these resources: by `Ref`, `Fn::GetAtt`, or `${…}` inside `Fn::Sub`. */
export const refersTo = (value: unknown, resources: { has(logicalId: string): boolean }): boolean => {
  if (Array.isArray(value)) return value.some((item) => refersTo(item, resources));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, member]: [string, unknown]) => {
    if (name === 'Ref') return resources.has(String(member));
    if (name === 'Fn::GetAtt')
      return resources.has(String(Array.isArray(member) ? member[0] : String(member).split('.')[0]));
    if (name === 'Fn::Sub') {
      const text = String(Array.isArray(member) ? member[0] : member);
      if ([...text.matchAll(/\$\{([^}.!]+)[^}]*\}/g)].some(([, id = '']) => resources.has(id))) return true;
    }
    return refersTo(member, resources);
  });
};
