import type { Template } from 'aws-cdk-lib/assertions';

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** Resources of a type, by logical id. */
export const resourcesOf = (template: Template, type: string): Readonly<Record<string, Resource>> =>
  template.findResources(type) as Record<string, Resource>;

/** The only resource of a type, with its logical id. */
export const theResource = (template: Template, type: string): Resource & { readonly id: string } => {
  const found = Object.entries(resourcesOf(template, type));
  const [first] = found;
  if (first === undefined || found.length !== 1) throw new Error(`There are ${found.length} resources ${type}.`);
  return { id: first[0], ...first[1] };
};

/**
 * Writes a template as lines: one for the type of each resource, and one for each property; a long property gets
 * several. Omits parts that change with every synth and parts of the CDK: asset names, metadata, tags, and the function
 * for the default security group. Omits the content of dashboards, which is long and has its own tests.
 * @param names placeholders for the names of an environment, so that environments can be compared
 */
export const linesOf = (template: Template, names: Readonly<Record<string, string>> = {}): readonly string[] => {
  const text = Object.entries(names).reduce(
    (all, [name, stands]) => all.replaceAll(name, stands),
    JSON.stringify(template.toJSON())
      .replaceAll(/[0-9a-f]{64}/g, '<asset>')
      // Names a version after its function.
      .replaceAll(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, '$1<version>'),
  );
  const { Resources = {}, Outputs = {} } = JSON.parse(text) as {
    readonly Resources?: Record<string, Partial<Resource>>;
    readonly Outputs?: Record<string, unknown>;
  };
  const resources = Object.entries(Resources)
    .filter(([id]) => !id.startsWith('Custom') && !id.includes('CustomResource'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([id, { Properties = {}, Type, DependsOn: _order, ...rest }]) => {
      const { Tags: _tags, DashboardBody: _shown, ...properties } = Properties;
      return [`${id}: ${Type}`, ...flatten(id, { ...withoutMetadata(rest), ...properties })];
    });
  return [...resources, ...flatten('Outputs', Outputs)];
};

const withoutMetadata = (rest: object): object =>
  Object.fromEntries(Object.entries(rest).filter(([name]) => name !== 'Metadata'));

/** A short value stays on one line. */
const MAX_LINE = 180;

const flatten = (path: string, value: object): readonly string[] =>
  Object.entries(value).flatMap(([key, member]) => {
    const text = JSON.stringify(member);
    const whole = typeof member !== 'object' || member === null || text.length <= MAX_LINE;
    return whole ? [`${path}.${key} = ${text}`] : flatten(`${path}.${key}`, member);
  });
