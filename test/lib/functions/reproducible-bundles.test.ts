import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { buildFunctions, bundleFunctions, type FunctionBundles } from '../../../lib/functions/bundles.ts';
import { test } from '../../support/unit-fixtures.ts';

const ROOT = join(import.meta.dirname, '../../../');
/** Everything that a bundle is built from, besides the packages. */
const SOURCES = ['lambda', 'lib/functions', 'package.json', 'tsconfig.json'];

/** Hash of each file, by its place in the bundles. */
const digestsOf = (bundles: FunctionBundles): Readonly<Record<string, string>> => {
  const digests: Record<string, string> = {};
  const add = (path: string, value: unknown): void => {
    if (typeof value === 'string' || value instanceof Uint8Array) {
      digests[path] = createHash('sha256').update(value).digest('hex');
    } else {
      for (const [name, member] of Object.entries(value as object)) add(`${path}/${name}`, member);
    }
  };
  add('', bundles);
  return digests;
};

/** A hash of a file names its asset, so an equal build changes no function of a deployed environment. */
test('two builds in two folders give the same bytes of every function', async ({ folder }) => {
  const other = join(folder, 'another/checkout');
  mkdirSync(other, { recursive: true });
  for (const source of SOURCES) cpSync(join(ROOT, source), join(other, source), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(other, 'node_modules'));
  const [here, there] = [digestsOf(await bundleFunctions()), digestsOf(await buildFunctions(other))];
  expect(Object.keys(here).length).toBeGreaterThan(20);
  expect(there).toEqual(here);
});
