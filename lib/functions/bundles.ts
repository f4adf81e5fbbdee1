import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { CEDAR_FILE } from '../../lambda/contract/policy.ts';
import { CHECKED_PROOFS, type CheckedProofName } from '../../lambda/contract/proofs.ts';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/variables.ts';

/** Bundled code of every function and proof, one file each. It is the same for every environment. */
export interface FunctionBundles {
  /** Content of `index.js`. */
  readonly functions: Readonly<Record<FunctionName, string>>;
  /** Files of the receiver's package, one for each proof that a processor uses. */
  readonly proofs: Readonly<Record<CheckedProofName, string>>;
  /** File of the receiver's package for payloads that are too large for the task. */
  readonly payloadBucket: string;
  /** File of the receiver's package if the environment encrypts tokens. */
  readonly tokenDecryption: string;
  /** Files of packages of functions that evaluate policies, if the environment has policies: our code, and Cedar. */
  readonly policy: { readonly code: string; readonly cedar: Uint8Array };
}

const FUNCTIONS = Object.keys(ENVIRONMENT_VARIABLES) as readonly FunctionName[];
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Bundles all code, once for all environments of a synth.
 * @throws the error of esbuild if code does not build
 */
export const bundleFunctions = async (): Promise<FunctionBundles> => {
  const [functions, proofs, code, tokenDecryption, payloadBucket] = await Promise.all([
    bundleAll(FUNCTIONS, (name) => `lambda/functions/${name}/handler.ts`),
    bundleAll(CHECKED_PROOFS, proofEntry),
    bundle(POLICY_ENTRY),
    bundle(TOKEN_DECRYPTION_ENTRY),
    bundle(PAYLOAD_BUCKET_ENTRY),
  ]);
  return { functions, payloadBucket, proofs, tokenDecryption, policy: { code, cedar: readFileSync(CEDAR) } };
};

const bundleAll = async <N extends string>(
  names: readonly N[],
  entryOf: (name: N) => string,
): Promise<Record<N, string>> =>
  Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await bundle(entryOf(name))] as const)),
  ) as Record<N, string>;

export const TOKEN_DECRYPTION_ENTRY = 'lambda/shared/callback-token/decrypt.ts';
export const PAYLOAD_BUCKET_ENTRY = 'lambda/functions/receive/store/s3-payload-store.ts';
export const POLICY_ENTRY = 'lambda/shared/policy/cedar.ts';

/** Cedar's WebAssembly file. Our policy code loads it by this name from its own folder. */
const CEDAR = join(dirname(createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs')), CEDAR_FILE);

/** `private_key_jwt` → `lambda/functions/receive/checks/proof/private-key-jwt.ts` */
export const proofEntry = (name: CheckedProofName): string =>
  `lambda/functions/receive/checks/proof/${name.replaceAll('_', '-')}.ts`;

/**
 * Options for one file of CommonJS: an ES module with static imports of Node's modules starts 30 to 40 ms later. The bundle
 * includes the AWS SDK, so that the tested version runs. It also starts faster than the runtime's copy.
 */
export const bundleOptions = (entry: string) =>
  ({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  }) satisfies BuildOptions;

const bundle = async (entry: string): Promise<string> => {
  const result = await build(bundleOptions(entry));
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error(`esbuild made no file of ${entry}.`);
  return file.text;
};
