import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder } from '../../../local/data-folder.ts';
import { type ReadyFile, readReadyFile, removeReadyFile, writeReadyFile } from '../../../local/ready-file.ts';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'data-folder-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

test('is made for its owner alone, and is one process’s until it is released', () => {
  const path = join(parent, 'a', 'b');
  const folder = openDataFolder(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(() => openDataFolder(path)).toThrow(`in use by another gateway (process ${process.pid})`);
  folder.release();
  openDataFolder(path).release();
});

test.each([
  ['a process that is gone', '4194304 1'],
  ['another process with the same number', `${process.pid} 1`],
  ['half a line', ''],
])('a lock that was left by %s is none', (_, content) => {
  writeFileSync(join(parent, 'lock'), content);
  openDataFolder(parent).release();
});

test('the ready file is for its owner alone, whatever was there before', () => {
  const file = join(parent, 'local.json');
  writeFileSync(file, 'old', { mode: 0o644 });
  writeReadyFile(file, { gateway: 'here' } as ReadyFile);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readReadyFile(file)).toEqual({ gateway: 'here' });
  removeReadyFile(file);
  removeReadyFile(file);
  expect(() => readReadyFile(file)).toThrow('npm start');
});
