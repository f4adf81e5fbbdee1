import { readdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { test as base, describe, expect } from 'vitest';

/** Paths that each folder may import besides its own files. A folder that is not listed here is an error. */
const ALLOWED_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  'lambda/contract': [],
  'lambda/shared': ['lambda/contract'],
  'lambda/functions': ['lambda/contract', 'lambda/shared'],
  // Synth finds the mistakes of a template by the code that fills it.
  lib: [
    'lambda/contract',
    'lambda/shared/dispatch/check-template.ts',
    'lambda/shared/dispatch/placeholders.ts',
    'lambda/shared/dispatch/secrets.ts',
    // And of policies in Rego by the code that evaluates them.
    'lambda/shared/policy/opa-module.ts',
    'lambda/shared/policy/policy.ts',
    'lambda/shared/policy/rego.ts',
    'lambda/shared/policy/web-assembly.ts',
  ],
  bin: ['cdk', 'lib'],
  // The package for CDK apps.
  cdk: ['lambda/contract', 'lib', 'sender'],
  environments: ['lib', 'lambda/contract/access-token-profile.ts', 'lambda/contract/operator-roles.ts'],
  // Each is published as a package of its own. Of the gateway they know the contract alone.
  'sdk/client': ['lambda/contract', 'sdk/shared'],
  'sdk/processor': ['lambda/contract', 'sdk/shared'],
  'sdk/shared': ['lambda/contract'],
  // Its gateway is the receiver with a store in memory, so that a processor gets the answers of a gateway and no imitations.
  'cli/conformance': ['cli', 'lambda/contract', 'lambda/functions/receive', 'lambda/shared'],
  // Runs the CDK app of any folder, so it needs no code of ours and no CDK.
  'cdk-app': [],
  // Reads the assembly of an app. Nothing of it needs the CDK.
  'cli/env': [
    'cdk-app',
    'cli',
    'cost',
    'lib/config/near-names.ts',
    'lib/context-keys.ts',
    'lib/describe/description.ts',
    'lib/update',
    'lib/validation/findings.ts',
  ],
  cli: [
    'cdk-app',
    'lambda/contract',
    'lambda/shared/tables',
    // "token explain" judges a token by the code of the gateway itself.
    'lambda/shared/callback-token',
    'lambda/shared/http/router.ts',
    'lambda/shared/refusal.ts',
    'lambda/shared/signing-keys/verification-keys.ts',
    // Plain code without the CDK, for "init".
    'lib/config/near-names.ts',
    'lib/feature-flags.ts',
    'scenario',
    'sdk',
    'smoke',
  ],
  cost: ['lib/describe/description.ts', 'lambda/contract'],
  scenario: ['lambda/contract'],
  // What the CDK app of a sender imports. It becomes a part of a package, so it must not bring the gateway's stacks along.
  sender: ['lambda/contract'],
  smoke: ['scenario'],
  // Composes the code of the functions with a clock of its own.
  'local/seed': ['lambda', 'local'],
  // The environment `local` and its CDK app, in a process of its own.
  'local/app.ts': ['lib', 'local/environment.ts'],
  'local/environment.ts': ['lib'],
  // A processor, as an outside system has it: of Postern it knows its package alone.
  'local/example-processor': ['sdk/processor'],
  local: [
    'cdk-app',
    'lambda/contract',
    'lib/config/local-settings.ts',
    'lib/context-keys.ts',
    'lib/describe/description.ts',
    'scenario',
  ],
  benchmarks: ['capacity', 'cli/build.mjs', 'cost', 'lambda', 'lib', 'local', 'scenario'],
  capacity: ['benchmarks', 'lambda', 'lib'],
  tools: ['cli', 'lambda', 'lib', 'test'],
};

/** Folders and files of `lib` from left to right. Each may import those to its left. */
const LIB_ORDER = [
  ['context-keys.ts', 'feature-flags.ts', 'names.ts', 'validation'],
  ['set-feature-flags.ts'],
  ['stack-names.ts'],
  ['config'],
  ['describe'],
  ['environment.ts'],
  ['sign-in'],
  ['state'],
  ['functions'],
  ['edge'],
  ['events'],
  ['monitoring'],
  ['gateway-outputs.ts'],
  ['gateway-stack.ts', 'state-stack.ts'],
  ['environment-stacks.ts'],
  ['local-description.ts'],
  ['update'],
];

/** Folders and files of `lambda/shared` from left to right. Each may import those to its left. */
const SHARED_ORDER = [
  ['clock.ts', 'concurrently.ts', 'keep-for.ts', 'lazy.ts', 'json.ts', 'canonical-json.ts', 'mask-credentials.ts'],
  ['log'],
  ['html'],
  ['refusal.ts'],
  ['settle.ts', 'egress'],
  ['aws'],
  ['http'],
  ['or-unavailable.ts', 'retry-races.ts'],
  ['tables'],
  ['signing-keys'],
  ['callback-token'],
  ['callbacks'],
  ['dispatch'],
  ['access-token'],
  ['policy'],
  ['operator'],
  ['console'],
];

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const OUTSIDE = new Set(['node_modules', 'test', 'docs', 'cdk.out', 'dist', 'deployments', 'coverage', 'reports']);

interface Import {
  readonly from: string;
  /** A path from the root for a file of this repository, otherwise the name of a package. */
  readonly to: string;
}

const folders = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !OUTSIDE.has(entry.name))
  .map(({ name }) => name);

const sourcesOf = (folder: string): readonly string[] =>
  readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
    .map((file) => `${folder}/${file}`);

/** Reads every import with a parser: static, dynamic, for side effects, re-exported, and of types. */
const importsOf = async (files: readonly string[]): Promise<readonly Import[]> => {
  const imports: Import[] = [];
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
            imports.push({ from: relative(ROOT, importer), to });
            return { path, external: true };
          });
          // The bundler drops imports of types, but they tie two folders together as well.
          onLoad({ filter: /\.ts$/ }, ({ path }) => ({
            contents: readFileSync(path, 'utf8').replaceAll(/^(import|export) type (?=[^;=]+ from )/gm, '$1 '),
            loader: 'ts',
          }));
        },
      },
    ],
  });
  return imports;
};

const isUnder = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
const isOwn = (path: string): boolean => [...folders, 'test'].some((folder) => isUnder(path, folder));
const shown = (list: readonly Import[]): readonly string[] => list.map(({ from, to }) => `${from} → ${to}`);

/** The folder of the table that a file belongs to. */
const layerOf = (path: string): string | undefined =>
  Object.keys(ALLOWED_IMPORTS).find((folder) => isUnder(path, folder));

/** The name directly below `folder` on the way to a path: a file or a folder. */
const childOf = (folder: string, path: string): string => path.slice(folder.length + 1).split('/', 1)[0] ?? '';

const it = base.extend('imports', { scope: 'file' }, () => importsOf(folders.flatMap(sourcesOf)));

describe('imports', () => {
  it('are read from the sources, those of types included', ({ imports }) => {
    expect(shown(imports)).toContain('cdk/postern.ts → lib/environment-stacks.ts');
    expect(shown(imports)).toContain('lib/environment-stacks.ts → aws-cdk-lib');
    expect(shown(imports)).toContain('lib/environment-stacks.ts → lib/config/environment.ts');
  });

  it('leave a folder only along the arrows of the table', ({ imports }) => {
    const wrong = imports.filter(({ from, to }) => {
      const layer = layerOf(from);
      if (layer === undefined) return true;
      return isOwn(to) && ![layer, ...(ALLOWED_IMPORTS[layer] ?? [])].some((folder) => isUnder(to, folder));
    });
    expect(shown(wrong)).toEqual([]);
  });

  it('name no package of synth time in lambda', ({ imports }) => {
    const wrong = imports.filter(({ from, to }) => isUnder(from, 'lambda') && /^(aws-cdk-lib|constructs)\b/.test(to));
    expect(shown(wrong)).toEqual([]);
  });

  it('name no package in sender but those that every CDK app has', ({ imports }) => {
    const packages = imports.filter(({ from, to }) => isUnder(from, 'sender') && !isOwn(to)).map(({ to }) => to);
    expect([...new Set(packages.map((name) => name.split('/', 1)[0]))].sort()).toEqual(['aws-cdk-lib', 'constructs']);
  });

  it('never go from one function to another', ({ imports }) => {
    const functions = 'lambda/functions';
    const between = imports.filter(({ from, to }) => isUnder(from, functions) && isUnder(to, functions));
    expect(between).not.toEqual([]);
    expect(shown(between.filter(({ from, to }) => childOf(functions, from) !== childOf(functions, to)))).toEqual([]);
  });

  it.for([
    ['lib', LIB_ORDER],
    ['lambda/shared', SHARED_ORDER],
  ] as const)('keep the order of %s', ([folder, order], { imports }) => {
    const place = (path: string): number => order.findIndex((names) => names.includes(childOf(folder, path)));
    const inside = imports.filter(({ from, to }) => isUnder(from, folder) && isUnder(to, folder));
    const unplaced = inside.flatMap(({ from, to }) => [from, to]).filter((path) => place(path) === -1);
    expect([...new Set(unplaced)]).toEqual([]);
    const wrong = inside.filter(
      ({ from, to }) => childOf(folder, from) !== childOf(folder, to) && place(from) <= place(to),
    );
    expect(shown(wrong)).toEqual([]);
  });

  it('make no cycle of files or folders in lib and lambda', ({ imports }) => {
    const cycles = cyclesOf(imports.filter(({ from }) => isUnder(from, 'lib') || isUnder(from, 'lambda')));
    expect(cycles).toEqual([]);
  });
});

describe('the search for cycles', () => {
  it('finds a cycle of two files', () => {
    const cycle = [
      { from: 'a/x.ts', to: 'a/y.ts' },
      { from: 'a/y.ts', to: 'a/x.ts' },
    ];
    expect(cyclesOf(cycle)).toEqual(['a: x.ts → y.ts → x.ts']);
  });

  it('finds a cycle of folders whose files make none', () => {
    const cycle = [
      { from: 'a/b/1.ts', to: 'a/c/1.ts' },
      { from: 'a/c/2.ts', to: 'a/d/1.ts' },
      { from: 'a/d/2.ts', to: 'a/b/2.ts' },
    ];
    expect(cyclesOf(cycle)).toEqual(['a: b → c → d → b']);
  });
});

/**
 * Cycles between the files and folders of one folder, for every folder. An import counts between the two names at which its
 * paths part. A cycle of files always makes a cycle of such names.
 */
function cyclesOf(list: readonly Import[]): readonly string[] {
  const edges = list
    .filter(({ to }) => to.endsWith('.ts'))
    .map(({ from, to }) => {
      const [source, target] = [from.split('/'), to.split('/')];
      const parting = source.findIndex((name, i) => name !== target[i]);
      return { folder: source.slice(0, parting).join('/'), from: source[parting] ?? '', to: target[parting] ?? '' };
    });
  return [...new Set(edges.map(({ folder }) => folder))].flatMap((folder) => {
    const inside = edges.filter((edge) => edge.folder === folder);
    return [...new Set(inside.map(({ from }) => from))].flatMap((start) => {
      const path = pathBack(inside, start);
      // A cycle is reported once, from its first name.
      return path === undefined || [...path].sort()[0] !== start ? [] : [`${folder}: ${[...path, start].join(' → ')}`];
    });
  });
}

/** The shortest path from a name back to itself. */
function pathBack(edges: readonly Import[], start: string): readonly string[] | undefined {
  const seen = new Set<string>();
  const queue: (readonly string[])[] = [[start]];
  for (const path of queue) {
    for (const { to } of edges.filter(({ from }) => from === path.at(-1))) {
      if (to === start) return path;
      if (seen.has(to)) continue;
      seen.add(to);
      queue.push([...path, to]);
    }
  }
  return undefined;
}
