import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './packages.ts';

/**
 * Text of `THIRD-PARTY-LICENSES.md`: the license of each package in a bundle, which must go with its code.
 * @param inputs sources of the bundle, relative to the root
 * @throws {Error} if a package has no license file
 */
export const licensesOf = (inputs: readonly string[]): string => {
  const names = inputs.flatMap((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []);
  const sections = [...new Set(names)].sort().map((name) => {
    const folder = join(ROOT, 'node_modules', name);
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    if (file === undefined) throw new Error(`${name} is in the bundle and has no license file.`);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version: string };
    return `## ${name} ${version}\n\n\`\`\`text\n${readFileSync(join(folder, file), 'utf8').trim()}\n\`\`\`\n`;
  });
  return ['# Licenses of the packages in this bundle\n', ...sections].join('\n');
};
