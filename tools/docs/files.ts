import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GeneratedPage } from './page.ts';

/** Path of the repository, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Returns the text of a file of the repository. */
export const readText = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');

interface RenderedPage {
  readonly path: string;
  readonly content: string;
}

/** Returns the pages whose files are missing or differ from what their generators render. */
const differingPages = async (
  pages: readonly GeneratedPage[],
  root: string = ROOT,
): Promise<readonly RenderedPage[]> => {
  const differing: RenderedPage[] = [];
  for (const { path, render } of pages) {
    const content = await render();
    const file = `${root}${path}`;
    if (!existsSync(file) || readFileSync(file, 'utf8') !== content) differing.push({ path, content });
  }
  return differing;
};

/** Writes the pages that differ. Returns the lines to print. */
export const writePages = async (
  pages: readonly GeneratedPage[],
  root: string = ROOT,
): Promise<{ readonly exitCode: 0; readonly lines: readonly string[] }> => {
  const lines: string[] = [];
  // A later page may be made from an earlier one.
  for (const page of pages) {
    for (const { content, path } of await differingPages([page], root)) {
      writeFileSync(`${root}${path}`, content);
      lines.push(`Wrote ${path}.`);
    }
  }
  return { exitCode: 0, lines: lines.length === 0 ? ['Every page was up to date.'] : lines };
};

/** Compares the pages with their files. Returns the lines to print; the exit code is 1 if a page differs. */
export const checkPages = async (
  pages: readonly GeneratedPage[],
  root: string = ROOT,
): Promise<{ readonly exitCode: 0 | 1; readonly lines: readonly string[] }> => {
  const differing = await differingPages(pages, root);
  if (differing.length === 0) return { exitCode: 0, lines: ['Every generated page is up to date.'] };
  return {
    exitCode: 1,
    lines: [
      ...differing.map(({ path }) => `${path} differs from what its generator writes.`),
      'Run `npm run docs` to write it, and read the difference before you commit it.',
    ],
  };
};

/**
 * Replaces the generated part of a page. The rest of the page is written by hand.
 * @param name the name in the comments around the part: `<!-- generated: NAME -->` and `<!-- end of NAME -->`
 * @throws {Error} if the page does not have both comments
 */
export const replacePart = (page: string, name: string, content: string): string => {
  const [before, opening, rest] = splitAt(page, `<!-- generated: ${name} -->\n`);
  const [, closing, after] = splitAt(rest, `<!-- end of ${name} -->\n`);
  if (opening === '' || closing === '') throw new Error(`The page has no generated part "${name}".`);
  return `${before}${opening}\n${content.trim()}\n\n${closing}${after}`;
};

/** Splits a text at the first occurrence of a separator. Without an occurrence, the separator is returned empty. */
const splitAt = (text: string, separator: string): readonly [before: string, separator: string, after: string] => {
  const at = text.indexOf(separator);
  return at === -1 ? [text, '', ''] : [text.slice(0, at), separator, text.slice(at + separator.length)];
};
