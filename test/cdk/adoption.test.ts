import { App, Stage } from 'aws-cdk-lib';
import { CURRENT_VERSION_EXPIRED_FLAGS, FLAGS } from 'aws-cdk-lib/cx-api';
import { describe, expect, it } from 'vitest';
import { Postern, type PosternProps } from '../../cdk/postern.ts';
import type { AwsEnvironmentInput } from '../../lib/config/environment.ts';
import { INDEXES_CONTEXT } from '../../lib/context-keys.ts';
import { FEATURE_FLAGS } from '../../lib/feature-flags.ts';
import { compareEnvironments } from '../../lib/update/compare.ts';
import { describeFinding } from '../../lib/update/finding.ts';
import { type CloudFormationTemplate, type EnvironmentTemplates, recordTemplates } from '../../lib/update/record.ts';
import { breakingChanges } from '../released/breaking-changes.ts';
import { asComparedIn, readRecord } from '../released/files.ts';
import { NO_CODE, synthesize } from '../support/synthesize.ts';
import { RECORDED } from '../support/update-fixtures.ts';

/** Every flag that the installed CDK knows has the other value. */
const OTHER_FLAGS = Object.fromEntries(
  Object.entries(FLAGS)
    .filter(([flag]) => !CURRENT_VERSION_EXPIRED_FLAGS.includes(flag))
    .map(
      ([flag, { unconfiguredBehavesLike }]) =>
        [flag, FEATURE_FLAGS[flag] ?? unconfiguredBehavesLike?.v2 ?? false] as const,
    )
    .map(([flag, value]) => [flag, typeof value === 'boolean' ? !value : value]),
);

/** Templates of an app of another team: it has other feature flags, and the environment has another path. */
const templatesOf = (
  { account, region, runsOn: _, ...settings }: AwsEnvironmentInput,
  context: Readonly<Record<string, unknown>> = {},
): EnvironmentTemplates => {
  const app = new App({
    context: { ...OTHER_FLAGS, ...context },
    treeMetadata: false,
    builtinCloudFormationValidation: false,
  });
  const live = new Stage(app, 'Live');
  new Postern(live, 'Callbacks', {
    env: { account, region },
    environment: { name: 'test', ...settings },
    stackNames: { state: 'Test-State', gateway: 'Test-Gateway' },
    bundles: NO_CODE,
  } as PosternProps);
  const assembly = live.synth();
  const templateOf = (name: string) => assembly.getStackByName(name).template as CloudFormationTemplate;
  return { state: templateOf('Test-State'), gateway: templateOf('Test-Gateway') };
};

/** `Metadata` is for tools, and changes nothing on AWS. */
const withoutMetadata = ({ Resources = {}, ...template }: CloudFormationTemplate) => ({
  ...template,
  Resources: Object.fromEntries(Object.entries(Resources).map(([id, { Metadata: _, ...rest }]) => [id, rest])),
});

describe('an environment that a fork deployed, built by Postern in an app with other ids and flags', () => {
  it.each(Object.entries(RECORDED))('%s: has the same templates', (_, input) => {
    const { gateway, state } = templatesOf(input);
    const fork = synthesize(input);
    expect(withoutMetadata(state)).toEqual(withoutMetadata(fork.state.toJSON()));
    expect(withoutMetadata(gateway)).toEqual(withoutMetadata(fork.gateway.toJSON()));
  });

  it.each(['plain', 'private-link'])('%s of 0.1.0: is updated safely, and nothing is replaced', (kind) => {
    const input = RECORDED[kind] as AwsEnvironmentInput;
    const templates = templatesOf(input, { [INDEXES_CONTEXT]: 'byCreation,byDeadline,byResource' });
    const [then, now] = [readRecord('0.1.0', kind), asComparedIn('0.1.0', recordTemplates(templates))];
    expect(compareEnvironments(then, now).map(describeFinding)).toEqual([]);
    expect(breakingChanges(then, now)).toEqual([]);
  });

  it('gets a second pair of stacks without the names of the first one', () => {
    const app = new App({ treeMetadata: false, builtinCloudFormationValidation: false });
    const { account, region, runsOn: _, ...settings } = RECORDED.plain as AwsEnvironmentInput;
    new Postern(app, 'Callbacks', {
      env: { account, region },
      environment: { name: 'test', ...settings },
      bundles: NO_CODE,
    } as PosternProps);
    expect(
      app
        .synth()
        .stacks.map(({ stackName }) => stackName)
        .sort(),
    ).toEqual(['Test-Gateway', 'Test-State']);
  });
});
