import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { PosternProps } from '@postern/cdk';
import settings from '../environments/__NAME__.ts';
import { dataOf, type Resources, synthesize } from './synthesize.ts';

const { findings, gateway, state } = synthesize();

const ofType = (resources: Resources, type: string) =>
  Object.entries(resources).filter(([, resource]) => resource.Type === type);

describe('State', () => {
  it('keeps every table, key, bucket and user pool that was deployed before', () => {
    const recorded = JSON.parse(readFileSync(new URL('state-resources.json', import.meta.url), 'utf8'));
    const present = dataOf(state);
    // CloudFormation would make a new, empty resource in the place of one with another id or type.
    assert.deepEqual({ ...present, ...recorded }, present);
  });

  const { protected: isProtected }: PosternProps['environment'] = settings.environment;

  it(`${isProtected ? 'keeps' : 'does not keep'} the data of each table if the stack is deleted`, () => {
    const tables = ofType(state, 'AWS::DynamoDB::GlobalTable');
    assert.notEqual(tables.length, 0);
    for (const [id, { DeletionPolicy, Properties, UpdateReplacePolicy }] of tables) {
      const replicas = Properties?.Replicas as readonly { readonly DeletionProtectionEnabled?: boolean }[];
      assert.ok(
        replicas.every(({ DeletionProtectionEnabled = false }) => DeletionProtectionEnabled === isProtected),
        id,
      );
      const policy: string = isProtected ? 'Retain' : 'Delete';
      assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], [policy, policy], id);
    }
  });
});

/** Paths that need no sign-in and no access token: a callback token or a signature authorizes them, or they are public. */
const OPEN_PATHS =
  /^\/(v1\/(results|failures|progress|uploads|handshake)|c|\.well-known|openapi\.json|problems|healthz)(\/|$)/;

interface Rule {
  readonly Actions: readonly { readonly Type: string }[];
  readonly Conditions: readonly {
    readonly Field: string;
    readonly PathPatternConfig?: { readonly Values: readonly string[] };
  }[];
}

describe('The load balancer', () => {
  it('refuses every path that has no rule', () => {
    const listeners = ofType(gateway, 'AWS::ElasticLoadBalancingV2::Listener');
    assert.notEqual(listeners.length, 0);
    for (const [id, { Properties }] of listeners) {
      const actions = Properties?.DefaultActions as Rule['Actions'];
      assert.deepEqual(
        actions.map(({ Type }) => Type),
        ['fixed-response'],
        id,
      );
    }
  });

  it('authenticates the caller on every path but those of callbacks and public documents', () => {
    const rules = ofType(gateway, 'AWS::ElasticLoadBalancingV2::ListenerRule');
    assert.notEqual(rules.length, 0);
    for (const [id, { Properties }] of rules) {
      const { Actions, Conditions } = Properties as unknown as Rule;
      const paths = Conditions.flatMap(({ PathPatternConfig }) => PathPatternConfig?.Values ?? []);
      const isOpen = paths.length > 0 && paths.every((path) => OPEN_PATHS.test(path));
      assert.ok(isOpen || /^(jwt-validation|authenticate-)/.test(Actions[0]?.Type ?? ''), `${id}: ${paths}`);
    }
  });
});

it('No check of the templates finds anything that is not acknowledged', () => {
  // A deployment stops until the settings are filled in, so they are no finding of this test.
  assert.deepEqual(
    findings.filter(({ ruleName }) => !ruleName.endsWith('postern:fill-in')),
    [],
  );
});
