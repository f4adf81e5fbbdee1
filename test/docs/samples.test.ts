import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test as base, expect } from 'vitest';

/** The programs in TypeScript that a reader copies must compile in a strict project. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const PAGES = [
  'README.md',
  'docs/send/quickstart.md',
  'docs/process/quickstart.md',
  'docs/process/guide.md',
  'docs/operate/dispatch.md',
] as const;

/** A reader's compiler options. The first three are needed because the checkout links the packages to their sources. */
const OPTIONS = {
  allowImportingTsExtensions: true,
  noEmit: true,
  resolveJsonModule: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUnusedLocals: true,
  target: 'ES2023',
  lib: ['ES2023', 'ES2024.String'],
  module: 'NodeNext',
  types: ['node'],
  skipLibCheck: true,
};

const samplesIn = (page: string): readonly string[] =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);

const test = base
  // Below the project, where the packages are found that a reader has installed.
  .extend('folder', ({}, { onCleanup }) => {
    mkdirSync(join(ROOT, '.build'), { recursive: true });
    const folder = mkdtempSync(join(ROOT, '.build', 'samples-'));
    onCleanup(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  })
  /** Compiles samples, and returns the errors of the compiler. */
  .extend('compile', ({ folder }) => async (samples: Readonly<Record<string, string>>): Promise<string> => {
    for (const [name, code] of Object.entries(samples)) writeFileSync(join(folder, name), code);
    const project = join(folder, 'tsconfig.json');
    writeFileSync(project, JSON.stringify({ compilerOptions: OPTIONS, files: Object.keys(samples) }));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const run = promisify(execFile)(process.execPath, [tsc, '-p', project], { cwd: ROOT });
    return run.then(({ stdout }) => stdout).catch(({ stdout }: { readonly stdout: string }) => stdout);
  });

test('every program in TypeScript of the guides compiles in strict mode', async ({ compile }) => {
  const samples = PAGES.flatMap((page) => {
    const found = samplesIn(page);
    expect(found.length, page).toBeGreaterThan(0);
    return found.map((code, i) => [`${page.replaceAll(/\W/g, '-')}-${i + 1}.mts`, code] as const);
  });
  expect(await compile(Object.fromEntries(samples))).toBe('');
});

test('the compiler finds a variable of the environment that may be missing', async ({ compile }) => {
  const code = "import { Callback } from '@postern/processor';\nnew Callback(process.env.CALLBACK_URL);\n";
  expect(await compile({ 'missing.mts': code })).toContain("'string | undefined'");
});
