import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type PackageSource, ROOT } from './packages.ts';

/** Folders of `docs/` for users. Contributors read the others in the repository. */
const FOLDERS = ['concepts', 'operate', 'process', 'reference', 'send'].map((name) => `docs/${name}`);

/** A link or a picture in Markdown. Its text may have one pair of brackets, and may go over several lines. */
const LINK = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g;

const isPage = (file: string): boolean => /\.(md|svg)$/.test(file);

/**
 * The pages that errors, types and the README of a package name by their path, such as `docs/operate/configuration.md`.
 * They have the same path in the package. A link to a file that is not in the package becomes its text.
 * @returns texts by their path in the package
 */
export const pagesOf = ({ folder }: PackageSource): ReadonlyMap<string, string> => {
  const pages = [
    'CHANGELOG.md',
    ...FOLDERS.flatMap((each) =>
      readdirSync(join(ROOT, each), { recursive: true, encoding: 'utf8' })
        .filter(isPage)
        .map((file) => posix.join(each, file.replaceAll('\\', '/'))),
    ),
  ].sort();
  const packaged = new Map([[`${folder}/README.md`, 'README.md'], ...pages.map((page) => [page, page] as const)]);
  return new Map(
    [...packaged].map(([source, path]) => {
      const text = readFileSync(join(ROOT, source), 'utf8');
      return [path, path.endsWith('.md') ? withLinksIn(text, source, packaged) : text];
    }),
  );
};

/** @param packaged paths in the package by the paths in the repository */
const withLinksIn = (text: string, source: string, packaged: ReadonlyMap<string, string>): string =>
  text.replaceAll(LINK, (link: string, mark: string, words: string, target: string) => {
    if (/^([a-z]+:|#)/.test(target)) return link;
    const [file = '', anchor] = target.split('#');
    const path = packaged.get(posix.join(posix.dirname(source), file));
    if (path === undefined) return words;
    const from = posix.dirname(packaged.get(source) ?? source);
    return `${mark}[${words}](${posix.relative(from, path)}${anchor === undefined ? '' : `#${anchor}`})`;
  });
