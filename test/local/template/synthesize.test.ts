import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { errorMessageOf } from '../../../local/template/synthesize.ts';

test('of an error that ends the app a person is told the message, all of it, and no stack', () => {
  const code = 'class Wrong extends Error { name = "Wrong" }; throw new Wrong("one:\\n  two is 3; expected 4.");';
  const { stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
  expect(stderr).toContain('    at ');
  expect(errorMessageOf(stderr)).toBe('one:\n  two is 3; expected 4.');
});

test('what has no such form is told as it is', () => {
  expect(errorMessageOf('tsx: not found\n')).toBe('tsx: not found');
});
