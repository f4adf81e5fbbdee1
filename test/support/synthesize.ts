import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { App, type AppProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { BUNDLING_STACKS, DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import { CHECKED_PROOFS } from '../../lambda/contract/proofs.ts';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/variables.ts';
import type { EnvironmentInput } from '../../lib/config/environment.ts';
import { readEnvironment } from '../../lib/config/read.ts';
import { NO_CODE_CONTEXT } from '../../lib/context-keys.ts';
import { EnvironmentStacks } from '../../lib/environment-stacks.ts';
import type { FunctionBundles } from '../../lib/functions/bundles.ts';

const cdk = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  readonly context: Record<string, unknown>;
};

/**
 * Context of every synth of a test: the feature flags of `cdk.json`, and no stack traces. The traces take half of the time
 * of a construct and are in no template.
 */
export const TEST_CONTEXT: Readonly<Record<string, unknown>> = {
  ...cdk.context,
  'aws:cdk:disable-creation-stack-traces': true,
  'aws:cdk:disable-stack-trace': true,
};

/**
 * An app with the feature flags of `cdk.json`. Without them the templates would differ from the deployed ones. It omits the
 * CDK's validation, which takes seconds: `test/lib/validation/findings.test.ts` switches it on.
 */
export const anApp = (outdir?: string, props: Partial<AppProps> = {}): App =>
  new App({
    context: TEST_CONTEXT,
    builtinCloudFormationValidation: false,
    treeMetadata: false,
    ...(outdir !== undefined && { outdir }),
    ...props,
  });

/** Context for tests of templates, which name assets by their hash: no file of an asset is written. */
export const NO_ASSETS: Readonly<Record<string, unknown>> = {
  [DISABLE_ASSET_STAGING_CONTEXT]: true,
  [NO_CODE_CONTEXT]: true,
};

/** An app whose functions are not bundled, for tests that do not need their code. */
export const anAppWithoutBundles = (): App => anApp(undefined, { context: { ...TEST_CONTEXT, [BUNDLING_STACKS]: [] } });

const nothingOf = <N extends string>(names: readonly N[], code: (name: N) => string) =>
  Object.fromEntries(names.map((name) => [name, code(name)])) as Record<N, string>;

/** Stand-in for the functions' code, for tests that do not need it. */
export const NO_CODE: FunctionBundles = {
  functions: nothingOf(
    Object.keys(ENVIRONMENT_VARIABLES) as FunctionName[],
    (name) => `exports.handler = async () => '${name}';`,
  ),
  pages: { style: 'body {}', consoleStyle: 'body {}', consoleScript: '' },
  payloadBucket: 'exports.createPayloadStore = () => undefined;',
  schemaRuntime: 'module.exports = {};',
  tokenDecryption: 'exports.createTokenDecrypter = () => undefined;',
  policy: {
    code: 'exports.createPolicy = () => undefined;',
    cedar: new Uint8Array(),
    rego: 'exports.createPolicy = () => undefined;',
  },
  proofs: nothingOf(CHECKED_PROOFS, (name) => `exports.createProof = () => '${name}';`),
  door: fileURLToPath(new URL('../../door', import.meta.url)),
};

export interface Synthesized {
  readonly state: Template;
  readonly gateway: Template;
}

const synthesized = new Map<string, Synthesized>();

/** Returns the templates of an environment. Equal inputs share one synth for all files of a worker. */
export const synthesize = (input: EnvironmentInput): Synthesized => {
  const key = inputKey(input);
  const known = synthesized.get(key);
  if (known !== undefined) return known;
  const name = input.runsOn === 'aws' ? 'test' : 'local';
  const app = anApp(undefined, { context: { ...TEST_CONTEXT, ...NO_ASSETS } });
  const stage = new EnvironmentStacks(app, { environment: readEnvironment(name, input), bundles: NO_CODE });
  const made = { state: Template.fromStack(stage.state), gateway: Template.fromStack(stage.gateway) };
  synthesized.set(key, made);
  return made;
};

/**
 * Returns equal texts for equal inputs. An `undefined` property counts, because it can differ from an absent one.
 * @throws {TypeError} if JSON cannot represent a value, so that two inputs could have the same text
 */
export const inputKey = (input: object): string =>
  JSON.stringify(input, (name, value: unknown) => {
    if (typeof value === 'function' || value instanceof Map || value instanceof Set) {
      throw new TypeError(`${name} has no text in JSON.`);
    }
    return value === undefined ? '(undefined)' : value;
  });
