import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { LocalForm } from './config/local-form.ts';
import { type LocalDescription, type LocalSettings, localDescriptionFile } from './config/local-settings.ts';
import { LOCAL_CONTEXT } from './context-keys.ts';
import type { EnvironmentStacks } from './environment-stacks.ts';

/** The settings of the local gateway, if it runs the app for this environment. */
export const localSettingsFor = (scope: Construct, environment: string | undefined): LocalSettings | undefined => {
  const context: unknown = scope.node.tryGetContext(LOCAL_CONTEXT);
  if (context === undefined) return undefined;
  const settings = JSON.parse(String(context)) as LocalSettings;
  return settings.environment === environment ? settings : undefined;
};

/** Writes what the local gateway must know of an environment beside the templates of its stacks. */
export const writeLocalDescription = (
  scope: Construct,
  description: LocalForm['description'],
  { gateway, state }: Pick<EnvironmentStacks, 'gateway' | 'state'>,
): void => {
  const { outdir } = Stage.of(scope) ?? {};
  if (outdir === undefined) throw new Error(`${scope.node.path} is in no app; expected an App or a Stage above it.`);
  const stacks = { state: state.stackName, gateway: gateway.stackName };
  const whole: LocalDescription = { ...description, stacks };
  writeFileSync(join(outdir, localDescriptionFile(description.environment)), JSON.stringify(whole));
};
