import { RemovalPolicies } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../lib/config/read.ts';
import { EnvironmentStacks } from '../../../lib/environment-stacks.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { SWITCHED } from '../../support/switched-environments.ts';
import { anApp, NO_ASSETS, NO_CODE, TEST_CONTEXT } from '../../support/synthesize.ts';

const WITHOUT_CODE = { context: { ...TEST_CONTEXT, ...NO_ASSETS } };

const synthesizeWith = (isProtected: boolean, change: (policies: RemovalPolicies) => void) => () => {
  const app = anApp(undefined, WITHOUT_CODE);
  const environment = readEnvironment('test', anAwsEnvironment({ protected: isProtected }));
  new EnvironmentStacks(app, { environment, bundles: NO_CODE });
  change(RemovalPolicies.of(app));
  return app.synth();
};

describe('the retention of a protected environment', () => {
  it.each([
    'Tasks/Resource/Resource',
    'Jtis/Resource/Resource',
    'Audit/Resource/Resource',
    'TableKey/Resource/Resource',
    'CodeKey/Resource/Resource',
    'Payloads/Resource/Resource',
  ])('cannot be removed by an aspect of the app: State/%s', (path) => {
    expect(synthesizeWith(true, (policies) => policies.destroy())).toThrow(
      `Test/State/${path} has the deletion policy Delete and the replacement policy Delete; expected Retain, because the ` +
        'environment is protected.',
    );
  });

  it('stays with an aspect that retains more', () => {
    expect(synthesizeWith(true, (policies) => policies.retain())).not.toThrow();
    expect(synthesizeWith(true, (policies) => policies.retainOnUpdateOrDelete())).not.toThrow();
  });

  it.each(Object.entries(SWITCHED))('is complete without an aspect: %s', (_name, input) => {
    const app = anApp(undefined, WITHOUT_CODE);
    const environment = readEnvironment('test', { ...input, protected: true });
    new EnvironmentStacks(app, { environment, bundles: NO_CODE });
    expect(() => app.synth()).not.toThrow();
  });
});

describe('an environment that is not protected', () => {
  it('may be removed with its data by an aspect', () => {
    expect(synthesizeWith(false, (policies) => policies.destroy())).not.toThrow();
  });
});
