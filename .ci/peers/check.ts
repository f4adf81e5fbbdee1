import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PosternProps } from '../../cdk/index.ts';
import type { AwsEnvironmentInput } from '../../lib/config/environment.ts';
import { type EnvironmentTemplates, recordTemplates } from '../../lib/update/record.ts';
import { breakingChanges } from '../../test/released/breaking-changes.ts';
import { asComparedIn, readRecord, recordedVersions } from '../../test/released/files.ts';
import {
  appSource,
  IMPORTS,
  readSynthesis,
  runProgram,
  type Synthesis,
  variables,
} from '../../test/support/installed-app.ts';
import { RECORDED } from '../../test/support/update-fixtures.ts';
import { differences } from './differences.ts';

/*
 * Installs the packed @postern/cdk beside the lowest and the newest versions of its peers, compiles an app of CommonJS, and
 * synthesizes every kind of environment that test/released has. State must be the recorded one. Both syntheses must be the same, apart
 * from what differences.ts permits. `npm ci` has run in both folders.
 */
const FOLDER = fileURLToPath(new URL('./', import.meta.url));
const ROOT = join(FOLDER, '../..');

const propsOf = ({ account, region, runsOn: _, ...settings }: AwsEnvironmentInput): PosternProps => ({
  env: { account, region },
  environment: { ...settings, name: 'test' },
});

/** An app for each kind of environment, in one program. Each writes its assembly into a folder of its own. */
const PROGRAM = [
  IMPORTS,
  // A package without types would be `any`, and would accept this.
  "// @ts-expect-error a mistake\nexport const mistake = (): unknown => new Postern(new App(), 'Mistake', { env: 7 });\n",
  ...Object.entries(RECORDED).map(([kind, input]) => `{\n${appSource(propsOf(input), `${kind}.out`)}}\n`),
].join('\n');

/** Settings of CommonJS with which the compiler refuses an ES module. Libraries are checked, because `skipLibCheck` is off. */
const SETTINGS = {
  compilerOptions: { strict: true, target: 'es2022', module: 'node16', moduleResolution: 'node16', types: ['node'] },
  files: ['app.ts'],
};

/** Compiles the program with the packages of a folder, and runs it. */
const synthesizeAll = async (peers: string, tarball: string): Promise<ReadonlyMap<string, Synthesis>> => {
  const folder = join(FOLDER, peers);
  // The lock file has everything but the tarball. npm refuses versions that the package does not accept.
  const flags = ['--no-save', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await runProgram(folder, 'npm', ['install', ...flags, tarball]);
  const build = join(folder, 'build');
  rmSync(build, { recursive: true, force: true });
  mkdirSync(build);
  writeFileSync(join(build, 'app.ts'), PROGRAM);
  writeFileSync(join(build, 'tsconfig.json'), JSON.stringify(SETTINGS));
  await runProgram(build, process.execPath, ['../node_modules/typescript/bin/tsc', '-p', '.']);
  await runProgram(build, process.execPath, ['app.js'], variables(join(build, 'cdk.out')));
  return new Map(Object.keys(RECORDED).map((kind) => [kind, readSynthesis(join(build, `${kind}.out`))]));
};

/** What is wrong with the State of an environment, compared with the recorded one. */
const changesOfState = (kind: string, synthesis: Synthesis): readonly string[] => {
  const version = recordedVersions().at(-1) ?? '';
  const now = asComparedIn(version, recordTemplates(synthesis as EnvironmentTemplates));
  return breakingChanges(readRecord(version, kind), now);
};

const packed = join(FOLDER, 'build');
rmSync(packed, { recursive: true, force: true });
await runProgram(ROOT, 'npm', ['run', '-s', 'pack', '--', '--out', packed]);
const tarball = join(packed, readdirSync(packed).find((file) => file.startsWith('postern-cdk-')) ?? '');

const lowest = await synthesizeAll('lowest', tarball);
const newest = await synthesizeAll('newest', tarball);
const wrong = [...lowest].flatMap(([kind, one]) => {
  const other = newest.get(kind);
  if (other === undefined) throw new Error(`The newest versions synthesized no environment ${kind}.`);
  const found = [...changesOfState(kind, one), ...changesOfState(kind, other), ...differences(one, other)];
  return found.map((line) => `${kind}: ${line}`);
});
if (wrong.length > 0) {
  console.error(wrong.join('\n'));
  process.exitCode = 1;
} else {
  console.log(
    `${Object.keys(RECORDED).length} environments: the recorded State, and the same templates with both versions.`,
  );
}
