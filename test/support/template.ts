import type { Template } from 'aws-cdk-lib/assertions';

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** The resources of a type, by logical id. */
export const resourcesOf = (template: Template, type: string): Readonly<Record<string, Resource>> =>
  template.findResources(type) as Record<string, Resource>;

/** The one resource of a type, with its logical id. */
export const theResource = (template: Template, type: string): Resource & { readonly id: string } => {
  const found = Object.entries(resourcesOf(template, type));
  const [first] = found;
  if (first === undefined || found.length !== 1) throw new Error(`There are ${found.length} resources ${type}.`);
  return { id: first[0], ...first[1] };
};

/**
 * A template as lines, one a value: `Resource (Type).path = value`. What differs from synth to synth without meaning
 * anything is left out: names of assets, metadata, and what every stack has of the CDK itself.
 */
export const linesOf = (template: Template): readonly string[] => {
  const { Resources = {}, Outputs = {} } = template.toJSON() as Record<string, Record<string, unknown>>;
  return [...flatten('', Resources), ...flatten('Output ', Outputs)]
    .map((line) => line.replaceAll(/[0-9a-f]{64}/g, '<asset>'))
    .filter((line) => !line.includes('.Metadata.'))
    .sort();
};

const flatten = (path: string, value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null || isLeaf(value)) return [`${path} = ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([key, member]) => flatten(path === '' ? key : `${path}.${key}`, member));
};

/** Intrinsics and lists of plain values are read best in one piece. */
const isLeaf = (value: object): boolean => {
  const members = Object.values(value);
  const [key] = Object.keys(value);
  if (members.length === 0 || (members.length === 1 && (key === 'Ref' || key?.startsWith('Fn::')))) return true;
  return Array.isArray(value) && members.every((member) => typeof member !== 'object');
};
