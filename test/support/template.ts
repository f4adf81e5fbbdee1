import type { Template } from 'aws-cdk-lib/assertions';

export interface Resource {
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
 * A template as lines, one for each resource's type and one for each of its properties, deeper where a property is
 * long. Left out is what differs from synth to synth without meaning anything, and what is the CDK's own: names of
 * assets, metadata, tags, and the function that empties the default security group. So is what a dashboard shows, which is
 * long and has tests of its own.
 * @param names what stands for the names of one environment, so that environments can be compared
 */
export const linesOf = (template: Template, names: Readonly<Record<string, string>> = {}): readonly string[] => {
  const text = Object.entries(names).reduce(
    (all, [name, stands]) => all.replaceAll(name, stands),
    JSON.stringify(template.toJSON())
      .replaceAll(/[0-9a-f]{64}/g, '<asset>')
      // A version is called after what it is of.
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

/** What is read at a glance stays in one piece. */
const MAX_LINE = 180;

const flatten = (path: string, value: object): readonly string[] =>
  Object.entries(value).flatMap(([key, member]) => {
    const text = JSON.stringify(member);
    const whole = typeof member !== 'object' || member === null || text.length <= MAX_LINE;
    return whole ? [`${path}.${key} = ${text}`] : flatten(`${path}.${key}`, member);
  });
