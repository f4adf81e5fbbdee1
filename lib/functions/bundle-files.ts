import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CEDAR_FILE } from '../../lambda/contract/policy.ts';
import { CHECKED_PROOFS } from '../../lambda/contract/proofs.ts';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/variables.ts';
import type { FunctionBundles } from './bundles.ts';

/** The same members as those of an object, each with the name of its file. */
type FileNames<T> = { readonly [K in keyof T]: T[K] extends string | Uint8Array ? string : FileNames<T[K]> };

const filesFor = (names: readonly string[], fileOf: (name: string) => string): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name, fileOf(name)]));

/** Folder with the sources of the network door, beside that of the functions. */
export const DOOR_FOLDER = 'door';

const FILE_NAMES: FileNames<Omit<FunctionBundles, 'door'>> = {
  functions: filesFor(
    Object.keys(ENVIRONMENT_VARIABLES),
    (name) => `${name}.js`,
  ) as FileNames<FunctionBundles>['functions'],
  proofs: filesFor(
    CHECKED_PROOFS,
    (name) => `proof-${name.replaceAll('_', '-')}.js`,
  ) as FileNames<FunctionBundles>['proofs'],
  payloadBucket: 'payload-bucket.js',
  tokenDecryption: 'token-decryption.js',
  schemaRuntime: 'schema-runtime.js',
  pages: { style: 'page.css', consoleStyle: 'console.css', consoleScript: 'console-script.js' },
  policy: { code: 'policy.js', cedar: CEDAR_FILE, rego: 'policy-rego.js' },
};

/**
 * Reads the code of the functions from the files of the package, each when it is needed.
 * @param folder with the files of `bundleFiles`
 * @throws {Error} on the first read, if the folder does not have the file
 */
export const readBundleFiles = (folder: URL): FunctionBundles =>
  Object.assign(
    lazily(FILE_NAMES, (file) => {
      const bytes = readFile(new URL(file, folder));
      return file === CEDAR_FILE ? bytes : bytes.toString('utf8');
    }),
    { door: fileURLToPath(new URL(`../${DOOR_FOLDER}`, folder)) },
  ) as FunctionBundles;

type Tree = { readonly [name: string]: string | Tree };

/** An object with the same members, whose values are read from their files. */
const lazily = (names: FileNames<unknown>, read: (file: string) => string | Uint8Array): object =>
  Object.defineProperties(
    {},
    Object.fromEntries(
      Object.entries(names as Tree).map(([name, value]) => [
        name,
        {
          enumerable: true,
          get: () => (typeof value === 'string' ? read(value) : lazily(value, read)),
        },
      ]),
    ),
  );

const readFile = (url: URL): Buffer => {
  try {
    return readFileSync(url);
  } catch (error) {
    throw new Error(
      `The code of the functions is not there: ${(error as Error).message}. Install @postern/cdk again. In a checkout of ` +
        'Postern, give `bundles: await bundleFunctions()`.',
    );
  }
};

/** The files of the package, from which `readBundleFiles` reads the same bundles. */
export const bundleFiles = (bundles: FunctionBundles): ReadonlyMap<string, string | Uint8Array> =>
  new Map(contentsOf(FILE_NAMES, bundles));

const contentsOf = (names: FileNames<unknown>, values: object): readonly [string, string | Uint8Array][] =>
  Object.entries(names as Tree).flatMap(([name, file]): readonly [string, string | Uint8Array][] => {
    const value: unknown = values[name as keyof typeof values];
    return typeof file === 'string' ? [[file, value as string | Uint8Array]] : contentsOf(file, value as object);
  });
