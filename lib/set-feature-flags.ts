import { CURRENT_VERSION_EXPIRED_FLAGS, FLAGS } from 'aws-cdk-lib/cx-api';
import type { Node } from 'constructs';
import { FEATURE_FLAGS } from './feature-flags.ts';

/** Major version of the CDK, as `FLAGS` names it. */
const MAJOR_VERSION = 'v2';

/**
 * The default of every other flag that the installed `aws-cdk-lib` knows, so that constructs do not get it from the app: a later version
 * has flags that are not above. The CDK refuses to read a flag of an earlier major version that is set.
 */
const otherDefaults = (): Readonly<Record<string, boolean>> =>
  Object.fromEntries(
    Object.entries(FLAGS)
      .filter(([flag]) => !Object.hasOwn(FEATURE_FLAGS, flag) && !CURRENT_VERSION_EXPIRED_FLAGS.includes(flag))
      .map(([flag, { unconfiguredBehavesLike }]) => [flag, unconfiguredBehavesLike?.[MAJOR_VERSION] ?? false] as const)
      .filter((entry): entry is readonly [string, boolean] => typeof entry[1] === 'boolean'),
  );

/** Sets all flags for the constructs below a node, which has no children yet. Other stacks of the app keep theirs. */
export const setFeatureFlags = (node: Node): void => {
  for (const [flag, value] of Object.entries({ ...otherDefaults(), ...FEATURE_FLAGS })) node.setContext(flag, value);
};
