import { declarationPath, emitDeclarations, neededBy } from '../pack/declarations.ts';
import { entriesOf, readPackages } from '../pack/packages.ts';
import type { GeneratedPage } from './page.ts';

const PACKAGE = '@postern/cdk';

/** Declarations of the package, as its tarball has them. */
const packedDeclarations = (): ReadonlyMap<string, string> => {
  const source = readPackages().find(({ manifest }) => manifest.name === PACKAGE);
  const entries = source === undefined ? [] : entriesOf(source).map((entry) => entry.source);
  const all = emitDeclarations(entries);
  return new Map(entries.flatMap((entry) => [...neededBy(declarationPath(entry), all)]).sort(byPath));
};

const byPath = ([one]: readonly [string, string], [other]: readonly [string, string]): number => (one < other ? -1 : 1);

/** The public surface of the package. A change of it is a change of this file, which a reviewer sees. */
export const API_REPORT: GeneratedPage = {
  path: 'cdk/api.md',
  render: () => {
    const files = [...packedDeclarations()].map(
      ([path, text]) => `## ${path.replace(/^types\//, '')}\n\n\`\`\`\`ts\n${text.trimEnd()}\n\`\`\`\`\n`,
    );
    return `# Public types of ${PACKAGE}

These are the declarations that the package ships. A member that is marked as internal is not among them. \`npm run docs\` writes this page from
the sources, and \`npm run docs -- --check\` compares it: a change of the public surface is a change of this page.
[Releasing](../docs/contributing/releasing.md) says which change is a major version.

${files.join('\n')}`;
  },
};
