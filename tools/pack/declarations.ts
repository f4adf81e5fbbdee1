import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { ROOT } from './packages.ts';

/** Declarations by their path in a package: `types/sdk/client/index.d.ts`. */
export type Declarations = ReadonlyMap<string, string>;

const FOLDER = 'types';

/**
 * Makes the declarations those of CommonJS. With `module: node16`, and with `nodenext` before TypeScript 5.8, the compiler refuses an ES
 * module in a program of CommonJS, although Node loads it from 20.19 on. Programs of ES modules take the same names from either.
 * https://www.typescriptlang.org/docs/handbook/release-notes/typescript-5-8.html
 */
export const TYPES_MANIFEST = `${FOLDER}/package.json`;

/** Path of the declarations of a source in a package. @param source path from the root */
export const declarationPath = (source: string): string => posix.join(FOLDER, source.replace(/(?<!\.d)\.ts$/, '.d.ts'));

/**
 * Emits the declarations of these sources, and of all sources that they import.
 * @param sources paths from the root
 * @throws {Error} with the errors of the compiler
 */
export const emitDeclarations = (sources: readonly string[]): Declarations => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-types-'));
  try {
    const project = join(folder, 'tsconfig.json');
    writeFileSync(project, JSON.stringify(projectOf(sources, join(folder, FOLDER))));
    compile(project);
    const files = readdirSync(join(folder, FOLDER), { recursive: true, encoding: 'utf8' });
    const paths = files.filter((file) => file.endsWith('.d.ts')).map((file) => file.replaceAll('\\', '/'));
    return new Map(
      paths.map((path) => [
        posix.join(FOLDER, path),
        withJsExtensions(readFileSync(join(folder, FOLDER, path), 'utf8')),
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const projectOf = (sources: readonly string[], outDir: string): object => ({
  extends: join(ROOT, 'tsconfig.json'),
  compilerOptions: {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    rootDir: ROOT,
    outDir,
    typeRoots: [join(ROOT, 'node_modules/@types')],
  },
  files: sources.map((source) => join(ROOT, source)),
  include: [],
});

const compile = (project: string): void => {
  try {
    execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`The declarations do not compile. Run npm run typecheck.\n${stdout}${stderr}`);
  }
};

/** An import of a file beside it, in any form: `from './a.ts'`, `import './a.ts'`, `import('./a.ts')`. */
const RELATIVE_IMPORT = /(?<=\b(?:from|import)\s*\(?\s*(['"]))(\.{1,2}\/[^'"]+)(?=\1)/g;

/** Compilers of others take `.ts` in an import only with a setting. The compiler changes it in code, not in declarations. */
const withJsExtensions = (text: string): string =>
  text.replaceAll(RELATIVE_IMPORT, (_, _quote, path: string) => path.replace(/\.ts$/, '.js'));

/**
 * Returns the declarations that an entry needs, directly or through another one.
 * @param path of the declarations of the entry
 * @throws {Error} if one of them is missing
 */
export const neededBy = (path: string, all: Declarations): Declarations => {
  const needed = new Map<string, string>();
  const queue = [path];
  for (const next of queue) {
    if (needed.has(next)) continue;
    const text = all.get(next);
    if (text === undefined) throw new Error(`${path} needs the declarations ${next}, which the compiler did not emit.`);
    needed.set(next, text);
    for (const [, , target = ''] of text.matchAll(RELATIVE_IMPORT))
      queue.push(posix.join(posix.dirname(next), target.replace(/\.js$/, '.d.ts')));
  }
  return needed;
};
