import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type PackageSource, ROOT } from './packages.ts';

/** Folders of `docs/` for users. Contributors read the others in the repository. */
const FOLDERS = ['concepts', 'operate', 'process', 'reference', 'send'].map((name) => `docs/${name}`);

/** A link or a picture in Markdown. Its text may have one pair of brackets, and may go over several lines. */
const LINK = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g;

const isPage = (file: string): boolean => /\.(md|svg)$/.test(file);

/** The schema of policies in Rego, for `opa check -s` and for editors. */
const isSchema = (file: string): boolean => file === 'docs/reference/policy-schema.json';

/** Code that pages describe. A reader copies it into an app, whose packages it uses. */
const isExample = (file: string): boolean =>
  /^docs\/send\/examples\/.*\.(ts|json)$/.test(file) && !file.includes('/node_modules/') && !/\/cdk\.out\b/.test(file);

/** An import from the sources of the package. */
const SOURCE_IMPORT = /(?<= from )'(?:\.\.\/)+(?:cdk|sender)\/[\w-]+\.ts'/g;

/**
 * The pages that errors, types and the README of a package name by their path, such as `docs/operate/configuration.md`.
 * They have the same path in the package. A link to a file that is not in the package becomes its text. The examples are there too.
 * They import from the package, not from its sources.
 * @returns texts by their path in the package
 */
export const pagesOf = ({ folder }: PackageSource): ReadonlyMap<string, string> => {
  const pages = [
    'CHANGELOG.md',
    ...FOLDERS.flatMap((each) =>
      readdirSync(join(ROOT, each), { recursive: true, encoding: 'utf8' })
        .map((file) => posix.join(each, file.replaceAll('\\', '/')))
        .filter((file) => isPage(file) || isSchema(file) || isExample(file)),
    ),
  ].sort();
  const packaged = new Map([[`${folder}/README.md`, 'README.md'], ...pages.map((page) => [page, page] as const)]);
  return new Map(
    [...packaged].map(([source, path]) => {
      const text = readFileSync(join(ROOT, source), 'utf8');
      if (path.endsWith('.md')) return [path, withLinksIn(text, source, packaged)];
      return [path, isExample(path) ? text.replaceAll(SOURCE_IMPORT, "'@postern/cdk'") : text];
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
