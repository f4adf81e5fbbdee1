import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptOrBuilt } from '../../../lib/functions/bundle-cache.ts';
import { buildAll, buildFunctions, bundleFunctions } from '../../../lib/functions/bundles.ts';

const ENTRY = 'lambda/functions/one.ts';
const KEPT = '.build/bundles';

/** A small project with one function, which imports a file and a package. */
let root: string;
let builds: number;
const write = (file: string, content: string): void => {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), content);
};
const bundle = async (options: unknown = 'options'): Promise<string> => {
  const texts = await keptOrBuilt(root, options, () => {
    builds += 1;
    return buildAll([ENTRY], root);
  });
  return texts[ENTRY] ?? '';
};
const keptFiles = (): readonly string[] => readdirSync(join(root, KEPT));

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bundle-cache-'));
  builds = 0;
  write('package.json', '{}');
  write('tsconfig.json', '{}');
  write('node_modules/.package-lock.json', '{"packages":{}}');
  write('node_modules/dep/package.json', '{"main":"index.js"}');
  write('node_modules/dep/index.js', 'exports.dep = "package 1";');
  write('lambda/shared/value.ts', 'export const value: string = "value 1";');
  write(ENTRY, 'import { dep } from "dep"; import { value } from "../shared/value"; console.log(dep, value);');
});
afterEach(() => rmSync(root, { recursive: true }));

describe('kept bundles', () => {
  it('are used while nothing changes, and are the same as those of a build', async () => {
    const built = await bundle();
    expect(built).toContain('package 1');
    expect(await bundle()).toBe(built);
    expect(builds).toBe(1);
  });

  it.each<[what: string, file: string, content: string, found: string]>([
    ['a source file changes', 'lambda/shared/value.ts', 'export const value = "value 2";', 'value 2'],
    ['a new file takes the place of another', 'lambda/shared/value.tsx', 'export const value = "value 3";', 'value 3'],
    ['a file of a package changes', 'node_modules/dep/index.js', 'exports.dep = "package 2";', 'package 2'],
    ['other packages are installed', 'node_modules/.package-lock.json', '{"packages":{"dep":{}}}', 'package 1'],
    ['the TypeScript options change', 'tsconfig.json', '{"compilerOptions":{"target":"es2020"}}', 'value 1'],
    ['package.json changes', 'package.json', '{"sideEffects":false}', 'package 1'],
  ])('are built again if %s', async (_, file, content, found) => {
    await bundle();
    write(file, content);
    // esbuild prefers .tsx to .ts.
    expect(await bundle()).toContain(found);
    expect(builds).toBe(2);
    expect(keptFiles()).toHaveLength(1);
  });

  it('are built again if a file that they contain is gone, or if the options change', async () => {
    await bundle();
    await bundle('other options');
    expect(builds).toBe(2);
    rmSync(join(root, 'node_modules/dep/index.js'));
    await expect(bundle('other options')).rejects.toThrow('Could not resolve "dep"');
  });

  it('are built again if the kept file is incomplete', async () => {
    const built = await bundle();
    const [file = ''] = keptFiles();
    write(`${KEPT}/${file}`, readFileSync(join(root, KEPT, file), 'utf8').slice(0, 100));
    expect(await bundle()).toBe(built);
    expect(builds).toBe(2);
  });

  it('are not kept if a file changes during the build, and then changes back', async () => {
    write('other/index.js', 'exports.dep = "another package";');
    const texts = await keptOrBuilt(root, 'options', () => {
      write('tsconfig.json', '{"compilerOptions":{"paths":{"dep":["./other/index.js"]}}}');
      return buildAll([ENTRY], root);
    });
    expect(texts[ENTRY]).toContain('another package');
    write('tsconfig.json', '{}');
    expect(await bundle()).toContain('package 1');
  });

  it('are not kept if npm did not install the packages', async () => {
    rmSync(join(root, 'node_modules/.package-lock.json'));
    await bundle();
    await bundle();
    expect(builds).toBe(2);
  });

  it('of the functions are those that esbuild makes, so that the same code is deployed', async () => {
    await bundleFunctions();
    const [kept, built] = await Promise.all([bundleFunctions(), buildFunctions()]);
    expect(JSON.stringify(kept) === JSON.stringify(built)).toBe(true);
  });
});
