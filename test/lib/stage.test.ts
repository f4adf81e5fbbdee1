import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../lib/config/read.ts';
import { PosternStage, stageName } from '../../lib/stage.ts';
import { anAwsEnvironment } from '../support/environments.ts';
import { anApp, NO_CODE } from '../support/synthesize.ts';

const stageOf = (isProtected: boolean) =>
  new PosternStage(anApp(), {
    environment: readEnvironment('prod', anAwsEnvironment({ protected: isProtected })),
    bundles: NO_CODE,
  });

describe('the stage of an environment', () => {
  it('is named like the file with a capital, so that `Prod/*` is deployed', () => {
    expect(stageName('prod')).toBe('Prod');
    const { stacks } = stageOf(true).synth();
    expect(stacks.map(({ hierarchicalId }) => hierarchicalId).sort()).toEqual(['Prod/Gateway', 'Prod/State']);
    expect(stacks.map(({ stackName }) => stackName).sort()).toEqual(['Prod-Gateway', 'Prod-State']);
  });

  it('is bound to its account and Region, so that other credentials deploy nothing', () => {
    for (const { environment } of stageOf(true).synth().stacks) {
      expect(environment).toMatchObject({ account: '123456789012', region: 'eu-west-1' });
    }
  });

  it.each([true, false])('has termination protection if it is protected: %s', (isProtected) => {
    for (const { terminationProtection } of stageOf(isProtected).synth().stacks) {
      expect(terminationProtection).toBe(isProtected);
    }
  });

  it('tags each stack with its environment', () => {
    for (const { tags } of stageOf(true).synth().stacks) expect(tags).toEqual({ 'postern:environment': 'prod' });
  });

  it('deploys State first, because Gateway refers to it', () => {
    const [state, gateway] = [...stageOf(true).synth().stacks].sort((a, b) => (a.stackName < b.stackName ? 1 : -1));
    expect(gateway?.dependencies.map(({ id }) => id)).toContain(state?.id);
  });
});
