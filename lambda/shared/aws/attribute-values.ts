import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** Attributes of an item, with the type descriptors of DynamoDB. */
export type Attributes = Record<string, AttributeValue>;

/**
 * Returns the members of an object as attributes. Members that are undefined are omitted.
 * @throws {TypeError} for a value that no attribute here has: a number that is not finite, a set, a function
 */
export const toAttributes = (item: object): Attributes => {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(item)) {
    if (value !== undefined) attributes[name] = toAttribute(value);
  }
  return attributes;
};

const toAttribute = (value: unknown): AttributeValue => {
  switch (typeof value) {
    case 'string':
      return { S: value };
    case 'boolean':
      return { BOOL: value };
    case 'number':
      if (Number.isFinite(value)) return { N: `${value}` };
      break;
    case 'object':
      if (value === null) return { NULL: true };
      if (Array.isArray(value)) return { L: value.map(toAttribute) };
      if (value instanceof Uint8Array) return { B: value };
      if (!(value instanceof Set)) return { M: toAttributes(value) };
  }
  throw new TypeError(`No attribute has a value like this ${typeof value}.`);
};

/**
 * Returns the values of attributes.
 * @throws {TypeError} for a set
 */
export const fromAttributes = (attributes: Readonly<Attributes>): Record<string, unknown> => {
  const item: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes)) item[name] = fromAttribute(value);
  return item;
};

const fromAttribute = (value: AttributeValue): unknown => {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.M !== undefined) return fromAttributes(value.M);
  if (value.L !== undefined) return value.L.map(fromAttribute);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.B !== undefined) return value.B;
  if (value.NULL !== undefined) return null;
  throw new TypeError(`An attribute of type ${Object.keys(value).join()} is not expected here.`);
};
