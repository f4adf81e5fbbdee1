/** A property that cannot change, although the schema of the resource type does not say so. */
export interface NeverChanged {
  readonly property: string;
  readonly reason: string;
}

/** Properties that a service refuses to change, by resource type. */
export const NEVER_CHANGED: Readonly<Record<string, readonly NeverChanged[]>> = {
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
  'AWS::KMS::Key': ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'].map((property) => ({
    property,
    reason: 'KMS refuses the update: the kind of a key never changes',
  })),
  // https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html has no such parameters.
  'AWS::Cognito::UserPool': ['UsernameAttributes', 'UsernameConfiguration'].map((property) => ({
    property,
    reason: 'Cognito refuses the update: the names of users keep their form',
  })),
  'AWS::DynamoDB::GlobalTable': [
    {
      property: 'StreamSpecification',
      reason: 'another stream has another ARN, and the remaining records of the old stream are not published',
    },
    {
      // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
      property: 'TimeToLiveSpecification.AttributeName',
      reason: 'DynamoDB expires items by one attribute, and refuses another one until expiry is switched off',
    },
  ],
};
