/** Why a property of a resource cannot change, although the schema of its type does not say so. */
export interface NeverChanged {
  readonly property: string;
  readonly reason: string;
}

/** By resource type: what a service, and not the schema, refuses to change. */
export const NEVER_CHANGED: Readonly<Record<string, readonly NeverChanged[]>> = {
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
  'AWS::KMS::Key': ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'].map((property) => ({
    property,
    reason: 'KMS refuses the update: a key has one kind for life',
  })),
  'AWS::DynamoDB::GlobalTable': [
    {
      property: 'StreamSpecification',
      reason:
        'a table with another stream has another stream ARN, and what the old stream still holds is not published',
    },
    {
      // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
      property: 'TimeToLiveSpecification.AttributeName',
      reason: 'DynamoDB expires items by one attribute, and refuses another one until it was switched off',
    },
  ],
};
