import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CHECKED_PROOFS } from '../../lambda/contract/proofs.ts';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/variables.ts';
import type { EnvironmentInput } from '../../lib/config/environment.ts';
import { readEnvironment } from '../../lib/config/read.ts';
import type { FunctionBundles } from '../../lib/functions/bundles.ts';
import { PosternStage } from '../../lib/stage.ts';

const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  readonly context: Record<string, unknown>;
};

/** An app with the feature flags of `cdk.json`: without them, templates would not be the ones that are deployed. */
export const anApp = (outdir?: string): App => new App({ context, ...(outdir !== undefined && { outdir }) });

const nothingOf = <N extends string>(names: readonly N[], code: (name: N) => string) =>
  Object.fromEntries(names.map((name) => [name, code(name)])) as Record<N, string>;

/** Code that stands for the functions' own, where a test is not about it. */
export const NO_CODE: FunctionBundles = {
  functions: nothingOf(
    Object.keys(ENVIRONMENT_VARIABLES) as FunctionName[],
    (name) => `exports.handler = async () => '${name}';`,
  ),
  payloadBucket: 'exports.createPayloadStore = () => undefined;',
  tokenDecryption: 'exports.createTokenDecrypter = () => undefined;',
  policy: { code: 'exports.createPolicy = () => undefined;', cedar: new Uint8Array() },
  proofs: nothingOf(CHECKED_PROOFS, (name) => `exports.createProof = () => '${name}';`),
};

export interface Synthesized {
  readonly state: Template;
  readonly gateway: Template;
}

/** The templates of an environment. */
export const synthesize = (input: EnvironmentInput): Synthesized => {
  const name = input.runsOn === 'aws' ? 'test' : 'local';
  const stage = new PosternStage(anApp(), { environment: readEnvironment(name, input), bundles: NO_CODE });
  return { state: Template.fromStack(stage.state), gateway: Template.fromStack(stage.gateway) };
};
