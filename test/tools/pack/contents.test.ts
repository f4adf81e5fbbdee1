import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { CEDAR_FILE } from '../../../lambda/contract/policy.ts';
import { CHECKED_PROOFS } from '../../../lambda/contract/proofs.ts';
import { ENVIRONMENT_VARIABLES } from '../../../lambda/contract/variables.ts';
import {
  test as base,
  PACKAGES,
  type PackageName,
  type PackedPackage,
  ROOT,
  rootManifest,
  runPack,
} from '../../support/packed.ts';

const git = (...words: readonly string[]): string => execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' });

const test = base
  .extend('before', { scope: 'file' }, () => git('diff', 'HEAD'))
  .extend('again', { scope: 'file' }, async ({ before: _, folder, printed }) => {
    const lines = await runPack(join(folder, 'again'));
    return { first: printed, second: lines };
  });

/** Folders whose sources a package may have in its source maps. */
const SOURCES: Readonly<Record<PackageName, RegExp>> = {
  '@postern/cli':
    // The conformance kit answers with the code of the receiver, and 'env' compares and estimates with the code of the synth. 'init'
    // pins the versions of the repository.
    /^(cdk-app|cli|cost|lib|sdk\/(client|processor|shared)|lambda\/(contract|shared|functions\/receive)|scenario|smoke|node_modules\/(commander|jose|smol-toml|structured-headers|valibot))\/|^package\.json$/,
  '@postern/client': /^(sdk\/(client|shared)|lambda\/contract)\//,
  '@postern/processor': /^(sdk\/(processor|shared)|lambda\/contract)\//,
  '@postern/cdk':
    // Synth checks requests to processors with the code that builds them, and policies in Rego with the code that asks them.
    /^(cdk|lib|sender|lambda\/(contract|shared\/(dispatch|policy))|node_modules\/(ajv|fast-deep-equal|fast-uri|ipaddr\.js|json-schema-traverse|valibot))\//,
};

/** Declarations that a package may have. Types of the constructs do not drag the sources of the stacks in. */
const DECLARATIONS: Readonly<Record<PackageName, RegExp>> = {
  ...SOURCES,
  '@postern/cdk': /^(cdk\/|sender\/|lambda\/contract\/|lib\/(stack-names|config\/secret-header)\.d\.ts$)/,
};

/** Files of the functions in the package of constructs: each is there once. */
const FUNCTION_FILES = [
  ...Object.keys(ENVIRONMENT_VARIABLES).map((name) => `${name}.js`),
  ...CHECKED_PROOFS.map((proof) => `proof-${proof.replaceAll('_', '-')}.js`),
  'cedar.cjs',
  CEDAR_FILE,
  'console-script.js',
  'console.css',
  'page.css',
  'payload-bucket.js',
  'policy-rego.js',
  'policy.js',
  'schema-runtime.js',
  'token-decryption.js',
].map((file) => `dist/functions/${file}`);

/** Files of a package that are neither declarations nor shared code of several entries. */
const FILES: Readonly<Record<PackageName, readonly string[]>> = {
  '@postern/cli': [
    'PROVENANCE.md',
    'README.md',
    'THIRD-PARTY-LICENSES.md',
    // The gateway of "postern dev".
    'dist/gateway/bootstrap.cjs',
    'dist/gateway/dev.mjs',
    'dist/gateway/native-index.mjs',
    'dist/gateway/supervisor.mjs',
    'dist/postern.mjs',
    'dist/postern.mjs.map',
    'package.json',
  ],
  '@postern/client': [
    'PROVENANCE.md',
    'README.md',
    'dist/index.js',
    'dist/index.js.map',
    'dist/operator.js',
    'dist/operator.js.map',
    'package.json',
    'types/package.json',
  ],
  '@postern/processor': [
    'PROVENANCE.md',
    'README.md',
    'dist/index.js',
    'dist/index.js.map',
    'package.json',
    'types/package.json',
  ],
  '@postern/cdk': [
    'PROVENANCE.md',
    'README.md',
    'THIRD-PARTY-LICENSES.md',
    ...FUNCTION_FILES,
    'docs/reference/policy-schema.json',
    'dist/index.js',
    'dist/index.js.map',
    'package.json',
    'types/package.json',
  ].sort(),
};

const LIBRARIES = PACKAGES.filter((name) => name !== '@postern/cli');

/** Pages of the documentation. A test of its own has them. */
const isPage = (path: string): boolean => /^(docs\/.*\.(md|svg)|CHANGELOG\.md)$/.test(path);

/** Sources of the program of the network door. */
const isOfDoor = (path: string): boolean => path.startsWith('dist/door/');
const isExample = (path: string): boolean => path.startsWith('docs/send/examples/');

const isDeclaration = (path: string): boolean => path.startsWith('types/') && path !== 'types/package.json';

const textOf = ({ files }: PackedPackage, path: string): string => {
  const text = files.get(path);
  if (text === undefined) throw new Error(`The tarball has no ${path}.`);
  return text;
};

/** An entry and the files that it imports, in one text. */
const withImports = (of: PackedPackage, path: string): string => {
  const text = textOf(of, path);
  const imports = [...text.matchAll(/(?:from|import)\s*"(\.[^"]+)"/g)].map(([, target = '']) =>
    withImports(of, posix.join(posix.dirname(path), target)),
  );
  return [text, ...imports].join('\n');
};

describe('npm run pack', () => {
  test('writes one tarball for each package and prints its size and hash', ({ folder, packed, printed }) => {
    const { version } = rootManifest();
    const names = PACKAGES.map((name) => `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
    expect(readdirSync(join(folder, 'packed')).sort()).toEqual([...names].sort());
    expect(Object.keys(packed).sort()).toEqual([...PACKAGES].sort());
    for (const line of printed) expect(line).toMatch(/^postern-[a-z]+-\S+\.tgz {2}\d+ bytes {2}sha512-\S{88}$/);
  });

  test('writes the same bytes when it runs again', ({ again, folder }) => {
    expect(again.second).toEqual(again.first);
    for (const file of readdirSync(join(folder, 'packed'))) {
      const [first, second] = ['packed', 'again'].map((name) => readFileSync(join(folder, name, file)));
      expect(second?.equals(first ?? Buffer.alloc(0)), file).toBe(true);
    }
  });

  test('changes no tracked file, and Git ignores its default folder', ({ again, before }) => {
    expect(again.second).toHaveLength(4);
    expect(git('diff', 'HEAD')).toBe(before);
    expect(git('check-ignore', 'dist/postern-cli.tgz').trim()).toBe('dist/postern-cli.tgz');
  });
});

describe('a tarball', () => {
  test.for(PACKAGES)('of %s has these files and no other', (name, { packed }) => {
    const paths = [...packed[name].files.keys()];
    const shared = /^dist\/(shared-[A-Z0-9]{8}\.js(\.map)?|gateway\/shared-[A-Z0-9]{8}\.mjs)$/;
    expect(
      paths
        .filter(
          (path) => ![isDeclaration, isPage, isExample, isOfDoor, shared.test.bind(shared)].some((is) => is(path)),
        )
        .sort(),
    ).toEqual(FILES[name]);
    for (const path of paths.filter(isDeclaration)) {
      expect(path).toMatch(/\.d\.ts$/);
      expect(path.slice('types/'.length)).toMatch(DECLARATIONS[name]);
    }
  });

  test('of @postern/cdk has the sources of the network door, without its tests', ({ packed }) => {
    const paths = [...packed['@postern/cdk'].files.keys()].filter(isOfDoor);
    expect(paths).toEqual(expect.arrayContaining(['dist/door/go.mod', 'dist/door/go.sum', 'dist/door/main.go']));
    expect(paths.filter((path) => /_test\.go$|testdata/.test(path))).toEqual([]);
  });

  test.for(PACKAGES)('of %s has pages of the documentation for users if it has constructs', (name, { packed }) => {
    const folders = new Set(
      [...packed[name].files.keys()].filter(isPage).map((path) => path.split('/').slice(0, -1).join('/')),
    );
    const ours = [
      '',
      'docs/concepts',
      'docs/operate',
      'docs/operate/identity-providers',
      'docs/process',
      'docs/reference',
      'docs/send',
    ];
    expect([...folders].sort()).toEqual(name === '@postern/cdk' ? ours : []);
  });

  test('of @postern/cdk has the examples, which import from the package', ({ packed }) => {
    const { files } = packed['@postern/cdk'];
    const examples = [...files].filter(([path]) => isExample(path));
    const tracked = git('ls-files', 'docs/send/examples').trim().split('\n');
    expect(examples.map(([path]) => path).sort()).toEqual(tracked.sort());
    const imports = examples.flatMap(([path, text]) =>
      [...text.matchAll(/ from '([^']+)'/g)].map(([, target = '']) =>
        target.startsWith('.') ? posix.join(posix.dirname(path), target) : target,
      ),
    );
    expect(imports).toContain('@postern/cdk');
    expect(imports.filter((target) => target.includes('/') && target.endsWith('.ts') && !files.has(target))).toEqual(
      [],
    );
  });

  test('of @postern/cdk has each page that its errors, types and pages name', ({ packed }) => {
    const { files } = packed['@postern/cdk'];
    // The changelog names pages of earlier versions too.
    const texts = [...files].filter(([path]) => /^(dist\/index\.js|.*\.d\.ts|README\.md|docs\/.*\.md)$/.test(path));
    const named = texts.flatMap(([path, text]) =>
      [...text.matchAll(/(?<![\w./-])docs\/[\w/-]+\.md\b/g)].map(([page]) => ({ path, page })),
    );
    expect(named.map(({ page }) => page)).toContain('docs/operate/configuration.md');
    expect(named.filter(({ page }) => !files.has(page))).toEqual([]);
  });

  test('of @postern/cdk has every file that a link of a page leads to', ({ packed }) => {
    const { files } = packed['@postern/cdk'];
    const pages = [...files].filter(([path]) => path.endsWith('.md'));
    const links = pages.flatMap(([page, text]) =>
      [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .map((target) => posix.join(posix.dirname(page), target)),
    );
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter((target) => !files.has(target))).toEqual([]);
  });

  test.for(PACKAGES)('of %s has the version and the license of the repository', (name, { packed }) => {
    const { license, version } = rootManifest();
    expect(packed[name].manifest).toMatchObject({ name, version, license, type: 'module' });
    const source = { '@postern/cdk': 'cdk', '@postern/cli': 'cli' }[name as string] ?? name.replace('@postern', 'sdk');
    const inCheckout = JSON.parse(readFileSync(join(ROOT, source, 'package.json'), 'utf8'));
    expect(inCheckout).toMatchObject({ name, version, license });
  });

  test.for(PACKAGES)('of %s depends on nothing except its peers, and runs no script', (name, { packed }) => {
    const { dependencies, devDependencies, optionalDependencies, peerDependencies, scripts } = packed[name].manifest;
    expect([dependencies, devDependencies, optionalDependencies, scripts]).toEqual(Array(4).fill(undefined));
    const peers = name === '@postern/cdk' ? ['aws-cdk-lib', 'constructs'] : [];
    expect(Object.keys(peerDependencies ?? {})).toEqual(peers);
  });

  test.for(PACKAGES)('of %s has a source map beside its code, with sources of its own folders', (name, { packed }) => {
    const { files } = packed[name];
    const code = [...files.keys()].filter((path) => /^dist\/[^/]*\.m?js$/.test(path));
    expect(code.length).toBeGreaterThan(0);
    for (const path of code) {
      expect(textOf(packed[name], path)).toContain(`//# sourceMappingURL=${posix.basename(path)}.map`);
      const { sources, sourcesContent } = JSON.parse(textOf(packed[name], `${path}.map`)) as {
        readonly sources: readonly string[];
        readonly sourcesContent: readonly string[];
      };
      for (const source of sources) expect(source).toMatch(SOURCES[name]);
      expect(sources.filter((source) => /test|environments\//.test(source))).toEqual([]);
      expect(sourcesContent).toHaveLength(sources.length);
    }
  });

  test.for(PACKAGES)('of %s has no key, no path of this machine and no test', (name, { packed }) => {
    for (const [path, text] of packed[name].files) {
      expect(text, path).not.toMatch(/-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]/);
      expect(text, path).not.toMatch(/"d"\s*:\s*"[A-Za-z0-9_-]{20,}"/);
      // A command of a page may write into /tmp.
      const places = [ROOT.slice(0, -1), homedir(), ...(isPage(path) ? [] : [tmpdir()])];
      for (const place of places) expect(text, path).not.toContain(place);
      expect(text, path).not.toMatch(/from ['"]vitest['"]/);
      expect(path).not.toMatch(/\.test\.|(^|\/)(test|local|\.env)(\/|$)/);
    }
  });

  test.for(PACKAGES)('of %s says how it was built, and from which commit', (name, { packed }) => {
    const text = textOf(packed[name], 'PROVENANCE.md');
    const head = git('rev-parse', 'HEAD').trim();
    expect(text).toContain(`\`${name}\` ${rootManifest().version}`);
    expect(text).toContain(head);
    expect(text).toContain('npm run -s pack');
    const isClean = !text.includes('with changes that are not in this commit');
    expect(packed[name].manifest.gitHead).toBe(isClean ? head : undefined);
    expect(packed[name].manifest.publishConfig).toEqual({ provenance: true });
  });

  test.for([
    ['@postern/cli', 'dist/postern.mjs.map', ['commander']],
    // All but the first are in the functions, whose code has no source map.
    ['@postern/cdk', 'dist/index.js.map', ['valibot', '@aws-sdk/client-dynamodb', '@cedar-policy/cedar-wasm', 'jose']],
  ] as const)('of %s has the license of each package in it', ([name, map, known], { packed }) => {
    const text = textOf(packed[name], 'THIRD-PARTY-LICENSES.md');
    const { sources } = JSON.parse(textOf(packed[name], map)) as { readonly sources: readonly string[] };
    const bundled = sources.flatMap((source) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []);
    expect(bundled).toContain(known[0]);
    for (const each of new Set([...bundled, ...known])) expect(text).toContain(`## ${each} `);
  });
});

describe('a library', () => {
  test.for(LIBRARIES)('%s has declarations that import nothing outside of the tarball', (name, { packed }) => {
    const { files, manifest } = packed[name];
    for (const entry of Object.values(manifest.exports)) {
      if (typeof entry === 'string') continue;
      expect(files.has(entry.types.slice(2)), entry.types).toBe(true);
      expect(files.has(entry.default.slice(2)), entry.default).toBe(true);
    }
    const peers = Object.keys(manifest.peerDependencies ?? {});
    for (const [path, text] of files) {
      if (!isDeclaration(path)) continue;
      expect(text, path).not.toMatch(/<reference (types|path)=/);
      for (const [, target = ''] of text.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
        if (target.startsWith('.')) {
          expect(target, path).toMatch(/\.js$/);
          const declarations = posix.join(posix.dirname(path), target.replace(/\.js$/, '.d.ts'));
          expect(files.has(declarations), `${path} imports ${target}`).toBe(true);
        } else
          expect(
            [...peers, ...(name === '@postern/cdk' ? ['node:crypto'] : [])].some(
              (peer) => target === peer || target.startsWith(`${peer}/`),
            ),
            `${path}: ${target}`,
          ).toBe(true);
      }
    }
  });

  test.for([
    ['@postern/client', 'dist/index.js'],
    ['@postern/client', 'dist/operator.js'],
    ['@postern/processor', 'dist/index.js'],
  ] as const)('%s has at most 10 KB with gzip in %s and the files that it imports', ([name, path], { packed }) => {
    const bytes = gzipSync(withImports(packed[name], path), { level: 9 }).length;
    expect(bytes).toBeLessThanOrEqual(10_000);
  });

  test.for(LIBRARIES)('%s has no line of code that fills a screen when an error shows it', (name, { packed }) => {
    const code = [...packed[name].files].filter(([path]) => /^dist\/[^/]*\.js$/.test(path));
    expect(code.length).toBeGreaterThan(0);
    for (const [path, text] of code) {
      const longest = Math.max(...text.split('\n').map((line) => line.length));
      expect(longest, path).toBeLessThanOrEqual(1_000);
    }
  });

  test('of a sender imports no module of Node, and that of a processor none before it is needed', ({ packed }) => {
    for (const path of ['dist/index.js', 'dist/operator.js'])
      expect(withImports(packed['@postern/client'], path)).not.toMatch(/node:|\brequire\(/);
    expect(withImports(packed['@postern/processor'], 'dist/index.js')).not.toMatch(/["']node:|\brequire\(/);
  });
});
