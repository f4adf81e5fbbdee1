import { readFileSync } from 'node:fs';
import { App, FeatureFlags, Stack } from 'aws-cdk-lib';
import { S3_PUBLIC_ACCESS_BLOCKED_BY_DEFAULT } from 'aws-cdk-lib/cx-api';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { FEATURE_FLAGS, setFeatureFlags } from '../../lib/feature-flags.ts';

describe('the feature flags of the CDK', () => {
  it('are those of cdk.json, so that other apps get the templates of this one', () => {
    const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
      readonly context: Readonly<Record<string, unknown>>;
    };
    const flags = Object.entries(context).filter(([key]) => key.startsWith('@aws-cdk'));
    expect(FEATURE_FLAGS).toEqual(Object.fromEntries(flags));
  });

  it('hold below the node, and leave the other stacks of the app alone', () => {
    const app = new App({ context: { [S3_PUBLIC_ACCESS_BLOCKED_BY_DEFAULT]: false } });
    const scope = new Construct(app, 'Prod');
    setFeatureFlags(scope.node);
    const isEnabled = (stack: Stack) => FeatureFlags.of(stack).isEnabled(S3_PUBLIC_ACCESS_BLOCKED_BY_DEFAULT);
    expect([isEnabled(new Stack(scope, 'State')), isEnabled(new Stack(app, 'Other'))]).toEqual([true, false]);
  });
});
