/**
 * Stand-in for opa with its command line, as far as `postern env policies build` uses it. It compiles nothing: it knows the
 * sources in test/vectors/rego and puts the checked-in module of one into a bundle. Of mistakes it finds one: a member of
 * `input.context` that the schema does not have. `.ci/run policies` runs the same tests with opa itself.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeTar } from './make-tar.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const VECTORS = join(ROOT, 'test/vectors/rego');
/** Bytes of the section that Postern appends: its id and its size, and the name and the hash with one byte before the name. */
const APPENDED_BYTES = 2 + 1 + 'postern.source'.length + 64;

/** The version that `.ci/run policies` builds. */
const pinnedVersion = (): string =>
  /\sgithub\.com\/open-policy-agent\/opa v(\S+)/.exec(readFileSync(join(ROOT, '.ci/opa/go.mod'), 'utf8'))?.[1] ?? '';

const fail = (text: string): void => {
  process.stderr.write(`${text}\n`);
  process.exit(1);
};

const check = (words: readonly string[]): void => {
  const [strict, schemaFlag, schemaFile = '', file = '', ...more] = words;
  if (strict !== '--strict' || schemaFlag !== '-s' || more.length > 0) fail(`opa check: ${words.join(' ')}`);
  const schema = JSON.parse(readFileSync(schemaFile, 'utf8')) as {
    readonly properties: { readonly context: { readonly properties: Readonly<Record<string, unknown>> } };
  };
  const members = Object.keys(schema.properties.context.properties);
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const [i, line] of lines.entries()) {
    const [text, member = ''] = /input\.context\.(\w+)/.exec(line) ?? [];
    if (text === undefined || members.includes(member)) continue;
    const wanted = members.toSorted().map((one) => `"${one}"`);
    fail(
      [
        `1 error occurred: ${file}:${i + 1}: rego_type_error: undefined ref: ${text}`,
        `\t${text}`,
        `\t              ^`,
        `\t              have: "${member}"`,
        `\t              want (one of): [${wanted.join(' ')}]`,
      ].join('\n'),
    );
  }
};

const build = (words: readonly string[]): void => {
  const [target, language, entry, entryPoint = '', out, bundle = '', file = '', ...more] = words;
  if (`${target} ${language} ${entry} ${out}` !== '-t wasm -e -o' || more.length > 0)
    fail(`opa build: ${words.join(' ')}`);
  const source = readFileSync(file, 'utf8');
  const [, name = ''] = /^package (\w+)$/m.exec(source) ?? [];
  if (`${name}/decision` !== entryPoint) {
    fail(`error: entrypoint "${entryPoint}" does not refer to a rule or policy decision`);
  }
  const known = readdirSync(VECTORS).find(
    (one) => one.endsWith('.rego') && readFileSync(join(VECTORS, one), 'utf8') === source,
  );
  const module = join(VECTORS, known?.replace(/rego$/, 'wasm') ?? '');
  if (known === undefined || !existsSync(module)) {
    fail('The stand-in for opa compiles only the sources of test/vectors/rego.');
  }
  writeFileSync(
    bundle,
    makeTar({
      '/data.json': '{}\n',
      [`/${basename(file)}`]: source,
      '/policy.wasm': readFileSync(module).subarray(0, -APPENDED_BYTES),
      '/.manifest': `{"revision":"","roots":[""],"wasm":[{"entrypoint":"${entryPoint}","module":"/policy.wasm"}],"rego_version":1}\n`,
    }),
  );
};

const [command = '', ...words] = process.argv.slice(2);
if (command === 'version') {
  console.log(
    `Version: ${process.env.OPA_STAND_IN_VERSION ?? pinnedVersion()}\nBuild Commit: \nPlatform: linux/amd64\nRego Version: v1`,
  );
} else if (command === 'check') check(words);
else if (command === 'build') build(words);
else fail(`Error: unknown command "${command}" for "opa"`);
