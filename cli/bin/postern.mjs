#!/usr/bin/env node
// Starts the command line from the sources of this checkout. It bundles them first if one of them has changed. The published
// package has the bundle instead of this file.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = join(ROOT, '.build', 'cli');
const BUNDLE = join(FOLDER, 'postern.mjs');
const STAMP = join(FOLDER, 'sources.json');

/** Size and time of each source file of the last bundle. */
const stampOf = (files) =>
  Object.fromEntries(
    files.map((file) => {
      const { mtimeMs, size } = statSync(join(ROOT, file));
      return [file, [mtimeMs, size]];
    }),
  );

const isCurrent = () => {
  try {
    const stamp = readFileSync(STAMP, 'utf8');
    statSync(BUNDLE);
    return JSON.stringify(stampOf(Object.keys(JSON.parse(stamp)))) === stamp;
  } catch {
    return false;
  }
};

if (!isCurrent()) {
  const { buildCli } = await import('../build.mjs');
  mkdirSync(FOLDER, { recursive: true });
  // Each file is put in place in one step, because another process may start the command line at the same time.
  const draft = mkdtempSync(join(FOLDER, 'draft-'));
  const files = await buildCli({ root: ROOT, outfile: join(draft, 'postern.mjs') });
  writeFileSync(join(draft, 'sources.json'), JSON.stringify(stampOf([...files, 'cli/build.mjs'])));
  for (const name of ['postern.mjs.map', 'postern.mjs', 'sources.json'])
    renameSync(join(draft, name), join(FOLDER, name));
  rmSync(draft, { recursive: true });
}
await import(pathToFileURL(BUNDLE).href);
