import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './packages.ts';

/** The commit that is checked out. */
export interface Commit {
  readonly id: string;
  /** False if sources of the packages differ from the commit. */
  readonly isClean: boolean;
}

/** Files that the packages are built from. Others, such as tarballs of an earlier run, do not change them. */
const SOURCES = [
  'cdk',
  'cdk-app',
  'cli',
  'lambda',
  'lib',
  'local',
  'scenario',
  'sdk',
  'sender',
  'smoke',
  'tools/pack',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

/** Returns the commit of the checkout, or `undefined` outside of a Git repository. */
export const readCommit = (): Commit | undefined => {
  const git = (...words: readonly string[]) =>
    execFileSync('git', words, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return { id: git('rev-parse', 'HEAD'), isClean: git('status', '--porcelain', '--', ...SOURCES) === '' };
  } catch {
    return undefined;
  }
};

const versionOf = (name: string): string =>
  (JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as { readonly version: string })
    .version;

const originOf = (commit: Commit | undefined): string => {
  if (commit === undefined) return 'Its sources were not in a Git repository, so no commit is named.';
  return commit.isClean
    ? `It was built from commit \`${commit.id}\` of the repository of Postern.`
    : `It was built from commit \`${commit.id}\` of the repository of Postern, with changes that are not in this commit.`;
};

/** Text of `PROVENANCE.md`: how the package was built, and how a reader checks that. */
export const provenanceOf = (name: string, version: string, commit: Commit | undefined): string => `# Provenance

This is \`${name}\` ${version}. ${originOf(commit)}

| tool | version |
|---|---|
| esbuild, which made the code | ${versionOf('esbuild')} |
| TypeScript, which made the declarations | ${versionOf('typescript')} |

## Build it again

\`\`\`sh
git checkout ${commit?.id ?? 'COMMIT'}
npm ci --ignore-scripts
npm run -s pack -- --out again
\`\`\`

The files of the tarball in \`again\` are the same, byte for byte: no file has a time, a path or a name of the machine. The command
prints the SHA-512 of each tarball. With the same versions of Node and npm it is the same too.
\`npm view ${name}@${version} dist.integrity\` prints that of the published tarball.

\`npm audit signatures\` checks the statement of provenance that the registry has, if the package was published with one.
`;
