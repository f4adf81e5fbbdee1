import standaloneCode from 'ajv/dist/standalone/index.js';
import { buildSync } from 'esbuild';
import type { Registry } from '../../lambda/contract/registry.ts';
import { schemaCompiler } from '../config/json-schema.ts';

/**
 * The module with the compiled schemas of an environment: a function for each processor that has one. It needs nothing
 * beside itself, so that no schema is compiled, and no compiler shipped, where callbacks arrive.
 */
export const compileSchemas = (registry: Registry): string => {
  const ajv = schemaCompiler();
  const ids: Record<string, string> = {};
  for (const { id, schema } of Object.values(registry)) {
    if (schema === undefined) continue;
    ajv.addSchema(schema, id);
    ids[id] = id;
  }
  if (Object.keys(ids).length === 0) return 'module.exports = {};\n';
  const { outputFiles } = buildSync({
    stdin: { contents: standaloneCode.default(ajv, ids), resolveDir: import.meta.dirname, loader: 'js' },
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
};
