import { readdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const ROOMS = [
  'bin',
  'environments',
  'lib',
  'lambda',
  'local',
  'story',
  'smoke',
  'cost',
  'cli',
  'benchmarks',
  'capacity',
  'tools',
];

interface Import {
  readonly from: string;
  /** A path from the root for a file of ours, otherwise the name of a package. */
  readonly to: string;
}

let imports: readonly Import[];
beforeAll(async () => {
  const files = ROOMS.flatMap((room) => sources(room));
  expect(files.length).toBeGreaterThan(50);
  imports = await importsOf(files);
});

const sources = (room: string): readonly string[] => {
  try {
    return readdirSync(`${ROOT}${room}`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
      .map((file) => `${room}/${file}`);
  } catch {
    // A room that is not there yet.
    return [];
  }
};

/** Every import of every file, as a parser reads it: static, dynamic, for its effects, re-exported, or of a type. */
const importsOf = async (files: readonly string[]): Promise<readonly Import[]> => {
  const found: Import[] = [];
  await build({
    absWorkingDir: ROOT,
    entryPoints: [...files],
    outdir: '/unused',
    write: false,
    bundle: true,
    logLevel: 'silent',
    format: 'esm',
    platform: 'node',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, target: 'ES2023' } },
    plugins: [
      {
        name: 'imports',
        setup: ({ onResolve, onLoad }) => {
          onResolve({ filter: /.*/ }, ({ kind, importer, path }) => {
            if (kind === 'entry-point') return undefined;
            const to = path.startsWith('.') ? relative(ROOT, resolve(dirname(importer), path)) : path;
            found.push({ from: relative(ROOT, importer), to });
            return { path, external: true };
          });
          // A type ties two rooms together as well, and the bundler would leave it out.
          onLoad({ filter: /\.ts$/ }, ({ path }) => ({
            contents: readFileSync(path, 'utf8').replaceAll(/^(import|export) type (?=[^;=]+ from )/gm, '$1 '),
            loader: 'ts',
          }));
        },
      },
    ],
  });
  return found;
};

const room = (path: string): string => {
  if (/^lambda\/(functions|shared)\//.test(path)) return path.split('/', 3).join('/');
  return path.startsWith('lambda/') ? path.split('/', 2).join('/') : (path.split('/')[0] ?? '');
};
const ours = (path: string): boolean => ROOMS.some((name) => path.startsWith(`${name}/`)) || path.startsWith('test/');

/** Imports of a room that go to another room of ours. */
const leaving = (from: (path: string) => boolean): readonly Import[] =>
  imports.filter((one) => from(one.from) && ours(one.to) && room(one.from) !== room(one.to));

const shown = (found: readonly Import[]): readonly string[] => found.map(({ from, to }) => `${from} → ${to}`);

describe('the direction of imports', () => {
  it('is read from the sources', () => {
    expect(shown(imports)).toContain('bin/postern.ts → lib/stage.ts');
    expect(shown(imports)).toContain('lib/config/load.ts → lib/config/environment.ts');
    expect(shown(imports)).toContain('lambda/shared/callback-token/mint.ts → lambda/contract/claims.ts');
  });

  it('lambda/contract is the leaf: it imports nothing outside itself', () => {
    const leaf = imports.filter(({ from }) => from.startsWith('lambda/contract/'));
    expect(shown(leaf.filter(({ to }) => !to.startsWith('lambda/contract/')))).toEqual([]);
  });

  it('lib imports lambda/contract, and nothing else of lambda', () => {
    const wrong = leaving((path) => path.startsWith('lib/')).filter(({ to }) => !to.startsWith('lambda/contract/'));
    expect(shown(wrong)).toEqual([]);
  });

  it('environments import lib, and the ready profiles of access tokens', () => {
    const wrong = leaving((path) => path.startsWith('environments/')).filter(
      ({ to }) => !to.startsWith('lib/') && to !== 'lambda/contract/access-token-profile.ts',
    );
    expect(shown(wrong)).toEqual([]);
  });

  it('bin imports lib alone', () => {
    const wrong = leaving((path) => path.startsWith('bin/')).filter(({ to }) => !to.startsWith('lib/'));
    expect(shown(wrong)).toEqual([]);
  });

  it('lambda imports nothing of synth time, and nothing that serves it', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        from.startsWith('lambda/') &&
        ((ours(to) && !to.startsWith('lambda/')) || /^(aws-cdk-lib|constructs)\b/.test(to)),
    );
    expect(shown(wrong)).toEqual([]);
  });

  it('no function imports another function', () => {
    const owner = (path: string) => /^lambda\/functions\/([^/]+)\//.exec(path)?.[1];
    const wrong = imports.filter(
      ({ from, to }) => owner(to) !== undefined && owner(from) !== owner(to) && from.startsWith('lambda/'),
    );
    expect(imports.filter(({ from }) => owner(from) !== undefined)).not.toEqual([]);
    expect(shown(wrong)).toEqual([]);
  });

  it('nothing imports smoke, cost, cli or tools, and only capacity and benchmarks import each other', () => {
    const wrong = leaving(() => true).filter(
      ({ from, to }) =>
        /^(smoke|cost|cli|tools)\//.test(to) ||
        (/^(benchmarks|capacity)\//.test(to) && !/^(benchmarks|capacity)\//.test(from)),
    );
    expect(shown(wrong)).toEqual([]);
  });

  it('only tools import test', () => {
    const wrong = leaving((path) => !path.startsWith('tools/')).filter(({ to }) => to.startsWith('test/'));
    expect(shown(wrong)).toEqual([]);
  });

  it('only benchmarks import local', () => {
    const wrong = leaving((path) => !path.startsWith('benchmarks/')).filter(({ to }) => to.startsWith('local/'));
    expect(shown(wrong)).toEqual([]);
  });

  it('the story is told from outside: it imports lambda/contract alone, and smoke the story alone', () => {
    const wrong = [
      ...leaving((path) => path.startsWith('story/')).filter(({ to }) => !to.startsWith('lambda/contract/')),
      ...leaving((path) => path.startsWith('smoke/')).filter(({ to }) => !to.startsWith('story/')),
    ];
    expect(shown(wrong)).toEqual([]);
  });

  it('cost imports lib and lambda/contract alone', () => {
    const wrong = leaving((path) => path.startsWith('cost/')).filter(({ to }) => !/^(lib|lambda\/contract)\//.test(to));
    expect(shown(wrong)).toEqual([]);
  });

  it('local knows the gateway by its template and its bundles: nothing of it imports lib, bin or an environment', () => {
    const wrong = leaving((path) => path.startsWith('local/')).filter(({ to }) => /^(lib|bin|environments)\//.test(to));
    expect(shown(wrong)).toEqual([]);
  });
});
