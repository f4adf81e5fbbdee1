import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SUITES } from '../../benchmarks/suites.ts';
import packageJson from '../../package.json' with { type: 'json' };

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (page: string): string => readFileSync(root(`docs/reference/${page}`), 'utf8');
const pages = ['performance.md', 'capacity.md'].map(read).join('\n');

/** Suites of a command, without its options. */
const suitesIn = (command: string): readonly string[] =>
  command
    .replaceAll(/--\w+( \d+)?/g, '')
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');

test('each suite has a table on a page, with the command and the day of its measurement', () => {
  const commands = [...pages.matchAll(/Measured by `npm run bench -- ([^`]+)` on 2\d{3}-\d\d-\d\d:/g)];
  const suites = commands.flatMap(([, command = '']) => suitesIn(command));
  expect(suites.toSorted()).toEqual(Object.keys(SUITES).toSorted());
});

test('each command of the pages names suites that exist', () => {
  const commands = [...pages.matchAll(/npm run bench -- ([a-z0-9 -]+)/g)];
  expect(commands.length).toBeGreaterThan(10);
  const unknown = commands
    .flatMap(([, command = '']) => suitesIn(command))
    .filter((name) => SUITES[name] === undefined);
  expect(unknown).toEqual([]);
});

test('each budget of the page names a test or a command that exists', () => {
  const [, budgets = ''] = /## Budgets\n([\s\S]*?)\n## /.exec(read('performance.md')) ?? [];
  const files = [...budgets.matchAll(/`(test\/[^`]+)`/g)].map(([, file = '']) => file);
  expect(files.length).toBeGreaterThan(2);
  expect(files.filter((file) => !existsSync(root(file)))).toEqual([]);
  const scripts = [...budgets.matchAll(/`npm run (\w+)`/g)].map(([, name = '']) => name);
  expect(scripts).toEqual(['instructions']);
  expect(Object.keys(packageJson.scripts)).toContain('instructions');
});
