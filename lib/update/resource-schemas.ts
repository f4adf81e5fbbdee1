import SCHEMA_FILE from './resource-schemas.json' with { type: 'json' };

/** Effects of changes, from the schema of a resource type. Paths are like `TimeToLiveSpecification.AttributeName`. */
export interface ResourceSchema {
  /** Properties that only a replacement of the resource can change (`createOnlyProperties`). */
  readonly replaces: readonly string[];
  /** Properties that replace the resource in some cases (`conditionalCreateOnlyProperties`). */
  readonly mayReplace: readonly string[];
  /** True if the resource keeps data, which a replacement loses. */
  readonly keepsData: boolean;
}

/**
 * Schemas of the resource types in our templates. `test/lib/update/resource-schemas.test.ts` writes the file from the schemas
 * in the CDK CLI's package, and fails when the two differ.
 */
const SCHEMAS: Readonly<Record<string, ResourceSchema>> = SCHEMA_FILE;

const NO_SCHEMA: ResourceSchema = { replaces: [], mayReplace: [], keepsData: false };

/** The CDK adds it with `versionReporting`. CloudFormation makes nothing of it. */
const METADATA_OF_CDK = 'AWS::CDK::Metadata';

/**
 * Returns the schema of a resource type.
 * @throws {UnknownResourceType} if the file does not have the type
 */
export const schemaOf = (type: string): ResourceSchema => {
  // A custom resource has no schema: its function decides about replacement.
  if (type.startsWith('Custom::') || ['AWS::CloudFormation::CustomResource', METADATA_OF_CDK].includes(type)) {
    return NO_SCHEMA;
  }
  const schema = SCHEMAS[type];
  if (schema === undefined) throw new UnknownResourceType(type);
  return schema;
};

export class UnknownResourceType extends Error {
  constructor(type: string) {
    super(
      `A template has a resource of the type ${type}, and nothing is known here of what replaces such a resource. In another app, ` +
        'see "npx cdk diff" instead. In this repository, `npx vitest run -u test/lib/update/resource-schemas.test.ts` adds the type.',
    );
    this.name = 'UnknownResourceType';
  }
}
