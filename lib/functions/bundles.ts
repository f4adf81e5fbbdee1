import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { CEDAR_FILE } from '../../lambda/contract/policy.ts';
import { CHECKED_PROOFS, type CheckedProofName } from '../../lambda/contract/proofs.ts';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/variables.ts';
import { type BuiltBundles, keptOrBuilt } from './bundle-cache.ts';

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
  /** Code that the compiled schemas of an environment contain. */
  readonly schemaRuntime: string;
  /** Files of pages for people. */
  readonly pages: { readonly style: string; readonly consoleStyle: string; readonly consoleScript: string };
  /**
   * Files of packages of functions that evaluate policies: our code for policies in Cedar and Cedar itself, or our code for policies
   * in Rego.
   */
  readonly policy: { readonly code: string; readonly cedar: Uint8Array; readonly rego: string };
  /** Folder with the sources of the network door, of which a deployment builds an image. */
  readonly door: string;
}

const FUNCTIONS = Object.keys(ENVIRONMENT_VARIABLES) as readonly FunctionName[];
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Bundles all code, once for all environments of a synth. Takes the bundles of the last build if they are still the same.
 * @throws the error of esbuild if code does not build
 */
export const bundleFunctions = async (): Promise<FunctionBundles> =>
  bundlesFrom(
    await keptOrBuilt(
      ROOT,
      ENTRIES.map((entry) => bundleOptions(entry)),
      () => buildAll(ENTRIES),
    ),
  );

/**
 * Bundles all code with esbuild, also if nothing has changed.
 * @param root of the checkout
 */
export const buildFunctions = async (root = ROOT): Promise<FunctionBundles> => (await buildWithInputs(root)).bundles;

/** The same, with the files that the bundles contain, as paths from the root. */
export const buildWithInputs = async (
  root = ROOT,
): Promise<{ readonly bundles: FunctionBundles; readonly inputs: readonly string[] }> => {
  const { inputs, texts } = await buildAll(ENTRIES, root);
  return { bundles: bundlesFrom(texts), inputs };
};

const bundlesFrom = (texts: Readonly<Record<string, string>>): FunctionBundles => {
  const code = (entry: string): string => {
    const text = texts[entry];
    if (text === undefined) throw new Error(`esbuild made no file of ${entry}.`);
    return text;
  };
  const all = <N extends string>(names: readonly N[], entryOf: (name: N) => string): Record<N, string> =>
    Object.fromEntries(names.map((name) => [name, code(entryOf(name))])) as Record<N, string>;
  return {
    functions: all(FUNCTIONS, functionEntry),
    proofs: all(CHECKED_PROOFS, proofEntry),
    payloadBucket: code(PAYLOAD_BUCKET_ENTRY),
    tokenDecryption: code(TOKEN_DECRYPTION_ENTRY),
    schemaRuntime: code(SCHEMA_RUNTIME_ENTRY),
    pages: {
      style: code(PAGE_STYLE_ENTRY),
      consoleStyle: code(CONSOLE_STYLE_ENTRY),
      consoleScript: code(CONSOLE_SCRIPT_ENTRY),
    },
    policy: { code: code(POLICY_ENTRY), cedar: readFileSync(CEDAR), rego: code(REGO_ENTRY) },
    door: join(ROOT, 'door'),
  };
};

/** Builds each entry into one file. */
export const buildAll = async (entries: readonly string[], root = ROOT): Promise<BuiltBundles> => {
  const results = await Promise.all(
    entries.map((entry) => build({ ...bundleOptions(entry), absWorkingDir: root, metafile: true })),
  );
  return {
    texts: Object.fromEntries(
      results.flatMap(({ outputFiles: [file] }, i) => (file === undefined ? [] : [[entries[i], file.text] as const])),
    ),
    inputs: [...new Set(results.flatMap(({ metafile }) => Object.keys(metafile.inputs)))].sort(),
  };
};

const functionEntry = (name: FunctionName): string => `lambda/functions/${name}/handler.ts`;

export const TOKEN_DECRYPTION_ENTRY = 'lambda/shared/callback-token/decrypt.ts';
export const PAYLOAD_BUCKET_ENTRY = 'lambda/functions/receive/store/s3-payload-store.ts';
export const SCHEMA_RUNTIME_ENTRY = 'lib/functions/schema-runtime.ts';
const PAGE_STYLE_ENTRY = 'lambda/shared/html/page.css';
export const CONSOLE_STYLE_ENTRY = 'lambda/shared/console/console.css';
export const CONSOLE_SCRIPT_ENTRY = 'lambda/shared/console/console.js';
export const POLICY_ENTRY = 'lambda/shared/policy/cedar.ts';
export const REGO_ENTRY = 'lambda/shared/policy/rego.ts';

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

const ENTRIES: readonly string[] = [
  ...FUNCTIONS.map(functionEntry),
  ...CHECKED_PROOFS.map(proofEntry),
  POLICY_ENTRY,
  REGO_ENTRY,
  TOKEN_DECRYPTION_ENTRY,
  PAYLOAD_BUCKET_ENTRY,
  SCHEMA_RUNTIME_ENTRY,
  PAGE_STYLE_ENTRY,
  CONSOLE_STYLE_ENTRY,
  CONSOLE_SCRIPT_ENTRY,
];
