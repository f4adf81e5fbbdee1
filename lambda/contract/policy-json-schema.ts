import {
  CONTEXT_MEMBERS,
  POLICY_ACTION_NAMES,
  PRINCIPAL_ATTRIBUTES,
  PRINCIPAL_TYPES,
  RESOURCE_ATTRIBUTES,
  RESOURCE_TYPES,
} from './policy-input.ts';
import type { Members, MemberType } from './policy-questions.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

const TYPES: Readonly<Record<MemberType, JsonSchema>> = {
  string: { type: 'string' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  address: { type: 'string', description: 'an IPv4 or IPv6 address' },
  strings: { type: 'array', items: { type: 'string' } },
};

/** OPA reads only the first of several types in one `type`, but all members of `anyOf`. */
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });

/** An object with exactly these members. OPA finds a misspelt name only if further members are not allowed. */
const objectOf = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});

const membersOf = (members: Members): Readonly<Record<string, JsonSchema>> =>
  Object.fromEntries(Object.entries(members).map(([name, { type }]) => [name, orNull(TYPES[type])]));

const entityOf = (types: readonly string[], attributes: Members): JsonSchema =>
  objectOf({
    type: { type: 'string', enum: types },
    id: TYPES.string,
    application: orNull(TYPES.string),
    ...membersOf(attributes),
  });

/**
 * JSON schema of the `input` of policies in Rego, for `opa check --strict --schema`. The input of every action has every member of all
 * actions; those that the action does not have are null.
 */
export const policySchemaJson = (): JsonSchema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Input of the policies of Postern in Rego',
  ...objectOf({
    action: { type: 'string', enum: POLICY_ACTION_NAMES },
    principal: entityOf(PRINCIPAL_TYPES, PRINCIPAL_ATTRIBUTES),
    resource: entityOf(RESOURCE_TYPES, RESOURCE_ATTRIBUTES),
    context: objectOf(membersOf(CONTEXT_MEMBERS)),
  }),
});
