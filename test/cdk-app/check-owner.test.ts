import { lchownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { checkOwner } from '../../cdk-app/check-owner.ts';
import { test as base } from '../support/unit-fixtures.ts';

const ROOT = 0;
const STRANGER = 54_321;
const PERSON = 54_322;

/** Gives a file to a user who is not root. Only root can do so; the files of everybody else are such files already. */
const giveAway = (path: string): number => {
  if (process.getuid?.() === ROOT) lchownSync(path, STRANGER, STRANGER);
  return lstatSync(path).uid;
};

const test = base
  /** A folder in the one where everybody may write. */
  .extend('inTmp', ({}, { onCleanup }) => {
    const folder = mkdtempSync('/tmp/postern-');
    onCleanup(() => rmSync(folder, { recursive: true }));
    return folder;
  })
  .extend('app', ({ ownFolder }) => {
    const cwd = join(ownFolder, 'deep');
    mkdirSync(cwd);
    const file = join(ownFolder, 'cdk.json');
    writeFileSync(file, '{}');
    return { cwd, file, folder: ownFolder };
  });

describe('the app of a file', () => {
  test('runs for the user who owns file and folder', ({ app }) => {
    const user = giveAway(app.file);
    giveAway(app.folder);
    checkOwner({ ...app, user });
  });

  test('does not run for another user, and the error names both', ({ app }) => {
    const owner = giveAway(app.file);
    expect(() => checkOwner({ ...app, user: PERSON })).toThrow(
      `The app of ${app.file} was not run: ${app.file} belongs to the user ${owner}, and you are the user ${PERSON}.`,
    );
  });

  test('does not run from a folder of another user', ({ inTmp }) => {
    const owner = giveAway(inTmp);
    // The owner of the file cannot be set without root: it is the folder's where this is not root.
    const file = join(inTmp, 'cdk.json');
    writeFileSync(file, '{}');
    expect(() => checkOwner({ cwd: inTmp, file, user: PERSON })).toThrow(`belongs to the user ${owner}`);
  });

  test('does not run if another user made a link to a file of its owner', ({ app }) => {
    const link = join(app.folder, 'link.json');
    symlinkSync('/etc/passwd', link);
    giveAway(link);
    expect(() => checkOwner({ ...app, file: link, user: PERSON })).toThrow(`${link} belongs to the user`);
  });

  test('does not run from a folder of root in which every user may write', ({ inTmp }) => {
    const user = giveAway(inTmp);
    expect(() => checkOwner({ cwd: inTmp, file: inTmp, user })).toThrow('every user may write into /tmp');
  });

  test('runs for root in a folder of its owner, as in a container, and not from elsewhere', ({ app }) => {
    const owner = giveAway(app.file);
    giveAway(app.folder);
    giveAway(app.cwd);
    checkOwner({ ...app, user: ROOT });
    expect(() => checkOwner({ ...app, cwd: '/', user: ROOT })).toThrow(`belongs to the user ${owner}`);
  });
});
