import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { readSettings } from '../../cli/settings/read-settings.ts';
import { suggestCommand } from '../../cli/suggest-command.ts';
import { test as base } from '../support/unit-fixtures.ts';

interface Given {
  readonly flag?: string;
  readonly variable?: string;
}

/** Suggests a command line to a person whose own file names the profile `mine`. */
const test = base.extend('suggest', ({ ownFolder }) => async ({ flag, variable }: Given) => {
  const config = join(ownFolder, 'postern');
  mkdirSync(config);
  writeFileSync(join(config, 'config.toml'), 'profile = "mine"\n');
  const env = {
    HOME: ownFolder,
    XDG_CONFIG_HOME: ownFolder,
    ...(variable !== undefined && { POSTERN_PROFILE: variable }),
  };
  const flags = { input: true, ...(flag !== undefined && { profile: flag }) };
  return suggestCommand(await readSettings(flags, { cwd: ownFolder, env, isTerminal: false }), 'operator keys list');
});

describe('a suggested command line', () => {
  test.for<[string, Given, string]>([
    ['of --profile', { flag: 'op' }, ' --profile op'],
    ['of POSTERN_PROFILE', { variable: 'prod' }, ' --profile prod'],
    ['of --profile before that of POSTERN_PROFILE', { flag: 'op', variable: 'prod' }, ' --profile op'],
    ['of a file not at all, because the file names it again', {}, ''],
    ['in quotation marks that a shell needs', { flag: 'a b' }, " --profile 'a b'"],
  ])('names the profile %s', async ([, given, end], { suggest }) => {
    expect(await suggest(given)).toBe(`postern operator keys list${end}`);
  });
});
