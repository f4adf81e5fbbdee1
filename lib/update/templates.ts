import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import type { Environment } from '../config/environment.ts';
import { NO_CODE_CONTEXT } from '../context-keys.ts';
import { EnvironmentStacks } from '../environment-stacks.ts';
import type { FunctionBundles } from '../functions/bundles.ts';
import type { CloudFormationTemplate, EnvironmentTemplates } from './record.ts';

/**
 * Synthesizes an environment.
 * @param context the feature flags of `cdk.json`: without them the templates would differ from the deployed ones
 */
export const makeTemplates = (
  environment: Environment,
  bundles: FunctionBundles,
  context: Readonly<Record<string, unknown>>,
): EnvironmentTemplates => {
  const outdir = mkdtempSync(join(tmpdir(), 'postern-update-'));
  try {
    // A stage without an app: the CDK's validation of an app takes seconds and is not needed for an update.
    const root = new Stage(undefined as never, '', { outdir });
    for (const [key, value] of Object.entries(context)) root.node.setContext(key, value);
    // Copies no assets: a template names them by their hash.
    for (const key of [DISABLE_ASSET_STAGING_CONTEXT, NO_CODE_CONTEXT]) root.node.setContext(key, true);
    const stacks = new EnvironmentStacks(root, { environment, bundles });
    const assembly = root.synth();
    const templateOf = (stackName: string) => assembly.getStackByName(stackName).template as CloudFormationTemplate;
    return { state: templateOf(stacks.state.stackName), gateway: templateOf(stacks.gateway.stackName) };
  } finally {
    rmSync(outdir, { recursive: true });
  }
};
