import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './packages.ts';

/** A file with the terms of each license, for packages that name their license and have no file of it. */
const TERMS: Readonly<Record<string, string>> = { 'Apache-2.0': 'node_modules/typescript/LICENSE' };

/** The license file of the project, for packages of a project that have no file of their own. */
const PROJECTS: Readonly<Record<string, string>> = { 'koa-compose': 'node_modules/koa/LICENSE' };

/**
 * Text of `THIRD-PARTY-LICENSES.md`: the license of each package in a bundle, which must go with its code. Packages with the same
 * text share it.
 * @param inputs sources of the bundle, relative to the root
 * @throws {Error} if a package has no license file, and `TERMS` has no text for its license
 */
export const licensesOf = (inputs: readonly string[]): string => {
  const folders = inputs.flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? []);
  const packages = new Map<string, string[]>();
  for (const folder of [...new Set(folders)].sort()) {
    const { heading, text } = licenseOf(folder);
    packages.set(text, [...(packages.get(text) ?? []), heading]);
  }
  const sections = [...packages].map(([text, headings]) => `${headings.join('\n')}\n\n\`\`\`text\n${text}\n\`\`\`\n`);
  return ['# Licenses of the packages in this bundle\n', ...sections].join('\n');
};

const licenseOf = (folder: string): { readonly heading: string; readonly text: string } => {
  const read = (file: string): string => readFileSync(join(ROOT, folder, file), 'utf8').trim();
  const { license, name, version } = JSON.parse(read('package.json')) as {
    readonly name: string;
    readonly version: string;
    readonly license: string;
  };
  const files = readdirSync(join(ROOT, folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file));
  const terms = PROJECTS[name] ?? TERMS[license];
  if (files.length === 0 && terms === undefined) {
    throw new Error(`${name} is in the bundle and has no license file. Add the text of ${license} to TERMS.`);
  }
  const texts = files.length > 0 ? files.sort().map(read) : [readFileSync(join(ROOT, terms ?? ''), 'utf8').trim()];
  return { heading: `## ${name} ${version}`, text: texts.join('\n\n') };
};
