import { readFileSync } from 'node:fs';

/** What the schema of a resource type says about changes. Paths are as in a template: `TimeToLiveSpecification.AttributeName`. */
export interface ResourceSchema {
  /** Properties that only a replacement of the resource can change (`createOnlyProperties`). */
  readonly replaces: readonly string[];
  /** Properties that replace the resource in some cases (`conditionalCreateOnlyProperties`). */
  readonly mayReplace: readonly string[];
  /** Whether the resource keeps data, which a replacement loses. */
  readonly keepsData: boolean;
}

/**
 * Resource types that the templates use. `test/lib/update/resource-schemas.test.ts` writes the file from the schemas that
 * the CDK's command line brings along, and fails when the two differ.
 */
const SCHEMAS = JSON.parse(readFileSync(new URL('resource-schemas.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, ResourceSchema>
>;

const OF_OUR_OWN: ResourceSchema = { replaces: [], mayReplace: [], keepsData: false };

/**
 * The schema of a resource type.
 * @throws {UnknownResourceType} if the file does not have the type: then nobody knows what replaces the resource
 */
export const schemaOf = (type: string): ResourceSchema => {
  // A custom resource has no schema: its function decides.
  if (type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource') return OF_OUR_OWN;
  const schema = SCHEMAS[type];
  if (schema === undefined) throw new UnknownResourceType(type);
  return schema;
};

export class UnknownResourceType extends Error {
  constructor(type: string) {
    super(
      `${type} is not in lib/update/resource-schemas.json; expected every type that the templates use. ` +
        'Run `npx vitest run -u test/lib/update/resource-schemas.test.ts`, which adds the type.',
    );
    this.name = 'UnknownResourceType';
  }
}
