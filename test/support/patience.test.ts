import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const FOLDER = fileURLToPath(new URL('./../', import.meta.url));
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
const linesWith = (pattern: RegExp) =>
  files.flatMap((file) =>
    [...readFileSync(`${FOLDER}${file}`, 'utf8').matchAll(pattern)].map(([found]) => `${file}: ${found.trim()}`),
  );

test('no test has a time-out of its own: the one in vitest.config.ts ends a test that hangs', () => {
  expect(files.length).toBeGreaterThan(100);
  // The last argument of a test or hook, at the end of its block.
  expect(linesWith(/^ *\}, ?\d[\d_]{3,}\);$/gm)).toEqual([]);
  expect(linesWith(/^ *\},\n +\d[\d_]{3,},\n *\);$/gm)).toEqual([]);
});

test('no wait has a limit of its own: on a busy machine it would end too early', () => {
  expect(linesWith(/\{ timeout: \d[\d_]*.*\}/g)).toEqual([]);
  // `vi.waitFor` gives up after a second unless it is told otherwise.
  expect(linesWith(/vi\.waitFor\([^;]*?\);/g).filter((found) => !found.includes('EVENTUALLY'))).toEqual([]);
});
