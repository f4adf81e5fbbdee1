import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../lib/config/read.ts';
import { EnvironmentStacks } from '../../lib/environment-stacks.ts';
import type { StackNames } from '../../lib/stack-names.ts';
import { anAwsEnvironment } from '../support/environments.ts';
import { anApp, NO_CODE } from '../support/synthesize.ts';

const synthesized = (isProtected: boolean, stackNames?: StackNames) => {
  const app = anApp();
  new EnvironmentStacks(app, {
    environment: readEnvironment('prod', anAwsEnvironment({ protected: isProtected })),
    bundles: NO_CODE,
    ...(stackNames !== undefined && { stackNames }),
  });
  return app.synth();
};

describe('the stacks of an environment', () => {
  it('are named like the environment with a capital, so that `Prod/*` is deployed', () => {
    const { stacks } = synthesized(true);
    expect(stacks.map(({ hierarchicalId }) => hierarchicalId).sort()).toEqual(['Prod/Gateway', 'Prod/State']);
    expect(stacks.map(({ stackName }) => stackName).sort()).toEqual(['Prod-Gateway', 'Prod-State']);
  });

  it('are bound to their account and Region, so that other credentials deploy nothing', () => {
    for (const { environment } of synthesized(true).stacks) {
      expect(environment).toMatchObject({ account: '123456789012', region: 'eu-west-1' });
    }
  });

  it.each([true, false])('have termination protection if it is protected: %s', (isProtected) => {
    for (const { terminationProtection } of synthesized(isProtected).stacks) {
      expect(terminationProtection).toBe(isProtected);
    }
  });

  it('have the tag of their environment', () => {
    for (const { tags } of synthesized(true).stacks) expect(tags).toEqual({ 'postern:environment': 'prod' });
  });

  it('are deployed with State first, because Gateway refers to it', () => {
    const [state, gateway] = [...synthesized(true).stacks].sort((a, b) => (a.stackName < b.stackName ? 1 : -1));
    expect(gateway?.dependencies.map(({ id }) => id)).toContain(state?.id);
  });
});
