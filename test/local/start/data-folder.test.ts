import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openDataFolder } from '../../../local/data-folder.ts';
import { type ReadyFile, readReadyFile, removeReadyFile, writeReadyFile } from '../../../local/ready-file.ts';
import { test } from '../../support/unit-fixtures.ts';

test('is made for its owner alone, and is one process’s until it is released', ({ ownFolder }) => {
  const path = join(ownFolder, 'a', 'b');
  const folder = openDataFolder(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(() => openDataFolder(path)).toThrow(`in use by another gateway (process ${process.pid})`);
  folder.release();
  openDataFolder(path).release();
});

test.for([
  ['a process that is gone', '4194304 1'],
  ['another process with the same number', `${process.pid} 1`],
  ['half a line', ''],
] as const)('a lock that was left by %s is none', ([_, content], { ownFolder }) => {
  writeFileSync(join(ownFolder, 'lock'), content);
  openDataFolder(ownFolder).release();
});

test('the ready file is for its owner alone, whatever was there before', ({ ownFolder }) => {
  const file = join(ownFolder, 'local.json');
  writeFileSync(file, 'old', { mode: 0o644 });
  writeReadyFile(file, { gateway: 'here' } as ReadyFile);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readReadyFile(file)).toEqual({ gateway: 'here' });
  removeReadyFile(file);
  removeReadyFile(file);
  expect(() => readReadyFile(file)).toThrow('npm start');
});
