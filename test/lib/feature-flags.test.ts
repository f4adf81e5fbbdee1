import { readFileSync } from 'node:fs';
import { App, FeatureFlags, Stack } from 'aws-cdk-lib';
import { CURRENT_VERSION_EXPIRED_FLAGS, FLAGS, S3_PUBLIC_ACCESS_BLOCKED_BY_DEFAULT } from 'aws-cdk-lib/cx-api';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { FEATURE_FLAGS } from '../../lib/feature-flags.ts';
import { setFeatureFlags } from '../../lib/set-feature-flags.ts';

describe('the feature flags of the CDK', () => {
  it('are those of cdk.json, so that other apps get the templates of this one', () => {
    const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
      readonly context: Readonly<Record<string, unknown>>;
    };
    const flags = Object.entries(context).filter(([key]) => key.startsWith('@aws-cdk'));
    expect(FEATURE_FLAGS).toEqual(Object.fromEntries(flags));
  });

  it('get their default if they are not in the list, although the app sets others', () => {
    const known = Object.entries(FLAGS).filter(([flag]) => !CURRENT_VERSION_EXPIRED_FLAGS.includes(flag));
    const others = known.filter(([flag]) => !Object.hasOwn(FEATURE_FLAGS, flag));
    expect(others).not.toEqual([]);
    const context = others.map(([flag, { unconfiguredBehavesLike }]) => [flag, !unconfiguredBehavesLike?.v2] as const);
    const app = new App({ context: Object.fromEntries(context) });
    const scope = new Construct(app, 'Prod');
    setFeatureFlags(scope.node);
    for (const [flag, ofApp] of context) {
      expect([flag, FeatureFlags.of(new Stack(scope, flag.replaceAll(/\W/g, ''))).isEnabled(flag)]).toEqual([
        flag,
        !ofApp,
      ]);
    }
  });

  it('hold below the node, and leave the other stacks of the app alone', () => {
    const app = new App({ context: { [S3_PUBLIC_ACCESS_BLOCKED_BY_DEFAULT]: false } });
    const scope = new Construct(app, 'Prod');
    setFeatureFlags(scope.node);
    const isEnabled = (stack: Stack) => FeatureFlags.of(stack).isEnabled(S3_PUBLIC_ACCESS_BLOCKED_BY_DEFAULT);
    expect([isEnabled(new Stack(scope, 'State')), isEnabled(new Stack(app, 'Other'))]).toEqual([true, false]);
  });
});
