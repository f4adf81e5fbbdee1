import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { test as base, expect } from 'vitest';
import * as processor from '../../../sdk/processor/index.ts';
import manifest from '../../../sdk/processor/package.json' with { type: 'json' };

/** 10 KB. */
const BUDGET_BYTES = 10_000;

const test = base.extend('bundle', { scope: 'file' }, async () => {
  const { metafile, outputFiles } = await build({
    entryPoints: [new URL('../../../sdk/processor/index.ts', import.meta.url).pathname],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    // Without the modules of Node.
    platform: 'browser',
    metafile: true,
    write: false,
  });
  return { bytes: outputFiles[0]?.contents ?? new Uint8Array(), imports: Object.values(metafile.outputs)[0]?.imports };
});

test('the package has at most 10 KB when it is minified and compressed', ({ bundle }) => {
  const compressed = gzipSync(bundle.bytes, { level: 9 }).length;
  expect(compressed).toBeGreaterThan(5_000);
  expect(compressed).toBeLessThanOrEqual(BUDGET_BYTES);
});

test('the package needs no other package, and a bundler finds no module of Node in it', ({ bundle }) => {
  expect(bundle.imports).toEqual([]);
  expect(manifest).not.toHaveProperty('dependencies');
});

test('the package exports the callback, its error and a function for each proof', () => {
  expect(Object.keys(processor).sort()).toEqual([
    'Callback',
    'CallbackError',
    'dpop',
    'httpSignature',
    'mtls',
    'privateKeyJwt',
    'standardWebhooks',
  ]);
});
