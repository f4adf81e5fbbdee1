import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { toAttributes } from '../aws/attribute-values.ts';

/** Assignments of an update expression, with their names and values. */
export interface Assignments {
  readonly assignments: readonly string[];
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** Returns the assignments that set these attributes of an item. */
export const assign = (attributes: object): Assignments => {
  const names = Object.keys(attributes);
  return {
    assignments: names.map((name) => `#${name} = :${name}`),
    names: placeholders(names),
    values: toAttributes(Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`:${name}`, value]))),
  };
};

/** Placeholders, because several names of attributes are reserved words of DynamoDB. */
export const placeholders = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`#${name}`, name]));
