import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import type { Environment } from '../config/environment.ts';
import type { FunctionBundles } from '../functions/bundles.ts';
import { PosternStage } from '../stage.ts';
import { type CloudFormationTemplate, type EnvironmentRecord, recordTemplate } from './record.ts';

/**
 * What is compared of an environment's templates, as its file makes them now.
 * @param context the feature flags of `cdk.json`: without them, the templates would not be those that are deployed
 */
export const recordEnvironment = (
  environment: Environment,
  bundles: FunctionBundles,
  context: Readonly<Record<string, unknown>>,
): EnvironmentRecord => {
  const outdir = mkdtempSync(join(tmpdir(), 'postern-update-'));
  try {
    // A stage without an app: the rules that the CDK holds every app against take seconds, and say nothing about updates.
    const root = new Stage(undefined as never, '', { outdir });
    for (const [key, value] of Object.entries(context)) root.node.setContext(key, value);
    const stage = new PosternStage(root, { environment, bundles });
    const assembly = stage.synth();
    const record = (stackName: string) =>
      recordTemplate(assembly.getStackByName(stackName).template as CloudFormationTemplate);
    return { state: record(stage.state.stackName), gateway: record(stage.gateway.stackName) };
  } finally {
    rmSync(outdir, { recursive: true });
  }
};
