import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect } from 'vitest';
import { schemaText } from '../../../cli/policies/policy-files.ts';
import { policySchemaJson } from '../../../lambda/contract/policy-json-schema.ts';
import { runPostern, startPostern } from '../../support/command-line.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const VECTORS = join(ROOT, 'test/vectors/rego');
const STAND_IN = fileURLToPath(new URL('../../support/opa-stand-in.ts', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const GUIDE = readFileSync(join(VECTORS, 'guide.rego'), 'utf8');
/** Version of opa that made the checked-in modules. */
const [, VERSION = ''] =
  /\sgithub\.com\/open-policy-agent\/opa v(\S+)/.exec(readFileSync(join(ROOT, '.ci/opa/go.mod'), 'utf8')) ?? [];
/** Module that it made of the guide's policies, with the hash of their source. */
const GUIDE_MODULE = readFileSync(join(VECTORS, 'guide.wasm'));

/** A program in POSIX shell. */
const writeProgram = (file: string, line: string): string => {
  writeFileSync(file, `#!/bin/sh\n${line}\n`);
  chmodSync(file, 0o755);
  return file;
};

const test = base
  /** Folder with a stand-in of opa. */
  .extend('standIn', { scope: 'file' }, ({ folder }) => {
    const bin = join(folder, 'stand-in');
    mkdirSync(bin);
    writeProgram(join(bin, 'opa'), `exec '${process.execPath}' --import '${TSX}' '${STAND_IN}' "$@"`);
    return bin;
  })
  /** Folder with `opa`: the program that POSTERN_OPA names, or else the stand-in. */
  .extend('bin', { scope: 'file' }, ({ folder, standIn }) => {
    const opa = process.env.POSTERN_OPA;
    if (opa === undefined) return standIn;
    const bin = join(folder, 'real');
    mkdirSync(bin);
    symlinkSync(opa, join(bin, 'opa'));
    return bin;
  })
  /** Folder with policies in `guide.rego`. */
  .extend('checkout', ({ ownFolder }) => {
    copyFileSync(join(VECTORS, 'guide.rego'), join(ownFolder, 'guide.rego'));
    return ownFolder;
  })
  /** The same folder with the files that the command writes. */
  .extend('built', ({ checkout }) => {
    writeFileSync(join(checkout, 'guide.wasm'), GUIDE_MODULE);
    writeFileSync(join(checkout, 'policy-schema.json'), schemaText());
    return checkout;
  })
  /** Runs the command in that folder, with opa in the search path and nothing else. */
  .extend(
    'build',
    ({ bin, checkout }) =>
      (words: readonly string[] = ['guide.rego'], env: Readonly<Record<string, string>> = {}) =>
        runPostern(['env', 'policies', 'build', ...words], { cwd: checkout, env: { PATH: bin, ...env } }),
  );

const filesOf = (folder: string): readonly string[] => readdirSync(folder).toSorted();

describe('postern env policies build', () => {
  test('writes the module with the hash of its source, and the schema, and no other file', async ({
    build,
    checkout,
  }) => {
    const temporary = join(checkout, 'temporary');
    mkdirSync(temporary);
    const { code, stderr, stdout } = await build(['guide.rego', '-o', 'json'], { TMPDIR: temporary });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      source: 'guide.rego',
      module: 'guide.wasm',
      schema: 'policy-schema.json',
      bytes: GUIDE_MODULE.length,
      sourceSha256: GUIDE_MODULE.subarray(-64).toString(),
      opa: VERSION,
    });
    expect(filesOf(checkout)).toEqual(['guide.rego', 'guide.wasm', 'policy-schema.json', 'temporary']);
    expect(filesOf(temporary).filter((name) => name.startsWith('postern-'))).toEqual([]);
    expect(readFileSync(join(checkout, 'guide.wasm')).equals(GUIDE_MODULE)).toBe(true);
    expect(JSON.parse(readFileSync(join(checkout, 'policy-schema.json'), 'utf8'))).toEqual(policySchemaJson());
  });

  test('writes beside the source, and replaces older files', async ({ build, checkout }) => {
    mkdirSync(join(checkout, 'environments'));
    writeFileSync(join(checkout, 'environments/guide.rego'), GUIDE);
    writeFileSync(join(checkout, 'environments/guide.wasm'), 'old');
    writeFileSync(join(checkout, 'environments/policy-schema.json'), 'old');
    const { code, stderr, stdout } = await build(['environments/guide.rego']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      `opa ${VERSION} has compiled environments/guide.rego: environments/guide.wasm has ${GUIDE_MODULE.length} bytes. ` +
        'Commit it with environments/guide.rego and environments/policy-schema.json.\n',
    );
    expect(readFileSync(join(checkout, 'environments/guide.wasm')).equals(GUIDE_MODULE)).toBe(true);
    expect(filesOf(join(checkout, 'environments'))).toEqual(['guide.rego', 'guide.wasm', 'policy-schema.json']);
  });

  test('takes the opa that --opa names, relative to the folder', async ({ bin, build, checkout }) => {
    symlinkSync(join(bin, 'opa'), join(checkout, 'my-opa'));
    expect(await build(['guide.rego', '--opa', 'my-opa'], { PATH: checkout })).toMatchObject({ code: 0, stderr: '' });
  });

  test('shows what opa says about a mistake, and leaves the files as they are', async ({ build, checkout }) => {
    await build();
    const before = filesOf(checkout);
    writeFileSync(join(checkout, 'guide.rego'), GUIDE.replace('input.context.size', 'input.context.sise'));
    const { code, stderr, stdout } = await build();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const line = GUIDE.slice(0, GUIDE.indexOf('input.context.size')).split('\n').length;
    expect(stderr).toContain(`opa ${VERSION} check refuses the policies:\n`);
    expect(stderr).toContain(`guide.rego:${line}: rego_type_error: undefined ref: input.context.sise\n`);
    expect(stderr).toMatch(/want \(one of\): \[.*"size" "source"\]/);
    expect(stderr).toContain('No file was changed.');
    expect(filesOf(checkout)).toEqual(before);
    expect(readFileSync(join(checkout, 'guide.wasm')).equals(GUIDE_MODULE)).toBe(true);
  });

  test('refuses policies without the entry point postern/decision', async ({ build, checkout }) => {
    writeFileSync(join(checkout, 'guide.rego'), GUIDE.replace('package postern', 'package other'));
    const { code, stderr } = await build();
    expect(code).toBe(1);
    expect(stderr).toContain(`opa ${VERSION} build refuses the policies:\n`);
    expect(stderr).toContain('entrypoint "postern/decision" does not refer to a rule');
    expect(filesOf(checkout)).toEqual(['guide.rego']);
  });

  test('says how to get opa if it is missing', async ({ build, checkout }) => {
    const { code, stderr, stdout } = await build(['guide.rego'], { PATH: checkout });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^opa is not there\. .*\n.*openpolicyagent\.org.*brew install opa.*go install.*--opa PATH\.\n$/,
    );
    const named = await build(['guide.rego', '--opa', 'missing']);
    expect(named.stderr).toContain(`${join(checkout, 'missing')} is not there.`);
    expect(filesOf(checkout)).toEqual(['guide.rego']);
  });

  test.for<[string, number]>([
    ['0.70.0', 1],
    ['1.0.0', 0],
    ['2.3.4', 0],
  ])('with opa %s ends with %i', async ([version, code], { build, checkout, standIn }) => {
    const end = await build(['guide.rego'], { PATH: standIn, OPA_STAND_IN_VERSION: version });
    expect(end.code).toBe(code);
    if (code === 0) return;
    expect(end.stderr).toContain('opa is opa 0.70.0; expected version 1.0 or later.');
    expect(filesOf(checkout)).toEqual(['guide.rego']);
  });

  test.for<[string, string]>([
    ['prints something else', 'echo hello'],
    ['fails', 'echo "Version: 1.22.4"; exit 3'],
  ])('refuses a program that %s', async ([_, line], { build, checkout }) => {
    writeProgram(join(checkout, 'opa'), line);
    const { code, stderr } = await build(['guide.rego'], { PATH: checkout });
    expect(code).toBe(1);
    expect(stderr).toContain('"opa version" does not print a version of opa.');
  });

  test('refuses a bundle that cannot be read', async ({ build, checkout }) => {
    const version = '[ "$1" = version ] && echo "Version: 1.0.0"; [ "$1" = build ]';
    writeProgram(join(checkout, 'opa'), `${version} && echo nothing > bundle.tar.gz; exit 0`);
    const { code, stderr } = await build(['guide.rego'], { PATH: checkout });
    expect(code).toBe(1);
    expect(stderr).toContain('The bundle of opa 1.0.0 has no module');
    expect(filesOf(checkout)).toEqual(['guide.rego', 'opa']);
  });

  test('ends with 130 on Ctrl-C while opa runs, and writes nothing', async ({ checkout }) => {
    const started = join(checkout, 'started');
    const version = '[ "$1" = version ] && { echo "Version: 1.0.0"; exit 0; }';
    writeProgram(join(checkout, 'opa'), `${version}; : > '${started}'; exec /bin/sleep 60`);
    const words = ['env', 'policies', 'build', 'guide.rego'];
    const { ended, interrupt } = startPostern(words, { cwd: checkout, env: { PATH: checkout } });
    await expect.poll(() => existsSync(started), EVENTUALLY).toBe(true);
    interrupt();
    expect(await ended).toMatchObject({ code: 130, stderr: 'Interrupted.\n' });
    expect(filesOf(checkout)).toEqual(['guide.rego', 'opa', 'started']);
  });

  test.for<[string, string, Uint8Array | undefined, string]>([
    ['has another ending', 'guide.txt', Buffer.from(GUIDE), 'does not end in .rego'],
    ['is missing', 'missing.rego', undefined, 'cannot be read (ENOENT)'],
    ['is not UTF-8', 'latin.rego', Buffer.from('# caf\u00e9\n', 'latin1'), 'is not UTF-8'],
  ])('ends with 2 for a file that %s', async ([_, name, bytes, words], { build, checkout }) => {
    if (bytes !== undefined) writeFileSync(join(checkout, name), bytes);
    for (const more of [[], ['--check']]) {
      const { code, stderr } = await build([name, ...more]);
      expect(code).toBe(2);
      expect(stderr).toContain(words);
    }
  });
});

describe('postern env policies build --check', () => {
  test('finds new files up to date, without opa', async ({ build, built }) => {
    const { code, stdout } = await build(['guide.rego', '--check'], { PATH: built });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'guide.wasm and policy-schema.json are up to date.\n' });
  });

  test.for<[string, (folder: string) => void, string]>([
    [
      'after a change of the source',
      (folder) => writeFileSync(join(folder, 'guide.rego'), `${GUIDE}\n`),
      'guide.wasm was made of another text than that of guide.rego.',
    ],
    [
      'with a module of another tool',
      (folder) => writeFileSync(join(folder, 'guide.wasm'), GUIDE_MODULE.subarray(0, -81)),
      'guide.wasm does not have the SHA-256 of its source.',
    ],
    [
      'with a schema that is no JSON',
      (folder) => writeFileSync(join(folder, 'policy-schema.json'), '{'),
      'policy-schema.json differs from the schema of this version of Postern.',
    ],
    [
      'with an older schema',
      (folder) => writeFileSync(join(folder, 'policy-schema.json'), '{}\n'),
      'policy-schema.json differs from the schema of this version of Postern.',
    ],
  ])('ends with 1 %s, and writes nothing', async ([_, change, stale], { build, built }) => {
    change(built);
    const before = filesOf(built).map((name) => readFileSync(join(built, name)));
    const { code, stdout } = await build(['guide.rego', '--check']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${stale}\nRun "postern env policies build guide.rego".\n` });
    expect(filesOf(built).map((name) => readFileSync(join(built, name)))).toEqual(before);
  });

  test('accepts a schema that a formatter has changed', async ({ build, built }) => {
    writeFileSync(join(built, 'policy-schema.json'), JSON.stringify(policySchemaJson()));
    expect(await build(['guide.rego', '--check'])).toMatchObject({ code: 0 });
  });

  test('names missing files', async ({ build, checkout }) => {
    const { code, stdout } = await build(['guide.rego', '--check', '-o', 'json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      upToDate: false,
      stale: ['guide.wasm is missing.', 'policy-schema.json is missing.'],
    });
    expect(filesOf(checkout)).toEqual(['guide.rego']);
  });
});
