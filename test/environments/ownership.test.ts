import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/**
 * A team deletes the files of `environments/` except `local.ts` and writes its own. Code that names one of those files
 * would fail there, and a failed test stops the team's deployments.
 */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = [
  '.ci',
  '.github',
  'benchmarks',
  'bin',
  'capacity',
  'cli',
  'cost',
  'lib',
  'local',
  'smoke',
  'scenario',
  'test',
];
const SELF = 'test/environments/ownership.test.ts';

const files = FOLDERS.flatMap((folder) =>
  readdirSync(`${ROOT}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !`${entry.parentPath}/`.includes('/node_modules/'))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(ROOT.length)),
).filter((file) => file !== SELF);
const filesWith = (pattern: RegExp) => files.filter((file) => pattern.test(readFileSync(`${ROOT}${file}`, 'utf8')));

describe('environments/ belongs to the team that deploys', () => {
  it('lets other code import only local.ts', () => {
    expect(files.length).toBeGreaterThan(200);
    expect(filesWith(/(import\(|from|import) ?'[./]+\/environments\/(?!local\.ts')[\w-]+\.ts'/)).toEqual([]);
  });

  it('lets only programs of bin and cli/env, and the tests of local.ts, read the folder', () => {
    expect(filesWith(/\bENVIRONMENTS\b/).sort()).toEqual([
      'bin/list-environments.ts',
      'bin/postern.ts',
      'bin/record.ts',
      'cli/env/read-environment.ts',
      'lib/config/load.ts',
      'test/support/example-environments.ts',
    ]);
  });
});
