import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { fillFolder } from '../../../cli/init/new-folder.ts';
import { test } from '../../support/unit-fixtures.ts';

const FILES = { texts: new Map([['deep/new.txt', 'new']]), copies: new Map<string, string>() };

/** Makes the lock file, lets somebody else write a file, and fails. */
const failAfter = (folder: string, others: readonly string[]) => ({
  makes: ['lock'],
  run: async () => {
    writeFileSync(join(folder, 'lock'), 'made');
    for (const path of others) writeFileSync(join(folder, path), 'mine');
    throw new Error('no registry');
  },
});

describe('a folder that cannot be finished', () => {
  test('loses what was made in it, and keeps files of others', async ({ ownFolder }) => {
    const folder = join(ownFolder, 'app');
    mkdirSync(folder);
    await expect(fillFolder(folder, FILES, failAfter(folder, ['mine.txt']))).rejects.toThrow('no registry');
    expect(readdirSync(folder)).toEqual(['mine.txt']);
  });

  test('is kept with a file of somebody else, although it is new', async ({ ownFolder }) => {
    const folder = join(ownFolder, 'above', 'app');
    await expect(fillFolder(folder, FILES, failAfter(folder, ['deep/mine.txt']))).rejects.toThrow('no registry');
    expect(readdirSync(folder, { recursive: true }).toSorted()).toEqual(['deep', 'deep/mine.txt']);
  });

  test('is removed with the new folders above it', async ({ ownFolder }) => {
    const folder = join(ownFolder, 'above', 'app');
    await expect(fillFolder(folder, FILES, failAfter(folder, []))).rejects.toThrow('no registry');
    expect(existsSync(join(ownFolder, 'above'))).toBe(false);
  });
});

test('A file that came after the first check stops the app, and stays as it is', async ({ ownFolder }) => {
  const file = join(ownFolder, 'README.md');
  writeFileSync(file, 'mine');
  const files = { ...FILES, texts: new Map([['README.md', 'ours']]) };
  await expect(fillFolder(ownFolder, files, failAfter(ownFolder, []))).rejects.toThrow(
    'is not empty: it has README.md',
  );
  expect(readFileSync(file, 'utf8')).toBe('mine');
});
