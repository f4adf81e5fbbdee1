import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** Commands of ours; the others are tools that bring their own help. */
const COMMANDS = Object.entries(scripts)
  .map(([name, script]) => [name, /node --import tsx (\S+)$/.exec(script)?.[1]] as const)
  .filter((command): command is readonly [string, string] => command[1] !== undefined);

test.each(COMMANDS)('npm run %s -- --help says what it does, and does nothing', (name, file) => {
  expect(COMMANDS.length).toBeGreaterThan(5);
  const { status, stderr, stdout } = spawnSync(process.execPath, ['--import', 'tsx', file, '--help'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout.split('\n')[0]).toMatch(new RegExp(`^(Usage: )?(npm run (-s )?${name}|npm ${name})\\b`));
  expect(stdout).not.toMatch(/error|"kid"/i);
});
