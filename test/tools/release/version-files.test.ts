import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { ROOT, readPackages } from '../../../tools/pack/packages.ts';
import { writeVersion, writtenVersions } from '../../../tools/release/version-files.ts';
import { test } from '../../support/unit-fixtures.ts';

const folders = readPackages().map(({ folder }) => folder);
const read = (root: string, file: string) => readFileSync(join(root, file), 'utf8');

describe('the packages of this repository', () => {
  test('have one version, also in the lock file', () => {
    const { version } = JSON.parse(read(ROOT, 'package.json')) as { readonly version: string };
    const written = writtenVersions(ROOT, folders);
    expect(written.map(({ place }) => place)).toEqual(expect.arrayContaining(['package.json', 'cli/package.json']));
    expect(written.filter((one) => one.version !== version)).toEqual([]);
  });

  test('get a new version together, and nothing else of their files changes', ({ folder }) => {
    const files = ['package-lock.json', ...['', ...folders].map((one) => join(one, 'package.json'))];
    for (const file of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(ROOT, file), join(folder, file));
    }
    const count = writtenVersions(ROOT, folders).length;
    writeVersion(folder, folders, '77.0.0');
    expect(writtenVersions(folder, folders).map(({ version }) => version)).toEqual(Array(count).fill('77.0.0'));
    const differing = files.flatMap((file) => {
      const [then, now] = [read(ROOT, file).split('\n'), read(folder, file).split('\n')];
      return now.filter((line, i) => line !== then[i]);
    });
    expect(differing).toHaveLength(count);
    for (const line of differing) expect(line).toMatch(/^ +"version": "77\.0\.0",?$/);
  });
});
