import { declarationPath } from './declarations.ts';
import { entriesOf, hasConstructs, type PackageSource } from './packages.ts';
import type { Commit } from './provenance.ts';

/** Folder of the code in a package. */
export const CODE_FOLDER = 'dist';

/** Folder of the functions' code in the package of constructs. `cdk/postern.ts` reads it, relative to its own bundle. */
export const FUNCTIONS_FOLDER = `${CODE_FOLDER}/functions`;

/** Cedar for the synth. It lies beside the WebAssembly file of the functions, so that the package has that file once. */
export const CEDAR_MODULE = `${FUNCTIONS_FOLDER}/cedar.cjs`;

/** Paths of the code and the types of an entry in its package. */
const filesOf = (name: string, source: string) => ({
  types: `./${declarationPath(source)}`,
  default: `./${CODE_FOLDER}/${name}.js`,
});

/**
 * The `package.json` of a tarball: that of the checkout, with the built files in the place of the sources.
 *
 * TypeScript reads `exports` only if it resolves modules as Node 16 or a bundler does. Older settings read `types` and
 * `typesVersions`.
 * @param version of the repository
 */
export const packedManifest = (source: PackageSource, version: string, commit: Commit | undefined): object => {
  const { bin, description, engines, exports: _, keywords, license, name, peerDependencies, type } = source.manifest;
  const entries = entriesOf(source).map((entry) => ({ ...entry, files: filesOf(entry.name, entry.source) }));
  const main = entries.find(({ path }) => path === '.');
  const others = entries.filter((entry) => entry !== main);
  return {
    name,
    version,
    description,
    ...(keywords && { keywords }),
    license,
    type,
    engines,
    ...(bin && { bin: Object.fromEntries(Object.keys(bin).map((command) => [command, commandPath(command)])) }),
    ...(main && { main: main.files.default, types: main.files.types }),
    ...(others.length > 0 && {
      typesVersions: { '*': Object.fromEntries(others.map(({ files, name: path }) => [path, [files.types]])) },
    }),
    exports: {
      ...Object.fromEntries(entries.map(({ files, path }) => [path, files])),
      './package.json': './package.json',
    },
    ...(hasConstructs(source) && { imports: { '#cedar': `./${CEDAR_MODULE}` } }),
    ...(entries.length > 0 && { sideEffects: false }),
    ...(peerDependencies && { peerDependencies }),
    // npm refuses to publish with provenance unless the package is public. So nothing is published by accident.
    // https://docs.npmjs.com/generating-provenance-statements
    publishConfig: { provenance: true },
    ...(commit?.isClean && { gitHead: commit.id }),
  };
};

/** Path of a command in its package. */
export const commandPath = (command: string): string => `${CODE_FOLDER}/${command}.mjs`;
