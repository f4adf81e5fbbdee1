import { IDENTITIES } from './identities.ts';
import { NEVER_CHANGED } from './never-changed.ts';
import { schemaOf } from './resource-schemas.ts';

/** The compared parts of a resource. */
export interface ResourceRecord {
  readonly type: string;
  /** Compared properties, by path. Absent properties are omitted. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** Absent if it is `Delete`. */
  readonly deletionPolicy?: string;
  /** Present if its service refuses to delete the resource. */
  readonly deletionProtection?: true;
}

/** The compared parts of a stack. Records are small, so that the repository can keep one for every release. */
export interface StackRecord {
  /** Resources by logical id. */
  readonly resources: Readonly<Record<string, ResourceRecord>>;
  /** Values by the names of the exports. */
  readonly exports: Readonly<Record<string, unknown>>;
  /** Names of exports that the stack imports. */
  readonly imports: readonly string[];
}

/** The two stacks of an environment. */
export interface EnvironmentRecord {
  readonly state: StackRecord;
  readonly gateway: StackRecord;
}

/** The templates of both stacks. A stack that is not deployed has an empty template. */
export interface EnvironmentTemplates {
  readonly state: CloudFormationTemplate;
  readonly gateway: CloudFormationTemplate;
}

/** The parts of a CloudFormation template that are read here. */
export interface CloudFormationTemplate {
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<
    Record<string, { readonly Value?: unknown; readonly Export?: { readonly Name?: unknown } }>
  >;
}

interface TemplateResource {
  /** Further attributes, such as `DependsOn`. */
  readonly [attribute: string]: unknown;
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/** Properties that are compared for special rules, although their change does not replace the resource. */
const ALSO_COMPARED: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::GlobalTable': ['GlobalSecondaryIndexes'],
  'AWS::EC2::VPCEndpointService': ['NetworkLoadBalancerArns'],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ['SecurityGroups', 'Subnets', 'Type'],
};

/** Extracts the compared parts of a template. */
export const recordTemplate = ({ Outputs = {}, Resources = {} }: CloudFormationTemplate): StackRecord => {
  const imports = new Set<string>();
  collectImports(Resources, imports);
  collectImports(Outputs, imports);
  return {
    resources: mapValues(Resources, recordResource),
    exports: Object.fromEntries(
      Object.values(Outputs).flatMap(({ Export, Value }) =>
        typeof Export?.Name === 'string' ? [[Export.Name, Value] as const] : [],
      ),
    ),
    imports: [...imports].sort(),
  };
};

export const recordTemplates = ({ gateway, state }: EnvironmentTemplates): EnvironmentRecord => ({
  state: recordTemplate(state),
  gateway: recordTemplate(gateway),
});

const recordResource = ({ DeletionPolicy, Properties = {}, Type }: TemplateResource): ResourceRecord => ({
  type: Type,
  properties: Object.fromEntries(
    comparedPaths(Type).flatMap((path) => {
      const value = valueAt(Properties, path.split('.'));
      return value === undefined ? [] : [[path, value] as const];
    }),
  ),
  ...(DeletionPolicy !== undefined && DeletionPolicy !== 'Delete' && { deletionPolicy: DeletionPolicy }),
  ...(isDeletionProtected(Properties) && { deletionProtection: true as const }),
});

/** Paths of the compared properties of a resource type. */
export const comparedPaths = (type: string): readonly string[] => {
  const { mayReplace, replaces } = schemaOf(type);
  const identity = IDENTITIES[type];
  const paths = [
    ...replaces,
    ...mayReplace,
    ...(identity?.name ?? []),
    ...(identity?.within ?? []),
    ...(NEVER_CHANGED[type] ?? []).map(({ property }) => property),
    ...(ALSO_COMPARED[type] ?? []),
  ];
  return [...new Set(paths)].filter((path) => !isComparedElsewhere(path)).sort();
};

/** `service-refusals.ts` compares the indexes of tables: a new index does not replace the table. */
const isComparedElsewhere = (path: string): boolean => path.startsWith('GlobalSecondaryIndexes.');

/** Value at a path. In a list, the values of all its items. */
const valueAt = (value: unknown, path: readonly string[]): unknown => {
  const [name, ...rest] = path;
  if (name === undefined) return normalized(value);
  if (Array.isArray(value)) {
    const values = value.map((item) => valueAt(item, path)).filter((item) => item !== undefined);
    return values.length === 0 ? undefined : values;
  }
  return isObject(value) ? valueAt(value[name], rest) : undefined;
};

/**
 * Normalizes values that mean the same. The count of `Fn::Cidr` does not change its blocks: with one more zone, the blocks of
 * the other zones stay.
 */
const normalized = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(normalized);
  if (!isObject(value)) return value;
  return mapValues(value, (member, name) =>
    name === 'Fn::Cidr' && Array.isArray(member)
      ? [normalized(member[0]), '(any number)', normalized(member[2])]
      : normalized(member),
  );
};

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#deletion-protection */
const isDeletionProtected = (properties: Readonly<Record<string, unknown>>): boolean => {
  const { LoadBalancerAttributes: attributes, Replicas: replicas } = properties;
  return (
    (Array.isArray(attributes) &&
      attributes.some(({ Key, Value }) => Key === 'deletion_protection.enabled' && Value === 'true')) ||
    (Array.isArray(replicas) && replicas.some(({ DeletionProtectionEnabled: on }) => on === true))
  );
};

const collectImports = (value: unknown, names: Set<string>): void => {
  if (Array.isArray(value)) {
    for (const item of value) collectImports(item, names);
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      if (name === 'Fn::ImportValue' && typeof member === 'string') names.add(member);
      else collectImports(member, names);
    }
  }
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const mapValues = <V, R>(object: Readonly<Record<string, V>>, map: (value: V, name: string) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value, name)]));
