import { CfnDeletionPolicy, CfnResource, type Stack } from 'aws-cdk-lib';

/** Policies that keep a resource whose creation has succeeded. */
const KEEPS: readonly (CfnDeletionPolicy | undefined)[] = [
  CfnDeletionPolicy.RETAIN,
  CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE,
];

/**
 * Stops synth if a resource that is retained now loses its retention later. Aspects of the app may change it, as
 * `RemovalPolicies.of(app).destroy()` does. Call it when all resources are made.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
 */
export const expectRetention = (...stacks: readonly Stack[]): void => {
  for (const stack of stacks) {
    const retained = stack.node
      .findAll()
      .filter(CfnResource.isCfnResource)
      .filter(({ cfnOptions }) => cfnOptions.deletionPolicy === CfnDeletionPolicy.RETAIN);
    // The CDK validates after the aspects.
    stack.node.addValidation({ validate: () => retained.flatMap(findingOf) });
  }
};

const findingOf = ({ cfnOptions, node }: CfnResource): readonly string[] => {
  const { deletionPolicy, updateReplacePolicy } = cfnOptions;
  if ([deletionPolicy, updateReplacePolicy].every((policy) => KEEPS.includes(policy))) return [];
  return [
    `${node.path} has the deletion policy ${deletionPolicy ?? 'Delete'} and the replacement policy ${updateReplacePolicy ?? 'Delete'}; ` +
      'expected Retain, because the environment is protected. An aspect of the app, such as RemovalPolicies, has changed it: exclude ' +
      'the environment from this aspect, or set `protected: false` if its data may be lost.',
  ];
};
