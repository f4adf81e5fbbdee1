import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { titlesIn } from '../tools/docs/test-titles.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

/** Titles of the tests of a file of this folder, or of a file in Go of the project. */
const testsIn = (file: string): readonly string[] =>
  file.endsWith('.go')
    ? [...read(`../${file}`).matchAll(/^func (Test\w+)\(/gm)].map(([, name = '']) => name)
    : titlesIn(read(file)).flatMap(({ template, title }) => [template, title]);

/** Rows of the page: the threat, the file of its test, and words of the title, with or without its placeholders. */
const rows = read('../docs/reference/threat-model.md')
  .split('\n')
  .filter((line) => /^\| [STRIDE]: /.test(line))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const [, file = '', words = ''] = /^`([^`]+)`: (.+)$/.exec(cells.at(-2) ?? '') ?? [];
    return { threat: cells[1] ?? '', file, words };
  });

describe('the threat model', () => {
  it.each(rows)('$threat: has a test', ({ file, words }) => {
    expect(testsIn(file).filter((title) => title.includes(words))).not.toEqual([]);
  });

  it('has every row in a table: an empty line would end it', () => {
    const lines = read('../docs/reference/threat-model.md').split('\n');
    const torn = lines.filter((line, i) => line.startsWith('|') && lines[i - 1] === '' && !/^\| threat \|/.test(line));
    expect(torn).toEqual([]);
  });

  it('has every kind of threat', () => {
    expect(rows.length).toBeGreaterThan(100);
    expect(new Set(rows.map(({ threat }) => threat[0]))).toEqual(new Set('STRIDE'));
    expect(rows.filter(({ words }) => words === '')).toEqual([]);
  });
});
