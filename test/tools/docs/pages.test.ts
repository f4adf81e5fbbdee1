import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { checkPages, readText, replacePart, writePages } from '../../../tools/docs/files.ts';
import type { GeneratedPage } from '../../../tools/docs/page.ts';
import { PAGES } from '../../../tools/docs/pages.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const it = base.extend('root', ({ ownFolder }) => {
  const root = `${ownFolder}/`;
  mkdirSync(`${root}docs`);
  writeFileSync(`${root}docs/one.md`, '# One\n');
  writeFileSync(`${root}docs/two.md`, '# An older text\n');
  return root;
});

describe('a generated page', () => {
  it.each(PAGES.map((page) => [page.path, page] as const))('%s is what `npm run docs` writes', async (path, page) => {
    expect(readText(path)).toBe(await page.render());
  });

  it('has one generator only', () => {
    expect(new Set(PAGES.map(({ path }) => path)).size).toBe(PAGES.length);
  });
});

describe('npm run docs', () => {
  const pages: readonly GeneratedPage[] = [
    { path: 'docs/one.md', render: () => '# One\n' },
    { path: 'docs/two.md', render: async () => '# Two\n' },
  ];
  it('--check names each page that differs and the command, and changes nothing', async ({ root }) => {
    const { exitCode, lines } = await checkPages(pages, root);
    expect(exitCode).toBe(1);
    expect(lines.filter((line) => line.includes('docs/'))).toEqual([
      'docs/two.md differs from what its generator writes.',
    ]);
    expect(lines.at(-1)).toContain('`npm run docs`');
    expect(readFileSync(`${root}docs/two.md`, 'utf8')).toBe('# An older text\n');
  });

  it('--check names a page whose file is missing', async ({ root }) => {
    rmSync(`${root}docs/one.md`);
    expect((await checkPages(pages, root)).lines).toContain('docs/one.md differs from what its generator writes.');
  });

  it('writes only the pages that differ, and then --check is content', async ({ root }) => {
    expect(await writePages(pages, root)).toEqual({ exitCode: 0, lines: ['Wrote docs/two.md.'] });
    expect(readFileSync(`${root}docs/two.md`, 'utf8')).toBe('# Two\n');
    expect(await checkPages(pages, root)).toEqual({ exitCode: 0, lines: ['Every generated page is up to date.'] });
    expect((await writePages(pages, root)).lines).toEqual(['Every page was up to date.']);
  });
});

describe('the generated part of a page', () => {
  const page = 'Before.\n<!-- generated: table -->\nold\n<!-- end of table -->\nAfter.\n';

  it('is replaced, and the rest stays', () => {
    expect(replacePart(page, 'table', 'new\n')).toBe(
      'Before.\n<!-- generated: table -->\n\nnew\n\n<!-- end of table -->\nAfter.\n',
    );
  });

  it.each(['<!-- generated: table -->\n', '<!-- end of table -->\n'])('needs its comment %j', (comment) => {
    expect(() => replacePart(page.replace(comment, ''), 'table', 'new')).toThrow('no generated part "table"');
  });
});
