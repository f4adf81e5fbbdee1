/** Keys of the CDK's context that our constructs and apps read: `-c KEY=VALUE`, or `context` of `cdk.json`. */

/** Limits an app to one environment, by name. */
export const ENVIRONMENT_CONTEXT = 'postern:environment';

/** `true` makes constructs write a description of themselves into the assembly. Commands about environments read it. */
export const DESCRIBE_CONTEXT = 'postern:describe';

/** `LocalSettings` as JSON. With it, the environment that they name takes the form that runs on one machine. */
export const LOCAL_CONTEXT = 'postern:local';

/** `true` writes no code of functions into the assembly. Templates name it by its hash. For tests and comparisons of templates. */
export const NO_CODE_CONTEXT = 'postern:no-code';

/**
 * Names of a table's indexes: `-c postern:indexes=byCreation,byDeadline,byResource`. Without it a table has the indexes of the end
 * state. A new environment gets them at once. An update of a table creates or deletes at most one index, so an older environment is
 * deployed step by step. `docs/operate/upgrading.md` has the commands.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
 */
export const INDEXES_CONTEXT = 'postern:indexes';
