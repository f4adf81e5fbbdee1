import standaloneCode from 'ajv/dist/standalone/index.js';
import type { Registry } from '../../lambda/contract/registry.ts';
import { schemaCompiler } from '../config/json-schema.ts';

/**
 * The module with the compiled schemas of an environment: a function for each processor that has one. It needs nothing
 * beside itself, so that no schema is compiled, and no compiler shipped, where callbacks arrive.
 * @param runtime the bundle of `schema-runtime.ts`
 * @throws {Error} if a schema needs a function that the bundle does not have
 */
export const compileSchemas = (registry: Registry, runtime: string): string => {
  const ajv = schemaCompiler();
  const ids: Record<string, string> = {};
  for (const { id, schema } of Object.values(registry)) {
    if (schema === undefined) continue;
    ajv.addSchema(schema, id);
    ids[id] = id;
  }
  if (Object.keys(ids).length === 0) return 'module.exports = {};\n';
  const code = standaloneCode
    .default(ajv, ids)
    .replaceAll(/require\("ajv\/dist\/runtime\/(equal|ucs2length)"\)\.default/g, 'runtime.$1');
  const [missing] = /require\("[^"]*"\)/.exec(code) ?? [];
  if (missing !== undefined) throw new Error(`Compiled schemas call ${missing}. Add it to schema-runtime.ts.`);
  return `const runtime = (() => { const module = { exports: {} };\n${runtime}\nreturn module.exports; })();\n${code}\n`;
};
