import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/**
 * A team deletes the files of `environments/`, all but `local.ts`, and writes its own. Whatever names one of those files
 * would fail there, and a failed test stops the team's deployments.
 */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['.ci', '.github', 'benchmarks', 'bin', 'capacity', 'cost', 'lib', 'local', 'smoke', 'story', 'test'];
const SELF = 'test/environments/other-peoples-files.test.ts';

const files = FOLDERS.flatMap((folder) =>
  readdirSync(`${ROOT}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !`${entry.parentPath}/`.includes('/node_modules/'))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(ROOT.length)),
).filter((file) => file !== SELF);
const filesWith = (pattern: RegExp) => files.filter((file) => pattern.test(readFileSync(`${ROOT}${file}`, 'utf8')));

describe('the files of environments/ belong to the team that deploys', () => {
  it('so nothing imports one of them but local.ts', () => {
    expect(files.length).toBeGreaterThan(200);
    expect(filesWith(/(import\(|from|import) ?'[./]+\/environments\/(?!local\.ts')[\w-]+\.ts'/)).toEqual([]);
  });

  it('and only programs of bin and of cost read the folder, beside the tests of local.ts', () => {
    expect(filesWith(/\bENVIRONMENTS\b/).sort()).toEqual([
      'bin/check-update.ts',
      'bin/list-environments.ts',
      'bin/postern.ts',
      'bin/record.ts',
      'cost/print-estimate.ts',
      'lib/config/load.ts',
      'test/support/example-environments.ts',
    ]);
  });
});
