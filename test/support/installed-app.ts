import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Duration, Size } from 'aws-cdk-lib';
import type { PosternProps } from '../../cdk/index.ts';
import type { PackedPackage } from './packed.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const run = promisify(execFile);

/** Id of the construct in the apps of these tests. */
export const CONSTRUCT_ID = 'Test';

/** Writes a value as a program of an app has it. Durations and sizes are those of `aws-cdk-lib`. */
const sourceOf = (value: unknown): string => {
  if (value instanceof Duration) return `Duration.millis(${value.toMilliseconds()})`;
  if (value instanceof Size) return `Size.bytes(${value.toBytes()})`;
  if (Array.isArray(value)) return `[${value.map(sourceOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${sourceOf(member)}`);
  return `{ ${members.join(', ')} }`;
};

/**
 * Statements of an app with one environment, after its imports.
 * @param outdir folder of the assembly; by default that of `CDK_OUTDIR`
 */
export const appSource = (props: PosternProps, outdir?: string): string =>
  `const app = new App(${sourceOf(outdir === undefined ? {} : { outdir })});\nnew Postern(app, '${CONSTRUCT_ID}', ${sourceOf(props)});\napp.synth();\n`;

/** Imports of such an app. */
export const IMPORTS = "import { App, Duration, Size } from 'aws-cdk-lib';\nimport { Postern } from '@postern/cdk';\n";

/** The same in CommonJS. */
export const REQUIRES =
  "const { App, Duration, Size } = require('aws-cdk-lib');\nconst { Postern } = require('@postern/cdk');\n";

/** What an app synthesized: the templates of both stacks, and the code of the functions by the names of its assets. */
export interface Synthesis {
  readonly state: unknown;
  readonly gateway: unknown;
  readonly assets: Readonly<Record<string, string>>;
}

/** Reads an assembly. @throws {Error} if it lacks one of the two templates */
export const readSynthesis = (outdir: string): Synthesis => {
  const files = readdirSync(outdir);
  const template = (stack: string): unknown => {
    const file = files.find((name) => name.startsWith(`${CONSTRUCT_ID}${stack}`) && name.endsWith('.template.json'));
    if (file === undefined) throw new Error(`${outdir} has no template of ${stack}: ${files.join(', ')}`);
    return JSON.parse(readFileSync(join(outdir, file), 'utf8'));
  };
  const assets = files.filter((name) => name.startsWith('asset.'));
  return {
    state: template('State'),
    gateway: template('Gateway'),
    assets: Object.fromEntries(assets.map((name) => [name, hashOfTree(join(outdir, name))])),
  };
};

/**
 * Variables of an app that runs without credentials, and without the CDK's validation: it takes most of a synth, and the findings are
 * those of the templates, which are compared.
 */
export const variables = (outdir: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: dirname(outdir),
  AWS_EC2_METADATA_DISABLED: 'true',
  CDK_OUTDIR: outdir,
  CDK_VALIDATION: 'false',
});

/** Runs a program to its end. @throws {Error} with its output if it fails */
export const runProgram = async (
  folder: string,
  command: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> => {
  try {
    await run(command, words, { cwd: folder, env });
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${command} ${words.join(' ')} failed:\n${stdout}${stderr}`);
  }
};

/** Runs a program in a folder, and returns the assembly that it wrote. @throws {Error} with its output if it fails */
export const synthesizeBy = async (
  folder: string,
  command: string,
  words: readonly string[],
  outdir: string,
): Promise<Synthesis> => {
  await runProgram(folder, command, words, variables(outdir));
  return readSynthesis(outdir);
};

/** Links a package of the checkout to a place in a `node_modules`. */
const linkPackage = (name: string, place: string): void => {
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', name), place);
};

/** Makes the commands of the checkout available to `npx` in a folder with `node_modules`. */
export const linkCommands = (folder: string, names: readonly string[]): void => {
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  for (const name of names) symlinkSync(join(ROOT, 'node_modules/.bin', name), join(folder, 'node_modules/.bin', name));
};

/**
 * Makes the `node_modules` that pnpm makes: the files of each package lie in a store, `node_modules` has links, and a package finds its
 * peers beside itself in the store only.
 * https://pnpm.io/symlinked-node-modules-structure
 * @returns the folder of the package's files in the store
 */
export const installLikePnpm = (
  folder: string,
  { folder: unpacked, manifest }: PackedPackage,
  peers: readonly string[],
): string => {
  const inStore = join('.pnpm', `${manifest.name.replace('/', '+')}@${manifest.version}`, 'node_modules');
  const store = join(folder, 'node_modules', inStore);
  cpSync(unpacked, join(store, manifest.name), { recursive: true });
  for (const peer of peers) {
    linkPackage(peer, join(store, peer));
    symlinkSync(join(inStore, peer), join(folder, 'node_modules', peer));
  }
  mkdirSync(join(folder, 'node_modules', dirname(manifest.name)), { recursive: true });
  symlinkSync(join('..', inStore, manifest.name), join(folder, 'node_modules', manifest.name));
  return join(store, manifest.name);
};

/** Hash of the names, kinds and contents of a tree. Links count by their target. */
export const hashOfTree = (folder: string): string => {
  const hash = createHash('sha256');
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = join(folder, path);
    const entry = lstatSync(file);
    hash.update(`${path}\0`);
    if (entry.isSymbolicLink()) hash.update(readlinkSync(file));
    else if (entry.isFile()) hash.update(readFileSync(file));
  }
  return hash.digest('hex');
};
