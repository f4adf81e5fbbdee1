import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/**
 * A team deletes the files of `environments/` and writes its own. Code that names one of those files would fail there, and a
 * failed test stops the team's deployments. `.ci/own-environments` runs the checks of such a team.
 */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SELF = 'test/environments/ownership.test.ts';

/** Folders that a tool or a run writes. */
const WRITTEN = ['.git', '.build', '.postern', 'cdk.out', 'coverage', 'dist', 'node_modules', 'reports'];

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return WRITTEN.includes(entry.name) ? [] : filesBelow(path);
    return entry.isFile() ? [relative(ROOT, path)] : [];
  });

/** The files of `postern init` come into an app of their own, beside its environment. */
const OTHER_APP = 'cli/init/app/';

const files = filesBelow(ROOT).filter(
  (file) => file !== SELF && !file.startsWith('environments/') && !file.startsWith(OTHER_APP),
);
const filesWith = (ending: RegExp, pattern: RegExp) =>
  files.filter((file) => ending.test(file) && pattern.test(readFileSync(join(ROOT, file), 'utf8')));

describe('environments/ belongs to the team that deploys', () => {
  it('lets no code import a file of it', () => {
    expect(files.length).toBeGreaterThan(1_000);
    expect(filesWith(/\.[cm]?tsx?$/, /(import\(|from|import) ?'(\.\.?\/)+environments\/[\w-]+\.ts'/)).toEqual([]);
  });

  it('lets no page link to a file of it', () => {
    expect(filesWith(/\.md$/, /\]\([^)]*\benvironments\/[\w-]+\.ts/)).toEqual([]);
  });

  it('lets only programs of bin read the folder', () => {
    expect(filesWith(/\.[cm]?[jt]s$/, /\bENVIRONMENTS\b/).sort()).toEqual([
      'bin/list-environments.ts',
      'bin/postern.ts',
      'bin/record.ts',
      'lib/config/load.ts',
    ]);
  });
});
