import { describe, expect, it } from 'vitest';
import { expectOwnStacks, OtherStack } from '../../../lib/update/expect-own-stacks.ts';
import type { EnvironmentTemplates } from '../../../lib/update/record.ts';
import { readRecord } from '../../released/files.ts';
import { synthesize } from '../../support/synthesize.ts';
import { RECORDED } from '../../support/update-fixtures.ts';

const NAMES = { state: 'Prod-State', gateway: 'Prod-Gateway' };
const { gateway, state } = synthesize(RECORDED.plain as Parameters<typeof synthesize>[0]);
const templates: EnvironmentTemplates = { state: state.toJSON(), gateway: gateway.toJSON() };
const check = (deployed: Partial<EnvironmentTemplates>) => () =>
  expectOwnStacks({ state: {}, gateway: {}, ...deployed }, templates, NAMES);

describe('the deployed stacks of an environment', () => {
  it('are its own if they have one of its resources, as those of 0.1.0 have', () => {
    const ofRelease = (kind: 'state' | 'gateway') => {
      const { resources } = readRecord('0.1.0', 'plain')[kind];
      return { Resources: Object.fromEntries(Object.entries(resources).map(([id, { type }]) => [id, { Type: type }])) };
    };
    expect(check({ state: ofRelease('state'), gateway: ofRelease('gateway') })).not.toThrow();
  });

  it('may be missing', () => {
    expect(check({})).not.toThrow();
    expect(check({ state: templates.state })).not.toThrow();
  });

  it('are refused if they have each other’s names', () => {
    expect(check({ state: templates.gateway })).toThrow(OtherStack);
    expect(check({ gateway: templates.state })).toThrow(
      'The deployed stack Prod-Gateway has the resources of the state; expected the stack with load balancer, functions and events.',
    );
  });

  it('are refused if a stack has none of its resources, except those that every stack may have', () => {
    const CDKMetadata = { Type: 'AWS::CDK::Metadata' };
    const bothHave = {
      state: { Resources: { ...templates.state.Resources, CDKMetadata } },
      gateway: { Resources: { ...templates.gateway.Resources, CDKMetadata } },
    };
    const deployed = { state: { Resources: { Website: { Type: 'AWS::S3::Bucket' }, CDKMetadata } }, gateway: {} };
    expect(() => expectOwnStacks(deployed, bothHave, NAMES)).toThrow(
      'The deployed stack Prod-State has 2 resources and none of the state, for example Website; expected the stack with tables, ' +
        'payloads and keys. A deployment would delete what it has. Correct `stackNames` of the environment, or the files of --against.',
    );
  });
});
