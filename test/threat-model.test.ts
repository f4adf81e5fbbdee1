import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

/** A row of the page: what it says, and the test that it names by file and words of its title, or of a case of it. */
const rows = read('../docs/reference/threat-model.md')
  .split('\n')
  .filter((line) => /^\| [STRIDE]: /.test(line))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const [, file = '', words = ''] = /^`([^`]+)`: (.+)$/.exec(cells.at(-2) ?? '') ?? [];
    return { threat: cells[1] ?? '', file, words };
  });

describe('the threat model', () => {
  it.each(rows)('$threat: is answered by a test that is there', ({ file, words }) => {
    const titles = [
      ...read(file).matchAll(
        /^\s*(?:describe|it|test)\b.*$|^\s*\)\(.*$|^\s*\](?: as const)?\)\(.*$|^\s*'.*',$|^\s*\['.*$/gm,
      ),
    ].join('\n');
    expect(titles).toContain(words);
  });

  it('has every row in a table: an empty line would end it', () => {
    const lines = read('../docs/reference/threat-model.md').split('\n');
    const torn = lines.filter((line, i) => line.startsWith('|') && lines[i - 1] === '' && !/^\| threat \|/.test(line));
    expect(torn).toEqual([]);
  });

  it('names every kind of threat', () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(new Set(rows.map(({ threat }) => threat[0]))).toEqual(new Set('STRIDE'));
  });
});
