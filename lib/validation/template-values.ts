/** A resource of a template. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** Resources by logical id. */
export type Resources = Readonly<Record<string, Resource>>;

/** Assumed length of a value that only the deployment knows: an ARN with a path and a generated name. */
const REFERENCE_CHARS = 128;

/**
 * The export of a name that CloudFormation makes from the stack's name, the logical id and 13 characters. The CDK ends the export with
 * a digest of 8 characters. A reference to a secret is its ARN, and no name.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
 */
const EXPORT_OF_NAME = /^([^:]+):ExportsOutputRef((?!\w*Secret)\w+)\w{8}$/;
const RANDOM_CHARS = 13;

/** Returns the list, or an empty one if the value is not a list. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** True if only the deployment knows the value. */
export const isIntrinsic = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const [key = '', ...more] = Object.keys(value);
  return more.length === 0 && (key === 'Ref' || key.startsWith('Fn::'));
};

/** Finds all values under one of these keys, at any depth. */
export const valuesUnder = (value: unknown, ...names: readonly string[]): readonly unknown[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    ...(names.includes(key) ? [member] : []),
    ...valuesUnder(member, ...names),
  ]);
};

/** Finds all strings in a value, at any depth. */
export const textsUnder = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsUnder) : [];
};

/**
 * Counts the characters of a value after deployment: of a string itself, of other values their JSON. `Fn::Join` counts its
 * parts, an import of a name counts as that name, and every other reference counts as the longest one.
 */
export const charsOf = (value: unknown): number => {
  if (value === undefined) return 0;
  if (typeof value === 'string') return value.length;
  if (isIntrinsic(value)) return charsOfReference(value as Readonly<Record<string, unknown>>);
  let referenced = 0;
  const text = JSON.stringify(value, (_key, member: unknown) => {
    if (!isIntrinsic(member)) return member;
    referenced += charsOfReference(member as Readonly<Record<string, unknown>>);
    return '';
  });
  return text.length + referenced;
};

const charsOfReference = (reference: Readonly<Record<string, unknown>>): number => {
  const [, parts] = listOf(reference['Fn::Join']);
  if (parts === undefined) return charsOfName(reference['Fn::ImportValue']) ?? REFERENCE_CHARS;
  return listOf(parts).reduce<number>((sum, part) => sum + charsOf(part), 0);
};

const charsOfName = (exportName: unknown): number | undefined => {
  const [, stack, id] = EXPORT_OF_NAME.exec(String(exportName)) ?? [];
  return stack === undefined || id === undefined ? undefined : `${stack}-${id}-`.length + RANDOM_CHARS;
};
