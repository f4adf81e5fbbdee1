/** A resource of a template. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** By logical id. */
export type Resources = Readonly<Record<string, Resource>>;

/** Longest that a reference is taken for where only the deployment knows: an ARN with a path and a name that was made up. */
const REFERENCE_CHARS = 128;

/** The list, or one without items where it is something else. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Whether a value is known at deployment only. */
export const isIntrinsic = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const [key = '', ...more] = Object.keys(value);
  return more.length === 0 && (key === 'Ref' || key.startsWith('Fn::'));
};

/** Every value under one of these keys, however deep. */
export const valuesUnder = (value: unknown, ...names: readonly string[]): readonly unknown[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    ...(names.includes(key) ? [member] : []),
    ...valuesUnder(member, ...names),
  ]);
};

/** Every text in a value, however deep. */
export const textsUnder = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsUnder) : [];
};

/**
 * Characters of a value as it is deployed: text as it is, anything else as JSON. What is joined counts as its parts, and any
 * other reference as much as the longest.
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
  if (parts === undefined) return REFERENCE_CHARS;
  return listOf(parts).reduce<number>((sum, part) => sum + charsOf(part), 0);
};
