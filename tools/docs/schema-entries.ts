import type * as v from 'valibot';

/** One entry of a schema, or a part of one, as the docs need it. */
export interface SchemaNode {
  readonly type: string;
  /** Set for a value without entries of its own. */
  readonly shown?: string;
  readonly bounds?: string;
  readonly entries?: v.ObjectEntries;
  readonly item?: SchemaNode;
  readonly value?: SchemaNode;
  readonly word?: string;
  readonly text?: SchemaNode;
  readonly options?: Readonly<Record<string, SchemaNode>>;
  readonly wrapped?: SchemaNode;
  readonly literal?: unknown;
}

export const nodeOf = (schema: v.GenericSchema): SchemaNode => schema as unknown as SchemaNode;

export const isOptional = (schema: v.GenericSchema): boolean => nodeOf(schema).type === 'exact_optional';

/** Objects in a schema, with their paths: `processors.ID.proof`. Items of a list have the path of the list. */
export const objectsIn = (
  node: SchemaNode,
  path = '',
): readonly (readonly [path: string, entries: v.ObjectEntries])[] => {
  const under = (name: string): string => (path === '' ? name : `${path}.${name}`);
  if (node.entries !== undefined) {
    const members = Object.entries(node.entries);
    return [[path, node.entries], ...members.flatMap(([name, entry]) => objectsIn(nodeOf(entry), under(name)))];
  }
  if (node.options !== undefined) return Object.values(node.options).flatMap((option) => objectsIn(option, path));
  const inner = node.wrapped ?? node.item;
  if (inner !== undefined) return objectsIn(inner, path);
  if (node.value === undefined) return [];
  return objectsIn(node.value, node.word === undefined && node.text === undefined ? under('ID') : path);
};
